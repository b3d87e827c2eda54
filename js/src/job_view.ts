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
import { canReplace, replaceOutput } from "./output";
import { settleIn } from "./place";
import { type Bookmark, newBookmark, reader } from "./reader";
import { retryButton } from "./retry";
import { words } from "./words";

/** What is open in a job's view, wherever it is drawn, by the mark of its place. */
const bookmarks = new Map<string, Bookmark>();
/** A view that is drawn so soon after another of the job, which had the focus, takes it over. */
const AT_ONCE_MS = 3000;

/** Draws the view into `el`; where it has a settled form to give way to, it `leave`s for that when the kernel goes. */
function draw(model: Model, el: HTMLElement, signal: AbortSignal, leave?: () => void) {
  const place = model.get("place");
  const bookmark = bookmarks.get(place) ?? newBookmark();
  bookmarks.set(place, bookmark);
  const headline = element("div", "dw-headline");
  const label = element("div", "dw-label");
  const details = phrases();
  const lines = {
    error: line("error"),
    trouble: line("trouble"),
    refused: line("trouble"),
    note: line("note"),
  };
  const lost = line("lost");
  const cancel = cancelButton(() => model.send({ kind: "cancel" }), signal);
  const retry = retryButton(() => model.send({ kind: "retry" }), signal);
  const open = button(words.open, () => model.send({ kind: "open" }), signal);
  const [progress, counts, speaker, heard] = [bar(), legend(), announcer(), age(signal)];
  const rows = reader(asking(model, signal), bookmark, signal);
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
    lines.refused,
    lines.note,
    lost,
    rows.node,
    speaker.node,
  );

  const update = () => {
    const state = model.get("state");
    const focused = document.activeElement;
    const inButtons = focused !== null && buttons.contains(focused);
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

  const setLost = (loss?: Loss) => {
    if (loss && loss !== "unreachable" && leave && model.get("state").ended) return leave();
    root.toggleAttribute("data-lost", loss !== undefined);
    write(lost, loss ? words[loss] : "");
    rows.lose(loss !== undefined);
    if (loss) speaker.say(words[loss]);
  };

  el.append(root);
  update();
  listen(
    model,
    "change:state",
    () => {
      setLost(); // whoever sends a state is there
      write(lines.refused, "");
      update();
      heard.heard();
    },
    signal,
  );
  watchKernel(model, setLost, signal);
  listen(
    model,
    "msg:custom",
    (answer) => {
      if (answer.kind !== "refused") return;
      if (answer.wish === "cancel") cancel.refuse();
      if (answer.wish === "retry") retry.refuse();
      write(lines.refused, answer.why);
    },
    signal,
  );
  if (performance.now() - bookmark.left < AT_ONCE_MS && document.activeElement === document.body) {
    root.focus({ preventScroll: true });
  }
  // A host takes a view away before it aborts its signal, or after.
  const note = (focused: boolean) => {
    bookmark.left = focused ? performance.now() : -Infinity;
  };
  root.addEventListener("focusout", ({ relatedTarget }) => note(relatedTarget === null), { signal });
  signal.addEventListener("abort", () => root.contains(document.activeElement) && note(true), { once: true });
}

function initialize({ model, signal }: { model: Model; signal?: AbortSignal }) {
  const own = controllerUnder(signal);
  listen(
    model,
    "msg:custom",
    (answer) => {
      if (answer.kind === "settled")
        replaceOutput(model.widget_manager, answer.view, model.get("place"), answer.data);
    },
    own.signal,
  );
  settleIn(
    model.get("place"),
    (el, leave) => {
      const shown = controllerUnder(own.signal);
      draw(model, el, shown.signal, leave);
      return shown;
    },
    own.signal,
  );
  return () => own.abort();
}

function render({ model, el, signal }: RenderProps) {
  const own = controllerUnder(signal);
  draw(model, el, own.signal);
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
