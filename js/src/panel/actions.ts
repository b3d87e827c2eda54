import { button, element, focusIn, line, type Part, write } from "../element";
import { type Question, question } from "../question";
import { type Ask, reasonOf } from "./requests";
import type { Action, OpenRow } from "./state";
import { words } from "./words";

/**
 * Cancel, Retry and Forget for one row, in one line after `others`. A click is answered at once, since a busy kernel may not for a while; what the
 * kernel refuses is said below. A button stays until the kernel says that there is nothing to press any more; the
 * focus, where it had it, is then for `leave` to put elsewhere.
 */
export function actions(
  ask: Ask,
  say: (text: string) => void,
  others: HTMLElement[],
  leave: () => void,
  signal: AbortSignal,
): Part<OpenRow> {
  const outcome = line("error");
  let row: OpenRow;
  const busy = new Set<Action>();

  const act = async (action: Action) => {
    busy.add(action);
    write(outcome, "");
    draw();
    try {
      await ask({ kind: action, id: row.id });
      if (action === "forget") say(words.forgotten(row.label));
    } catch (error) {
      write(outcome, reasonOf(error));
      say(outcome.textContent ?? "");
    }
    busy.delete(action);
    if (!signal.aborted) draw();
  };
  const asking = (action: "cancel" | "forget", answers: { yes: string; no: string }): Question => {
    const answer = (agreed: boolean) => (agreed ? void act(action) : draw());
    return question(answers, () => buttons[action], answer, signal);
  };
  const asks = {
    cancel: asking("cancel", { yes: words.cancelYes, no: words.cancelNo }),
    forget: asking("forget", { yes: words.forgetYes, no: words.forgetNo }),
  };
  asks.forget.say(words.forgetAsk);
  const buttons = {
    cancel: button(words.cancel, asks.cancel.ask, signal),
    retry: button("", () => act("retry"), signal),
    forget: button(words.forget, asks.forget.ask, signal),
  };
  const draw = () => {
    const focused = focusIn(node);
    const idle = {
      cancel: words.cancel,
      retry: words.retry(row.total - row.completed),
      forget: words.forget,
    };
    asks.cancel.say(words.cancelAsk(row.total - row.completed - row.failed));
    const doing = { cancel: words.cancelling, retry: words.retrying, forget: words.forgetting };
    for (const action of ["cancel", "forget"] as const) {
      if (!row.actions.includes(action)) asks[action].close();
    }
    for (const action of ["cancel", "retry", "forget"] as const) {
      const isAsking = action !== "retry" && !asks[action].node.hidden;
      const isBusy = busy.has(action) || (action === "cancel" && row.phase === "cancelling");
      write(buttons[action], isBusy ? doing[action] : idle[action]);
      buttons[action].setAttribute("aria-disabled", String(isBusy));
      buttons[action].hidden = isAsking || (!isBusy && !row.actions.includes(action));
    }
    if (focused?.closest("[hidden]")) leave();
  };
  const node = element(
    "div",
    "dw-actions",
    element("div", "dw-panel-buttons", ...others, buttons.cancel, buttons.retry, buttons.forget),
    asks.cancel.node,
    asks.forget.node,
    outcome,
  );
  return {
    node,
    update(next) {
      row = next;
      draw();
    },
  };
}
