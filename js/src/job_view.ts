/** The live view of one job, under the cell that started it. Built into dw_jupyter/static/job_view.js. */
import { type Loss, watchKernel } from "./kernel";
import { controllerUnder, listen, type Model, type RenderProps } from "./model";
import { type Bundle, beforeSave, canReplace, replaceOutput } from "./output";
import { settleIn } from "./place";
import { type Roots, roots } from "./roots";
import { drawJob, type View } from "./view";

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
      const view = drawJob(model, signal);
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
