import { element, type Part } from "./element";
import type { JobState } from "./state";
import { words } from "./words";

/** A native progress bar of the rows answered, with the failed ones hatched behind them. */
export function bar(): Part<JobState> {
  const progress = element("progress", "dw-progress");
  const failed = element("span", "dw-failed");
  progress.setAttribute("aria-label", words.progress);
  progress.max = 1;
  return {
    node: element("div", "dw-bar", progress, failed),
    update(state) {
      const share = (count: number) => (state.total > 0 ? count / state.total : 0);
      if (state.phase === "preparing") progress.removeAttribute("value");
      else progress.value = state.phase === "uploading" ? state.uploaded : share(state.completed);
      progress.setAttribute("aria-valuetext", state.headline);
      failed.hidden = state.failed === 0;
      failed.style.insetInlineStart = `${share(state.completed) * 100}%`;
      failed.style.inlineSize = `${share(state.failed) * 100}%`;
    },
  };
}
