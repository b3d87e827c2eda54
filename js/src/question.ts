import { button, element, focusIn, write } from "./element";

export interface Question {
  node: HTMLElement;
  /** Sets what it asks. */
  say(text: string): void;
  /** Opens it in the place of the button that was pressed. */
  ask(): void;
  /** Takes it back, as a No does. */
  close(): void;
}

/**
 * A question that takes the place of a button until it is answered. The focus goes to the answer that changes nothing,
 * so that a key held down changes nothing, and comes back to the button. Escape is a No.
 *
 * @param opener the button; it is called for when it is wanted, since it may be made later.
 * @param answer what is done with a Yes or a No; the question is closed then.
 */
export function question(
  answers: { yes: string; no: string },
  opener: () => HTMLElement,
  answer: (yes: boolean) => void,
  signal: AbortSignal,
): Question {
  const text = element("span", "dw-question");
  const close = () => {
    const focused = focusIn(node);
    node.hidden = true;
    opener().hidden = false;
    if (focused) opener().focus({ preventScroll: true });
  };
  const give = (yes: boolean) => {
    close();
    answer(yes);
  };
  const no = button(answers.no, () => give(false), signal);
  const node = element(
    "span",
    "dw-asking",
    text,
    button(answers.yes, () => give(true), signal),
    no,
  );
  node.setAttribute("role", "group");
  node.hidden = true;
  node.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // it means this question, and no search of the host's
      give(false);
    },
    { signal },
  );
  return {
    node,
    say(words) {
      write(text, words);
      node.setAttribute("aria-label", words);
    },
    ask() {
      node.hidden = false;
      no.focus({ preventScroll: true });
      opener().hidden = true;
    },
    close() {
      if (!node.hidden) close();
    },
  };
}
