import { element, itemOf, line, listOf, type Part, quoted, write, writeItems } from "../element";
import { actions } from "./actions";
import { attachLine } from "./attach_line";
import type { Ask, Wish } from "./requests";
import type { OpenRow, Row } from "./state";
import { words } from "./words";

export interface Surroundings {
  ask: Ask;
  /** Tells the kernel something that needs no answer. */
  tell(wish: Wish): void;
  say(text: string): void;
  /** The call that attaches to a job, `{}` for its id. */
  attach: string;
  signal: AbortSignal;
}

export interface RowPart extends Part<Row> {
  /** Puts the focus on its line. */
  focus(): void;
  /** Opens the row, and puts the focus on it. */
  show(): void;
}

let made = 0;

/**
 * One job in the list: a line that says how it stands, and under it, once it is opened, all the rest. One that the
 * kernel holds for open begins so: as it was before the page was reloaded.
 */
export function jobRow(around: Surroundings, first: Row): RowPart {
  const label = quoted("span", "dw-entry-label");
  const origin = element("span", "dw-entry-origin");
  const mark = element("span", "dw-entry-mark");
  const headline = element("span", "dw-entry-headline");
  const bar = miniBar();
  const cost = element("span", "dw-entry-cost");
  const when = element("time", "dw-entry-when");
  const head = element(
    "button",
    "dw-entry-head",
    element("span", "dw-entry-what", label, origin),
    element("span", "dw-entry-state", mark, headline),
    bar.node,
    cost,
    when,
  );
  head.type = "button";
  const body = element("div", "dw-entry-body");
  body.id = `dw-entry-${++made}`;
  const node = itemOf(head, body);
  node.classList.add("dw-entry");
  const pending = line("note");
  let rest: Part<OpenRow> | undefined; // made when it is first wanted
  let filled = false;
  let row = first;

  const focus = () => head.focus({ preventScroll: true });
  const unfold = (wanted: boolean) => {
    head.setAttribute("aria-expanded", String(wanted));
    body.hidden = !wanted;
    if (wanted && !rest) {
      rest = details(around, focus);
      body.append(pending, rest.node);
      head.setAttribute("aria-controls", body.id);
    }
  };
  const open = (wanted: boolean) => {
    unfold(wanted);
    around.tell({ kind: "open", id: row.id, open: wanted });
    if (wanted) fill();
  };
  /** The kernel sends what only an open row shows once it is told that it is open. */
  const fill = () => {
    if (!rest) return;
    if ("details" in row) {
      filled = true;
      rest.update(row as OpenRow);
    } else if (filled) around.tell({ kind: "open", id: row.id, open: true }); // another view has closed it
    write(pending, filled ? "" : words.asked);
    rest.node.hidden = !filled;
  };
  head.addEventListener("click", () => open(body.hidden === true), { signal: around.signal });
  node.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || body.hidden) return;
      event.stopPropagation(); // a question that is open in it has had it first
      open(false);
      focus();
    },
    { signal: around.signal },
  );
  unfold("details" in row);

  return {
    node,
    focus,
    update(next) {
      row = next;
      node.dataset.phase = row.phase;
      node.toggleAttribute("data-failures", row.failed > 0);
      write(label, row.label);
      label.title = row.label;
      write(origin, row.origin);
      write(headline, row.headline);
      bar.update(row);
      write(cost, row.cost);
      write(when, moment(row.created));
      if (row.created) when.dateTime = new Date(row.created * 1000).toISOString();
      if (!body.hidden) fill();
    },
    show() {
      open(true);
      focus();
      node.scrollIntoView?.({ block: "nearest" });
    },
  };
}

function details({ ask, say, attach, signal }: Surroundings, leave: () => void): Part<OpenRow> {
  const lines = { error: line("error"), trouble: line("trouble"), note: line("note") };
  const facts = listOf("dw-phrases");
  const tags = listOf("dw-phrases");
  const batches = line("ids");
  const attaching = attachLine(attach, say, signal);
  const buttons = actions(ask, say, attaching.buttons, leave, signal);
  return {
    node: element(
      "div",
      "dw-entry-rest",
      lines.error,
      lines.trouble,
      lines.note,
      facts,
      tags,
      batches,
      attaching.node,
      buttons.node,
      attaching.outcome,
    ),
    update(row) {
      for (const kind of ["error", "trouble", "note"] as const) write(lines[kind], row[kind]);
      writeItems(facts, row.details);
      writeItems(tags, row.tags);
      tags.hidden = row.tags.length === 0;
      write(batches, !row.origin && row.batches.length ? `batch ${row.batches.join(", ")}` : "");
      attaching.update(row);
      buttons.update(row);
    },
  };
}

/** An ornament: the words beside it say the same. */
function miniBar(): Part<Row> {
  const done = element("span", "dw-mini-done");
  const failed = element("span", "dw-mini-failed dw-hatched");
  const node = element("span", "dw-mini", done, failed);
  node.setAttribute("aria-hidden", "true");
  return {
    node,
    update({ completed, failed: lost, total }) {
      const share = (count: number) => (total > 0 ? `${(count / total) * 100}%` : "0%");
      done.style.inlineSize = share(completed);
      failed.style.inlineSize = share(lost);
      failed.hidden = lost === 0;
    },
  };
}

function moment(seconds: number) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  const now = new Date();
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (date.toDateString() === now.toDateString()) return time;
  const day = date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return date.getFullYear() === now.getFullYear() ? `${day} ${time}` : `${day} ${date.getFullYear()}`;
}
