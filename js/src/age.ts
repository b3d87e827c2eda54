import { line, type Part, write } from "./element";
import type { JobState } from "./state";
import { words } from "./words";

/** Seconds beyond the pace of the service's answers before it is said how old the last is. */
const GRACE = 5;

/**
 * Says how long ago the service was last heard, where that is longer than it should be. The kernel's clock may differ
 * from this one: a later word that comes while one looks on is new, and tells by how much.
 */
export function age(signal: AbortSignal): Part<JobState> {
  const node = line("note");
  let ahead = 0;
  let state: JobState | undefined;
  const draw = () => {
    if (!state) return;
    const seconds = Date.now() / 1000 - state.updated - ahead;
    write(node, !state.ended && seconds > state.pace + GRACE ? words.updated(seconds) : "");
  };
  const timer = setInterval(draw, 1000);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return {
    node,
    update(next) {
      if (state && next.updated !== state.updated) ahead = Date.now() / 1000 - next.updated;
      state = next;
      draw();
    },
  };
}
