/** What was sent to the kernel and has had no effect and no answer yet. */
import { words } from "./words";

/** An idle kernel answers sooner. */
const SOON_MS = 600;
const LONG_MS = 10_000;
const TICK_MS = 500;

export interface Waiting {
  /** A wish has gone off, or is heard to be worked on; one of the same name is overtaken. */
  sent(wish: string | number): void;
  /** It has had its effect, or its answer, or nobody waits for it any more. */
  over(wish: string | number): void;
  /** There is nobody to wait for. */
  clear(): void;
}

/**
 * Gives `tell` the words for what is waited for, `""` where that is nothing: a kernel that runs a cell may hear no wish
 * before its end. After a while `long` is said too.
 */
export function waiting(tell: (text: string) => void, signal: AbortSignal, long = () => ""): Waiting {
  const since = new Map<string | number, number>();
  let timer = 0;
  const draw = () => {
    clearTimeout(timer);
    const oldest = since.size ? Date.now() - Math.min(...since.values()) : 0;
    const said = oldest < SOON_MS ? "" : `${words.unheard} ${oldest < LONG_MS ? "" : long()}`.trim();
    tell(said);
    if (since.size && !signal.aborted) timer = window.setTimeout(draw, TICK_MS);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return {
    sent(wish) {
      since.set(wish, Date.now());
      draw();
    },
    over(wish) {
      if (since.delete(wish)) draw();
    },
    clear() {
      since.clear();
      draw();
    },
  };
}
