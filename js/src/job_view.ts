/** The live view of one job, under the cell that started it. Built into dw_jupyter/static/job_view.js. */
import { age } from "./age";
import { announcer } from "./announcer";
import { asking } from "./asking";
import { bar } from "./bar";
import { cancelButton } from "./cancel";
import { button, element, line, phrases, viewRoot, write, writeItems } from "./element";
import { type Loss, watchKernel } from "./kernel";
import { legend } from "./legend";
import { controllerUnder, listen, type Model, type RenderProps } from "./model";
import { type Bundle, beforeSave, canReplace, replaceOutput } from "./output";
import { settleIn } from "./place";
import { reader } from "./reader";
import { refusal } from "./refusal";
import { retryButton } from "./retry";
import { type Roots, roots } from "./roots";
import { words } from "./words";

/** What is drawn of one job, wherever it is shown. */
interface View {
  root: HTMLElement;
  lose(loss?: Loss): void;
}

/** Draws the view; what it listens to ends with `signal`. */
function draw(model: Model, signal: AbortSignal): View {
  const headline = element("div", "dw-headline");
  const label = element("div", "dw-label");
  const details = phrases();
  const lines = {
    error: line("error"),
    trouble: line("trouble"),
    note: line("note"),
  };
  const lost = line("lost");
  const refused = refusal(signal);
  const wish = (kind: "cancel" | "retry" | "open") => {
    refused.clear();
    model.send({ kind });
  };
  const cancel = cancelButton(() => wish("cancel"), signal);
  const retry = retryButton(() => wish("retry"), signal);
  const open = button(words.open, () => wish("open"), signal);
  const [progress, counts, speaker, heard] = [bar(), legend(), announcer(), age(signal)];
  const rows = reader(asking(model, signal), speaker.say, signal);
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
    lost,
    rows.node,
    speaker.node,
  );

  let ended = false;
  const update = () => {
    const state = model.get("state");
    const focused = document.activeElement;
    const inButtons = focused !== null && buttons.contains(focused);
    if (ended && !state.ended) refused.clear(); // the job was taken up again since
    ended = state.ended;
    root.dataset.phase = state.phase;
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
    if (inButtons && focused.closest("[hidden]")) root.focus({ preventScroll: true });
  };

  update();
  listen(model, "change:state", update, signal);
  listen(
    model,
    "msg:custom",
    (answer) => {
      if (answer.kind !== "refused" || answer.wish === "rows" || answer.wish === "row") return;
      if (answer.wish === "cancel") cancel.refuse();
      if (answer.wish === "retry") retry.refuse();
      refused.say(answer.why, answer.line);
      speaker.say([answer.why, answer.line].filter(Boolean).join(" "));
    },
    signal,
  );
  return {
    root,
    lose(loss) {
      const said = loss ? words[loss](model.get("state").job) : "";
      root.toggleAttribute("data-lost", loss !== undefined);
      write(lost, said);
      rows.lose(loss !== undefined);
      if (loss) speaker.say(said);
    },
  };
}

/** Shows the job in outputs. `over` is called when the kernel has gone for good. */
function live(model: Model, signal: AbortSignal, over: () => void = () => {}): Roots {
  let lost: Loss | undefined;
  const views: View[] = [];
  const lose = (loss?: Loss) => {
    lost = loss;
    for (const view of views) view.lose(loss);
  };
  listen(model, "change:state", () => lose(), signal); // whoever sends a state is there
  watchKernel(
    model,
    (loss) => {
      lose(loss);
      if (loss && loss !== "unreachable") over();
    },
    signal,
  );
  const name = Math.random().toString(36).slice(2);
  return roots(
    () => {
      const view = draw(model, signal);
      views.push(view);
      view.lose(lost);
      return view.root;
    },
    signal,
    (shown) => model.send({ kind: shown ? "look" : "rest", view: name }),
  );
}

/** Of each widget that lives on while no output shows it, by the mark of its place. */
const lives = new Map<string, Roots>();

function initialize({ model, signal }: { model: Model; signal?: AbortSignal }) {
  const own = controllerUnder(signal);
  const places = controllerUnder(own.signal);
  const place = model.get("place");
  // What a job under way would settle into comes now and then, and is put into the notebook when that is saved: an
  // output that is replaced loses what is selected in it.
  let newest: Bundle | undefined;
  const put = () => {
    if (newest) replaceOutput(model.widget_manager, widget, place, newest);
    newest = undefined;
  };
  let widget = "";
  listen(
    model,
    "msg:custom",
    (answer) => {
      if (answer.kind !== "settled") return;
      const first = widget === "";
      ({ view: widget, data: newest } = answer);
      if (first || model.get("state").ended) put();
    },
    own.signal,
  );
  beforeSave(model.widget_manager, put, own.signal);
  // What an ended job has settled into says all that can be said without a kernel.
  const life = live(model, own.signal, () => model.get("state").ended && places.abort());
  lives.set(place, life);
  own.signal.addEventListener("abort", () => lives.delete(place), { once: true });
  const show = (el: HTMLElement) => {
    const shown = new AbortController();
    life.show(el, shown.signal);
    return shown;
  };
  settleIn(place, show, places.signal);
  return () => own.abort();
}

function render({ model, el, signal }: RenderProps) {
  const own = controllerUnder(signal);
  (lives.get(model.get("place")) ?? live(model, own.signal)).show(el, own.signal);
  // A widget in a saved notebook is an error where there is no kernel. Where the host lets it, the output becomes the
  // settled form as soon as that names the job, and the view shows itself in its place.
  let asked = false;
  const settle = (now: boolean) => {
    if (asked || !now) return;
    asked = true;
    model.send({ kind: "settle" });
  };
  const named = () => model.get("state").job !== "" && canReplace(model.widget_manager);
  settle(model.get("state").ended || named());
  listen(model, "change:state", () => settle(named()), own.signal);
  return () => own.abort();
}

export default { initialize, render };
