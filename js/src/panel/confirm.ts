import { button, element } from "../element";
import { words } from "./words";

/** A question that takes the place of a button until it is answered; it asks once, inline. */
export function confirm(question: string, yes: string, act: () => void, signal: AbortSignal) {
  const agree = button(
    yes,
    () => {
      close();
      act();
    },
    signal,
  );
  const node = element("div", "dw-ask", element("span", "", question), agree);
  let opener: HTMLElement | undefined;
  const close = () => {
    node.hidden = true;
    opener?.focus({ preventScroll: true });
  };
  node.append(button(words.keep, close, signal));
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", question);
  node.hidden = true;
  node.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape") close();
    },
    { signal },
  );
  return {
    node,
    ask(from: HTMLElement) {
      opener = from;
      node.hidden = false;
      agree.focus();
    },
  };
}
