import { element, focusIn, itemOf, listOf } from "./element";
import type { Query } from "./model";
import type { Reason } from "./state";
import { words } from "./words";

const TYPING_MS = 300;
const NO_REASON = { group: "", code: "", message: "" };

/** What chooses the rows: a status, a text, or a reason why there is no answer. */
export interface Filter {
  node: HTMLElement;
  query: Omit<Query, "start">;
  /** Whether something is chosen. */
  narrows(): boolean;
  /** Chooses nothing. */
  clear(): void;
  update(reasons: Reason[]): void;
}

/** `choose` is told when something else is chosen. */
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
  search.dir = "auto";
  search.placeholder = words.search;
  search.setAttribute("aria-label", words.searchIn);
  const query = { status: "", ...NO_REASON, text: "" };
  const reasons = reasonList(
    (reason) => {
      const { kind: group = "", code = "", message = "" } = reason ?? {};
      apply({ status: "", group, code, message });
    },
    () => status.focus({ preventScroll: true }),
    signal,
  );

  let typing = 0;
  signal.addEventListener("abort", () => clearTimeout(typing), { once: true });
  const apply = (change: Partial<Filter["query"]>) => {
    clearTimeout(typing);
    Object.assign(query, change);
    status.value = query.status;
    reasons.press(query);
    choose();
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
  return {
    node: element("div", "dw-filter", element("div", "dw-fields", status, search), reasons.node),
    query,
    narrows: () => Object.values(query).some(Boolean),
    clear() {
      search.value = "";
      search.focus();
      apply({ status: "", ...NO_REASON, text: "" });
    },
    update: reasons.update,
  };
}

/**
 * The reasons, a button each, which stays that of its reason wherever that moves to. The one that is chosen stays as
 * long as it is: who narrows by it must be able to see so, and to stop. `leave` takes the focus where none is left to have it.
 */
function reasonList(choose: (reason?: Reason) => void, leave: () => void, signal: AbortSignal) {
  const node = listOf("dw-reasons");
  node.setAttribute("aria-label", words.reasons);
  const keyOf = (kind: string, code: string, message: string) => JSON.stringify([kind, code, message]);
  const none = keyOf("", "", "");
  const items = new Map<string, { item: HTMLElement; button: HTMLButtonElement; reason: Reason }>();
  let chosen = none;
  const made = (key: string, reason: Reason) => {
    const button = element("button", "dw-reason");
    button.type = "button";
    button.addEventListener("click", () => choose(key === chosen ? undefined : reason), { signal });
    const entry = { item: itemOf(button), button, reason };
    items.set(key, entry);
    return entry;
  };
  const draw = () => {
    for (const [key, { button }] of items) button.setAttribute("aria-pressed", String(key === chosen));
  };
  return {
    node,
    press({ group, code, message }: Filter["query"]) {
      chosen = keyOf(group, code, message);
      draw();
    },
    update(shown: Reason[]) {
      const now = new Map(shown.map((reason) => [keyOf(reason.kind, reason.code, reason.message), reason]));
      const kept = items.get(chosen);
      if (kept && !now.has(chosen)) now.set(chosen, { ...kept.reason, rows: 0 });
      const held = focusIn(node); // who is moved loses it
      for (const [key, { item }] of items) {
        if (now.has(key)) continue;
        item.remove();
        items.delete(key);
      }
      [...now].forEach(([key, reason], place) => {
        const { item, button } = items.get(key) ?? made(key, reason);
        button.textContent = words.reason(reason.rows, reason.said);
        if (node.children[place] !== item) node.insertBefore(item, node.children[place] ?? null);
      });
      node.hidden = now.size === 0;
      if (held?.isConnected) held.focus({ preventScroll: true });
      else if (held) leave();
      draw();
    },
  };
}
