/** Showing a live view where its settled form stands, as long as there is a kernel to ask. */

/** Fills an element; aborting takes away what it shows. */
export type Show = (el: HTMLElement) => AbortController;

/** Calls for one place that is in the page, and gives what ends that. */
type Take = (place: HTMLElement) => () => void;

/**
 * Watches the page for the settled form marked with `key`, and puts the view in its place wherever it appears.
 *
 * The form stays in the page, hidden, and in the notebook: what is saved is it alone. It is back when `signal` aborts.
 */
export function settleIn(key: string, show: Show, signal: AbortSignal) {
  placesOf(document.body).add(
    key,
    (place) => {
      const el = document.createElement("div");
      place.after(el);
      place.style.display = "none";
      const shown = show(el);
      return () => {
        shown.abort();
        el.remove();
        place.style.removeProperty("display");
      };
    },
    signal,
  );
}

/** What the page is watched for: one look at each change of it, however many views there are. */
class Places {
  #takes = new Map<string, Take>();
  #shown = new Map<HTMLElement, { key: string; end: () => void }>();
  #watch = new MutationObserver((changes) => {
    for (const [place, { end }] of [...this.#shown]) {
      if (place.isConnected) continue;
      this.#shown.delete(place);
      end();
    }
    for (const { addedNodes } of changes) for (const node of addedNodes) this.#look(node);
  });

  constructor(private body: HTMLElement) {}

  add(key: string, take: Take, signal: AbortSignal) {
    if (!this.#takes.size) this.#watch.observe(this.body, { childList: true, subtree: true });
    // A notebook that is closed and opened in the same page leaves a model behind that has lost its kernel.
    this.#end(key);
    this.#takes.set(key, take);
    this.#look(this.body);
    signal.addEventListener("abort", () => this.#drop(key, take), { once: true });
  }

  #drop(key: string, take: Take) {
    if (this.#takes.get(key) !== take) return;
    this.#takes.delete(key);
    if (!this.#takes.size) this.#watch.disconnect();
    this.#end(key);
  }

  #end(key: string) {
    for (const [place, { key: its, end }] of [...this.#shown]) {
      if (its !== key) continue;
      this.#shown.delete(place);
      end();
    }
  }

  #look(node: Node) {
    if (!(node instanceof HTMLElement)) return;
    const inside = node.querySelectorAll<HTMLElement>("[data-dw-view]");
    for (const place of node.dataset.dwView ? [node, ...inside] : inside) {
      const key = place.dataset.dwView ?? "";
      const take = this.#takes.get(key);
      if (take && !this.#shown.has(place)) this.#shown.set(place, { key, end: take(place) });
    }
  }
}

/** A host may load this module once a widget, so the one of a page is kept in the page. */
const KEPT = Symbol.for("dw_jupyter.places.1");

function placesOf(body: HTMLElement): Places {
  const page = body as HTMLElement & { [KEPT]?: Places };
  page[KEPT] ??= new Places(body);
  return page[KEPT];
}
