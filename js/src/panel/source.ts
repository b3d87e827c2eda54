import { button, element, line, write } from "../element";
import { field, radios, suggesting } from "./fields";
import { type Ask, reasonOf } from "./requests";
import { upload } from "./upload";
import { words } from "./words";

/** What is to be sent, as the kernel is told of it. */
export type Source =
  | { kind: "upload"; upload: string; name: string }
  | { kind: "path"; path: string }
  | { kind: "table"; name: string; prompt: string };

/**
 * A file that is chosen, dropped or named, or a table and its prompt. `changed` is told at every change, and whether
 * what is there now can be checked at once.
 */
export function sourcePart(ask: Ask, changed: (ready: boolean) => void, signal: AbortSignal) {
  const kind = radios(words.source, [
    ["file", words.file],
    ["table", words.table],
  ]);
  const path = field(words.path, "text", words.pathHint);
  const take = () => {
    path.input.value = ""; // one source at a time
    changed(drop.file() !== undefined);
  };
  const drop = dropZone(ask, take, signal);
  const file = element("div", "dw-source-file", drop.node, path.node);
  const table = suggesting(words.tableName, words.tableHint);
  const prompt = element("textarea", "dw-field dw-prompt");
  prompt.rows = 4;
  prompt.dir = "auto";
  prompt.placeholder = words.promptHint;
  prompt.spellcheck = false;
  const noTables = line("note");
  const tables = element(
    "div",
    "dw-source-table",
    noTables,
    table.node,
    element("label", "dw-labelled dw-labelled-prompt", element("span", "", words.prompt), prompt),
  );
  tables.hidden = true;

  kind.node.addEventListener(
    "change",
    () => {
      tables.hidden = kind.value() !== "table";
      file.hidden = !tables.hidden;
      changed(false);
    },
    { signal },
  );
  path.input.addEventListener(
    "input",
    () => {
      drop.clear();
      changed(false);
    },
    { signal },
  );
  path.input.addEventListener("change", () => changed(path.input.value.trim() !== ""), { signal });
  for (const input of [table.input, prompt])
    input.addEventListener("input", () => changed(false), { signal });

  return {
    node: element("div", "dw-source", kind.node, file, tables),
    kind: () => kind.value() as "file" | "table",
    offer(names: string[] | null) {
      table.offer(names ?? []);
      write(noTables, names === null ? words.noTables : "");
      table.input.disabled = prompt.disabled = names === null;
    },
    value(): Source | undefined {
      if (kind.value() === "table") {
        const named = table.input.value.trim() !== "" && prompt.value.trim() !== "";
        return named ? { kind: "table", name: table.input.value, prompt: prompt.value } : undefined;
      }
      const dropped = drop.file();
      if (dropped) return { kind: "upload", ...dropped };
      return path.input.value.trim() ? { kind: "path", path: path.input.value } : undefined;
    },
  };
}

function dropZone(ask: Ask, changed: () => void, signal: AbortSignal) {
  const picker = element("input", "dw-spoken");
  picker.type = "file";
  picker.accept = ".jsonl,.ndjson,application/jsonl,application/x-ndjson";
  picker.tabIndex = -1;
  picker.setAttribute("aria-hidden", "true");
  const said = element("span", "dw-drop-said", words.drop);
  const node = element(
    "div",
    "dw-drop",
    button(words.choose, () => picker.click(), signal),
    said,
    picker,
  );
  let current: { upload: string; name: string } | undefined;
  let sending: AbortController | undefined;

  const take = async (file: File) => {
    clear();
    const mine = new AbortController();
    sending = mine;
    changed(); // the one before is here no more
    const report = (share: number) => write(said, words.uploading(file.name, share));
    report(0);
    try {
      const name = await upload(file, ask, report, AbortSignal.any([mine.signal, signal]));
      current = { upload: name, name: file.name };
      write(said, file.name);
      changed();
    } catch (error) {
      if (mine.signal.aborted || signal.aborted) return;
      write(said, reasonOf(error));
    }
  };
  const clear = () => {
    sending?.abort();
    current = undefined;
    write(said, words.drop);
  };
  picker.addEventListener(
    "change",
    () => {
      const [file] = picker.files ?? [];
      picker.value = ""; // the same file again is a change too
      if (file) void take(file);
    },
    { signal },
  );
  for (const event of ["dragenter", "dragover", "dragleave", "drop"] as const) {
    node.addEventListener(
      event,
      (drag) => {
        drag.preventDefault();
        drag.stopPropagation(); // else JupyterLab takes the file into its file browser
        node.toggleAttribute("data-over", event === "dragenter" || event === "dragover");
        const [file] = (event === "drop" && drag.dataTransfer?.files) || [];
        if (file) void take(file);
      },
      { signal },
    );
  }
  return {
    node,
    file: () => current,
    clear,
  };
}
