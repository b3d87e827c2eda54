import { button, type Part, write } from "./element";
import type { JobState } from "./state";
import { words } from "./words";

/** The Retry button of an ended job: it says how many, and waits for the kernel to begin, or to say why not. */
export function retryButton(retry: () => void, signal: AbortSignal): Part<JobState> & { refuse(): void } {
  let asked = false;
  let text = "";
  const node = button(
    "",
    () => {
      asked = true;
      draw();
      retry();
    },
    signal,
  );
  const draw = () => {
    write(node, asked ? words.retrying : text);
    node.setAttribute("aria-disabled", String(asked));
  };
  return {
    node,
    update(state) {
      if (!state.ended) asked = false;
      text = words.retry(state.retryable, state.failed);
      draw();
      node.hidden = !state.retryable;
    },
    refuse() {
      asked = false;
      draw();
    },
  };
}
