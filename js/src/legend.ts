import { element, itemOf, listOf, type Part, write } from "./element";
import { pulse } from "./pulse";
import type { JobState } from "./state";
import { words } from "./words";

/** The three parts of a job, told apart by word, by the shape of the mark and by colour; how fast, and how far. */
export function legend(): Part<JobState> {
  const speed = pulse();
  const percent = element("span", "dw-percent");
  const [answered, failed, waiting] = [item("answered"), item("failed"), item("waiting")];
  const list = listOf("dw-parts", answered.node, failed.node, waiting.node);
  const node = element("div", "dw-legend", list, speed.node, percent);
  return {
    node,
    update(state) {
      node.hidden = state.total === 0;
      // Room for the longest number that may come: the parts stand still while they count.
      node.style.setProperty("--dw-digits", String(words.answered(state.total).length - " answered".length));
      write(answered.text, words.answered(state.completed));
      write(failed.text, words.failed(state.failed));
      write(waiting.text, (state.ended ? words.unanswered : words.waiting)(state.waiting));
      answered.node.toggleAttribute("data-none", state.completed === 0);
      failed.node.toggleAttribute("data-none", state.failed === 0);
      waiting.node.hidden = state.ended && state.waiting === 0;
      speed.update(state);
      write(percent, state.total ? words.percent((state.completed + state.failed) / state.total) : "");
    },
  };
}

function item(part: string) {
  const text = element("span", "");
  const mark = element("span", `dw-mark dw-mark-${part}`);
  return { node: itemOf(mark, text), text };
}
