/** The live view of one job, under the cell that started it. Built into dw_jupyter/static/job_view.js. */
import { announcer } from "./announcer";
import { bar } from "./bar";
import { cancelButton } from "./cancel";
import { element, line, phrases, viewRoot, write, writeItems } from "./element";
import { legend } from "./legend";
import { listen, type RenderProps } from "./model";
import { replaceOutput } from "./output";
import type { JobState } from "./state";
import { words } from "./words";

function render({ model, el, signal: given }: RenderProps<JobState>) {
  const own = new AbortController();
  const signal = given ? AbortSignal.any([given, own.signal]) : own.signal;

  const headline = element("div", "dw-headline");
  const label = element("div", "dw-label");
  const details = phrases();
  const lines = { error: line("error"), trouble: line("trouble"), note: line("note") };
  const lost = line("lost");
  const progress = bar();
  const counts = legend();
  const speaker = announcer();
  const cancel = cancelButton(() => model.send({ kind: "cancel" }), signal);

  const root = viewRoot(
    "dw-job",
    element("div", "dw-header", headline, label, cancel.node),
    lines.error,
    progress.node,
    counts.node,
    details,
    lines.trouble,
    lines.note,
    lost,
    speaker.node,
  );

  const update = () => {
    const state = model.get("state");
    if (!lost.hidden) setLost(false); // whoever sends a state is there
    const hadFocus = cancel.node.matches(":focus");
    root.dataset.phase = state.phase;
    root.setAttribute("aria-label", state.label ? `${words.view} ${state.label}` : words.view);
    write(headline, state.headline);
    write(label, state.label);
    label.title = state.label;
    writeItems(details, state.details);
    write(lines.error, state.error);
    write(lines.trouble, state.trouble);
    write(lines.note, state.note);
    for (const part of [progress, counts, cancel, speaker]) part.update(state);
    if (hadFocus && cancel.node.hidden) root.focus({ preventScroll: true });
  };

  const setLost = (gone: boolean) => {
    root.toggleAttribute("data-lost", gone);
    write(lost, gone ? words.lost : "");
    if (gone) speaker.say(words.lost);
  };

  update();
  listen(model, "change:state", update, signal);
  // JupyterLab tells this to the views of a kernel that restarts, and to none at any other time.
  listen(model, "comm_live_update", () => setLost(true), signal);
  listen(
    model,
    "msg:custom",
    (answer) => {
      if (answer.kind === "settled") replaceOutput(model.widget_manager, answer.view, answer.data);
    },
    signal,
  );
  el.append(root);
  // A job that ended while nobody looked still has a view for its output, which needs a kernel: let it be replaced.
  if (model.get("state").ended) model.send({ kind: "settle" });
  return () => own.abort();
}

export default { render };
