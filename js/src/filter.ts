import { element, itemOf, listOf } from "./element";
import type { Query } from "./model";
import type { Reason } from "./state";
import { words } from "./words";

const TYPING_MS = 300;
const NO_REASON = { group: "", code: "", message: "" };

/** What chooses the rows: a status, a text, or a reason why there is no answer. */
export interface Filter {
  node: HTMLElement;
  query: Omit<Query, "start">;
  update(reasons: Reason[]): void;
}

export function filter(choose: () => void, signal: AbortSignal): Filter {
  const status = element("select", "dw-field");
  status.setAttribute("aria-label", words.filter);
  for (const [value, word] of [["", words.all] as const, ...Object.entries(words.status)]) {
    const option = element("option", "", word);
    option.value = value;
    status.append(option);
  }
  const search = element("input", "dw-field dw-search");
  search.type = "search";
  search.placeholder = words.search;
  search.setAttribute("aria-label", words.searchIn);
  const reasons = listOf("dw-reasons");
  reasons.setAttribute("aria-label", words.reasons);

  let typing = 0;
  signal.addEventListener("abort", () => clearTimeout(typing), { once: true });
  const apply = (change: Partial<Filter["query"]>) => {
    clearTimeout(typing);
    Object.assign(made.query, change);
    status.value = made.query.status;
    for (const node of reasons.querySelectorAll("button")) press(node);
    choose();
  };
  const press = (node: HTMLButtonElement) => {
    const { group, code, message } = made.query;
    const its = node.dataset;
    const is = its.group === group && its.code === code && its.message === message;
    node.setAttribute("aria-pressed", String(is));
  };
  const listen = { signal };
  status.addEventListener("change", () => apply({ status: status.value, ...NO_REASON }), listen);
  search.addEventListener(
    "input",
    () => {
      clearTimeout(typing);
      typing = window.setTimeout(() => apply({ text: search.value }), TYPING_MS);
    },
    listen,
  );
  search.addEventListener(
    "keydown",
    (event) => event.key === "Enter" && apply({ text: search.value }),
    listen,
  );
  search.addEventListener("search", () => search.value === "" && apply({ text: "" }), listen);
  reasons.addEventListener(
    "click",
    (event) => {
      const node = (event.target as Element).closest("button");
      if (!node) return;
      const off = node.getAttribute("aria-pressed") === "true";
      const { group = "", code = "", message = "" } = off ? {} : node.dataset;
      apply({ status: "", group, code, message });
    },
    listen,
  );
  const made: Filter = {
    node: element("div", "dw-filter", element("div", "dw-fields", status, search), reasons),
    query: { status: "", ...NO_REASON, text: "" },
    update(shown) {
      reasons.hidden = shown.length === 0;
      while (reasons.children.length > shown.length) reasons.lastElementChild?.remove();
      shown.forEach(({ kind, code, message, rows }, place) => {
        const node = reasons.children[place]?.querySelector("button") ?? element("button", "dw-reason");
        if (!node.parentElement) reasons.append(itemOf(node));
        node.type = "button";
        node.dataset.group = kind;
        node.dataset.code = code;
        node.dataset.message = message;
        node.textContent = words.reason(rows, [code, message || kind].filter(Boolean).join(": "));
        press(node);
      });
    },
  };
  return made;
}
