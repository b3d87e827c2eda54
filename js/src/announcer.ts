import { element, type Part } from "./element";
import type { JobState, Phase } from "./state";

/** A polite live region that speaks when a job passes from one phase to the next, and at no other tick. */
export function announcer(): Part<JobState> & { say(text: string): void } {
  const node = element("div", "dw-spoken");
  node.setAttribute("role", "status");
  let phase: Phase | undefined;
  const say = (text: string) => {
    node.textContent = text;
  };
  return {
    node,
    say,
    update(state) {
      if (phase !== undefined && phase !== state.phase) say(state.headline);
      phase = state.phase;
    },
  };
}
