/** What is drawn of one job, wherever it is shown. */
import { age } from "./age";
import { announcer } from "./announcer";
import { asking } from "./asking";
import { bar } from "./bar";
import { cancelButton } from "./cancel";
import {
  button,
  element,
  focusIn,
  keepFocus,
  line,
  phrases,
  quoted,
  viewRoot,
  write,
  writeItems,
} from "./element";
import type { Loss } from "./kernel";
import { legend } from "./legend";
import { listen, type Model } from "./model";
import { reader } from "./reader";
import { retryButton } from "./retry";
import { runLine } from "./run_line";
import { waiting } from "./waiting";
import { words } from "./words";

export interface View {
  root: HTMLElement;
  /** Says that the kernel is lost, or with nothing that it is there. */
  lose(loss?: Loss): void;
}

/** Draws the view; what it listens to ends with `signal`. */
export function drawJob(model: Model, signal: AbortSignal): View {
  const headline = element("div", "dw-headline");
  const label = quoted("div", "dw-label");
  const details = phrases();
  const lines = {
    error: line("error"),
    trouble: line("trouble"),
    note: line("note"),
    waiting: line("waiting"),
  };
  const lost = runLine("lost", signal);
  const refused = runLine("trouble", signal);
  const waits = waiting((text) => write(lines.waiting, text), signal);
  const wish = (kind: "cancel" | "retry" | "open") => {
    refused.clear();
    waits.sent(kind);
    model.send({ kind });
  };
  const cancel = cancelButton(() => wish("cancel"), signal);
  const retry = retryButton(() => wish("retry"), signal);
  const open = button(words.open, () => wish("open"), signal);
  const [progress, counts, speaker, heard] = [bar(), legend(), announcer(), age(signal)];
  const rows = reader(asking(model, signal), waits, speaker.say, signal);
  const buttons = element("div", "dw-buttons", cancel.node, retry.node, open);

  const root = viewRoot(
    "dw-job",
    element("div", "dw-header", headline, label, buttons),
    lines.error,
    progress.node,
    counts.node,
    details,
    heard.node,
    lines.trouble,
    refused.node,
    lines.note,
    lines.waiting,
    lost.node,
    rows.node,
    speaker.node,
  );

  let ended = false;
  const update = () => {
    const state = model.get("state");
    if (ended && !state.ended) refused.clear(); // the job was taken up again since
    if (state.ended || state.phase === "cancelling") waits.over("cancel");
    if (!state.ended) waits.over("retry");
    ended = state.ended;
    root.dataset.phase = state.phase;
    root.toggleAttribute("data-ended", ended);
    root.setAttribute("aria-label", state.label ? `${words.view} ${state.label}` : words.view);
    write(headline, state.headline);
    write(label, state.label);
    label.title = state.label;
    writeItems(details, state.details);
    write(lines.error, state.error);
    write(lines.trouble, state.trouble);
    write(lines.note, state.note);
    open.hidden = !state.openable;
    for (const part of [progress, counts, heard, cancel, retry, rows, speaker]) part.update(state);
  };
  const draw = () => keepFocus(root, update);

  draw();
  listen(model, "change:state", draw, signal);
  listen(
    model,
    "msg:custom",
    (answer) => {
      if (answer.kind === "opened") {
        waits.over("open");
        refused.clear(); // it may be that none was open before
      }
      if (answer.kind !== "refused" || answer.wish === "rows" || answer.wish === "row") return;
      if (answer.wish === "cancel") cancel.refuse();
      if (answer.wish === "retry") retry.refuse();
      waits.over(answer.wish);
      refused.say(answer.why, answer.line);
      speaker.say([answer.why, answer.line].filter(Boolean).join(" "));
    },
    signal,
  );
  return {
    root,
    lose(loss) {
      const { job } = model.get("state");
      const unread = focusIn(root) !== undefined || !ended;
      root.toggleAttribute("data-lost", loss !== undefined);
      keepFocus(root, () => {
        buttons.inert = loss !== undefined;
        rows.lose(loss !== undefined);
        if (!loss) lost.clear();
        else if (loss === "unreachable") lost.say(words.unreachable);
        else if (job) lost.say(`${words[loss]} ${words.again}`, words.attach(job));
        else lost.say(`${words[loss]} ${words.againUnnamed}`);
      });
      if (loss && loss !== "unreachable") waits.clear();
      if (loss && unread) speaker.say(words[loss]);
    },
  };
}
