/** Keys pressed inside a view: those that it may use stay with it, all others are the host's. */

const SUPPRESS = "data-lm-suppress-shortcuts";
/** These move or edit, whatever is held with them: in a notebook Ctrl+Backspace would merge two cells, as Ctrl+Shift+M. */
const MOVES = /^(Arrow.*|Home|End|Page.*|Backspace|Delete)$/;

/**
 * Keeps the keys from the host that mean something to a button, a list or a field, such as `x`, Enter and the arrows:
 * JupyterLab would take them for commands on cells. Ctrl+S, Escape, Tab and the like go on to it; and from a button or
 * a row, on purpose, Enter that is held with Shift, Ctrl or Alt, which runs the cell. In a text of several lines every
 * Enter is the text's: a cell that runs would take the draft away.
 */
export function keepKeys(root: HTMLElement) {
  root.addEventListener("keydown", (event) => {
    if (isOurs(event)) event.stopPropagation();
  });
  // Notebook 7 listens before an event comes down to the root. Both hosts pass over an event where an element has this
  // mark, but look for it no higher than their own selector reaches, and that may end in `:focus`: so the mark is on
  // what has the focus, from before the host hears of the key.
  root.addEventListener("focusin", () => window.addEventListener("keydown", mark, { capture: true }));
  root.addEventListener("focusout", () => window.removeEventListener("keydown", mark, { capture: true }));
}

function mark(event: KeyboardEvent) {
  const target = pressedAt(event);
  if (target?.closest(".dw-view")) target.toggleAttribute(SUPPRESS, isOurs(event));
}

/** What a key is pressed in, also within a shadow root. */
function pressedAt(event: KeyboardEvent) {
  const [target] = event.composedPath();
  return target instanceof Element ? target : undefined;
}

function isOurs(event: KeyboardEvent) {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (MOVES.test(key) || (key === "Enter" && pressedAt(event)?.localName === "textarea")) return true;
  if (ctrlKey || metaKey) return !altKey && (shiftKey ? "mz" : "acvxyz").includes(key.toLowerCase());
  return !altKey && (key.length === 1 || (key === "Enter" && !shiftKey));
}
