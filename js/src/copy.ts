import { button, focusIn, write } from "./element";
import { words } from "./words";

const SAID_MS = 2000;

/** A button that copies a text, and says for a moment whether it did. */
export function copyButton(text: () => string, signal: AbortSignal, label = words.copy) {
  let timer = 0;
  const say = (said: string) => {
    node.setAttribute("aria-live", "polite"); // said, but not when the button is itself again
    write(node, said);
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      node.setAttribute("aria-live", "off");
      write(node, label);
    }, SAID_MS);
  };
  const copy = () =>
    copyText(text(), node).then(
      () => say(words.copied),
      () => say(words.notCopied),
    );
  const node = button(label, copy, signal);
  return node;
}

/**
 * Browsers give the clipboard to pages from https and from this machine only; elsewhere a selection is copied. The
 * focus is then where it was, in the same document or shadow root as `near`.
 */
export async function copyText(text: string, near: HTMLElement) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  const before = focusIn(near.getRootNode());
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  if (!done) throw new Error(words.notCopied);
}
