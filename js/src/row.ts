import { asText, blocks } from "./blocks";
import { copyButton } from "./copy";
import { element, itemOf, quoted, write } from "./element";
import type { Row, Status, Whole } from "./state";
import { words } from "./words";

/** One row of the list: a button with what was asked and answered in short, and below it, once opened, the whole. */
export interface RowItem {
  node: HTMLElement;
  button: HTMLButtonElement;
  row: number;
  /** Whether it says another thing than before. */
  update(row: Row): boolean;
  /** Opens it. */
  open(whole: Whole): void;
  /** Opens it with a word instead of what is not there yet; what is there stays. */
  wait(word: string): void;
  close(): void;
}

let ids = 0;

export function rowItem(press: (item: RowItem) => void, signal: AbortSignal): RowItem {
  const mark = element("span", "dw-mark");
  const status = element("span", "dw-spoken");
  const label = quoted("bdi", "dw-row-label");
  const prompt = quoted("bdi", "dw-row-prompt");
  const answer = quoted("bdi", "dw-row-answer");
  const button = element(
    "button",
    "dw-row",
    element("span", "dw-row-mark", mark, status),
    label,
    prompt,
    answer,
  );
  const whole = element("div", "dw-whole");
  button.type = "button";
  whole.id = `dw-row-${++ids}`;
  whole.hidden = true;
  button.setAttribute("aria-controls", whole.id);
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => press(item), { signal });
  const expand = (is: boolean) => {
    button.setAttribute("aria-expanded", String(is));
    whole.hidden = !is;
  };
  let said = "";
  const item: RowItem = {
    node: itemOf(button, whole),
    button,
    row: -1,
    update(row) {
      const now = JSON.stringify(row);
      if (now === said) return false;
      said = now;
      item.row = row.row;
      mark.className = `dw-mark dw-mark-${row.status}`;
      write(status, `${words.status[row.status]}, `);
      label.textContent = row.label;
      fill(prompt, row.prompt ?? "", row.prompt === null ? words.noPrompt : words.blank);
      fill(answer, row.answer, answerless(row.status));
      if (row.status !== "completed") answer.dataset.none = "";
      return true;
    },
    open(shown) {
      expand(true);
      whole.replaceChildren(...parts(shown, signal));
    },
    wait(word) {
      expand(true);
      if (!whole.querySelector(".dw-blocks"))
        whole.replaceChildren(element("div", "dw-line dw-line-note", word));
    },
    close() {
      expand(false);
      whole.replaceChildren();
    },
  };
  return item;
}

/** Writes what somebody wrote, or in its place what it means that nothing is there to see. */
function fill(node: HTMLElement, said: string, otherwise: string) {
  const none = !said.trim();
  node.textContent = none ? otherwise : said;
  node.toggleAttribute("data-none", none);
}

function answerless(status: Status) {
  if (status === "pending") return words.noAnswerYet;
  return status === "completed" ? words.blank : words.status[status];
}

function parts(whole: Whole, signal: AbortSignal) {
  const facts = element("span", "dw-whole-facts", words.status[whole.status]);
  const reason = element("div", "dw-line dw-line-error", whole.reason);
  reason.hidden = !whole.reason;
  const copied = () => asText([...whole.request, ...whole.answer]);
  return [
    element("div", "dw-whole-head", facts, copyButton(copied, signal)),
    reason,
    blocks("request", whole.request, signal),
    blocks("answer", whole.answer, signal),
    blocks("rest", whole.rest, signal),
  ];
}
