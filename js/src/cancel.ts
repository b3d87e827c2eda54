import { button, element, type Part, write } from "./element";
import type { JobState } from "./state";
import { words } from "./words";

/**
 * The Cancel button, which asks before it cancels. It answers a click by itself, since a busy kernel may not for a
 * while, and believes it until the state has been "cancelling" and is so no more. The focus goes to the answer that
 * changes nothing, so that a key held down cancels nothing, and comes back.
 */
export function cancelButton(cancel: () => void, signal: AbortSignal): Part<JobState> & { refuse(): void } {
  let asked = false;
  let wasCancelling = false;
  const first = button(words.cancel, () => ask(true), signal);
  const question = element("span", "dw-question");
  const answer = (yes: boolean) => {
    ask(false);
    asked = yes;
    draw();
    if (yes) cancel();
  };
  const no = button(words.no, () => answer(false), signal);
  const asking = element(
    "span",
    "dw-asking",
    question,
    button(words.yes, () => answer(true), signal),
    no,
  );
  asking.setAttribute("role", "group");
  asking.hidden = true;
  asking.addEventListener("keydown", (event) => event.key === "Escape" && answer(false), { signal });

  const node = element("span", "dw-cancel", first, asking);
  const ask = (open: boolean) => {
    asking.hidden = !open;
    first.hidden = open;
    (open ? no : first).focus({ preventScroll: true });
  };
  const draw = () => {
    write(first, asked || wasCancelling ? words.cancelling : words.cancel);
    first.hidden = !asking.hidden;
    first.setAttribute("aria-disabled", String(asked || wasCancelling));
  };
  return {
    node,
    update(state) {
      const isCancelling = state.phase === "cancelling";
      if (wasCancelling && !isCancelling) asked = false;
      wasCancelling = isCancelling;
      write(question, words.reallyCancel(state.waiting));
      asking.setAttribute("aria-label", words.reallyCancel(state.waiting));
      if (!state.cancellable) {
        if (asking.contains(document.activeElement)) first.focus({ preventScroll: true });
        asking.hidden = true;
      }
      draw();
      node.hidden = !state.cancellable && !isCancelling;
    },
    refuse() {
      asked = false;
      draw();
    },
  };
}
