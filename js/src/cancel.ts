import { button, element, type Part, write } from "./element";
import { question } from "./question";
import type { JobState } from "./state";
import { words } from "./words";

/**
 * The Cancel button, which asks before it cancels. It answers a click by itself, since a busy kernel may not for a
 * while, and believes it until the state has been "cancelling" and is so no more, or the job has ended.
 */
export function cancelButton(cancel: () => void, signal: AbortSignal): Part<JobState> & { refuse(): void } {
  let asked = false;
  let wasCancelling = false;
  const asking = question(
    words,
    () => first,
    (yes) => {
      asked = yes;
      draw();
      if (yes) cancel();
    },
    signal,
  );
  const first = button(words.cancel, asking.ask, signal);
  const node = element("span", "dw-cancel", first, asking.node);
  const draw = () => {
    write(first, asked || wasCancelling ? words.cancelling : words.cancel);
    first.hidden = !asking.node.hidden;
    first.setAttribute("aria-disabled", String(asked || wasCancelling));
  };
  return {
    node,
    update(state) {
      const isCancelling = state.phase === "cancelling";
      if (state.ended || (wasCancelling && !isCancelling)) asked = false;
      wasCancelling = isCancelling;
      asking.say(words.reallyCancel(state.waiting));
      if (!state.cancellable) asking.close();
      draw();
      node.hidden = !state.cancellable && !isCancelling;
    },
    refuse() {
      asked = false;
      draw();
    },
  };
}
