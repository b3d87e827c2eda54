/** What is drawn of one widget, kept while no output shows it: what was opened, typed and chosen in it stays. */
import { focusIn } from "./element";

export interface Roots {
  /** Shows one that no output shows now, or one drawn anew, until `signal` aborts. */
  show(el: HTMLElement, signal: AbortSignal): void;
}

/** An output that is replaced is gone for less than this. */
const GONE_MS = 1000;

/** `seen` is told when some output shows one, and when none has for a moment. */
export function roots(
  draw: () => HTMLElement,
  ends: AbortSignal,
  seen: (shown: boolean) => void = () => {},
): Roots {
  let shown = 0;
  let told = false;
  let going = 0;
  const count = (change: number) => {
    shown += change;
    clearTimeout(going);
    const tell = () => {
      if (told === shown > 0) return;
      told = !told;
      seen(told);
    };
    if (shown) tell();
    else if (!ends.aborted) going = window.setTimeout(tell, GONE_MS);
  };
  ends.addEventListener("abort", () => clearTimeout(going), { once: true });
  const free: ReturnType<typeof keep>[] = [];
  return {
    show(el, signal) {
      const kept = free.pop() ?? keep(draw());
      el.append(kept.root);
      kept.restore();
      count(1);
      const end = () => {
        kept.root.remove();
        free.push(kept);
        count(-1);
      };
      signal.addEventListener("abort", end, { once: true });
    },
  };
}

/** Notes what a node loses when it is taken out of the page: the focus, and how far it is scrolled. */
function keep(root: HTMLElement) {
  const scrolled = new Map<Element, number>();
  let focused: HTMLElement | undefined;
  root.addEventListener("focusin", ({ target }) => {
    focused = target as HTMLElement;
  });
  root.addEventListener("focusout", () => {
    setTimeout(() => {
      if (root.isConnected && !focusIn(root)) focused = undefined;
    });
  });
  root.addEventListener(
    "scroll",
    ({ target }) => scrolled.set(target as Element, (target as Element).scrollTop),
    { capture: true, passive: true },
  );
  return {
    root,
    restore() {
      for (const [node, top] of scrolled) node.scrollTop = top;
      // Whoever has put the focus elsewhere meanwhile keeps it there.
      if (document.activeElement === document.body) focused?.focus({ preventScroll: true });
    },
  };
}
