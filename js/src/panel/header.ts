import { button, element, line, listOf, write, writeItems } from "../element";
import type { PanelState } from "./state";
import { words } from "./words";

/** The title, the sums, and how old what is shown is. */
export function header(toggleForm: () => boolean, close: () => void, signal: AbortSignal) {
  const totals = listOf("dw-phrases");
  const facts = listOf("dw-phrases");
  const trouble = line("trouble");
  const send = button(words.send, () => send.setAttribute("aria-expanded", String(toggleForm())), signal);
  send.setAttribute("aria-expanded", "false");
  const title = element("div", "dw-panel-title", words.title);
  return {
    node: element(
      "div",
      "dw-panel-header",
      element("div", "dw-panel-top", title, totals, send, button(words.close, close, signal)),
      trouble,
    ),
    facts,
    update(state: PanelState) {
      writeItems(totals, state.totals);
      write(trouble, state.trouble);
    },
    /** `age` in seconds. */
    tick(state: PanelState, age: number) {
      const told = state.complete && !state.trouble ? words.updated(age) : "";
      writeItems(facts, [
        ...(state.account ? [words.account(state.account)] : []),
        ...(state.complete ? [] : [words.asking]),
        ...(told ? [told] : []),
      ]);
    },
  };
}
