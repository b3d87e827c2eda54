/** Showing a live view where its settled form stands, as long as there is a kernel to ask. */

/** `show` fills an element and gives what takes it away again. */
export type Show = (el: HTMLElement, leave: () => void) => AbortController;

/**
 * Watches the page for the settled form marked with `key`, and puts the view in its place wherever it appears.
 *
 * The form stays in the page, hidden, and in the notebook: what is saved is it alone. It is back when the view leaves.
 */
export function settleIn(key: string, show: Show, signal: AbortSignal) {
  const mark = `[data-dw-view="${CSS.escape(key)}"]`;
  const shown = new Map<HTMLElement, () => void>();
  const take = (place: HTMLElement) => {
    if (shown.has(place)) return;
    const el = document.createElement("div");
    const leave = () => {
      controller.abort();
      el.remove();
      place.style.removeProperty("display");
      shown.set(place, () => {}); // not again in this place
    };
    place.after(el);
    place.style.display = "none";
    const controller = show(el, leave);
    shown.set(place, () => {
      controller.abort();
      el.remove();
    });
  };
  const look = (node: Node) => {
    if (!(node instanceof HTMLElement)) return;
    if (node.matches(mark)) take(node);
    for (const place of node.querySelectorAll<HTMLElement>(mark)) take(place);
  };
  const watch = new MutationObserver((changes) => {
    for (const [place, leave] of shown) {
      if (place.isConnected) continue;
      shown.delete(place);
      leave();
    }
    for (const { addedNodes } of changes) for (const node of addedNodes) look(node);
  });
  watch.observe(document.body, { childList: true, subtree: true });
  look(document.body);
  signal.addEventListener(
    "abort",
    () => {
      watch.disconnect();
      for (const [place, leave] of shown) {
        leave();
        place.style.removeProperty("display");
      }
    },
    { once: true },
  );
}
