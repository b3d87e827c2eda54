import { button as makeButton, type Part, write } from "./element";
import type { JobState } from "./state";
import { words } from "./words";

/**
 * The Cancel button. It answers a click by itself, since a busy kernel may not for a while, and believes it until the
 * state has been "cancelling" and is so no more. It never takes the focus away: while there is nothing to press it is
 * disabled for readers and clicks only.
 */
export function cancelButton(cancel: () => void, signal: AbortSignal): Part<JobState> {
  let asked = false;
  let wasCancelling = false;

  const draw = () => {
    write(button, asked || wasCancelling ? words.cancelling : words.cancel);
    button.setAttribute("aria-disabled", String(asked || wasCancelling));
  };
  const button = makeButton(
    words.cancel,
    () => {
      asked = true;
      draw();
      cancel();
    },
    signal,
  );
  return {
    node: button,
    update(state) {
      const isCancelling = state.phase === "cancelling";
      if (wasCancelling && !isCancelling) asked = false;
      wasCancelling = isCancelling;
      draw();
      button.hidden = !state.cancellable && !isCancelling;
    },
  };
}
