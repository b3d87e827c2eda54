/** The panel: all jobs and batches, live, and a form to send more. Built into dw_jupyter/static/panel.js. */
import { element, keepFocus, line, viewRoot, write } from "./element";
import { type Loss, watchKernel } from "./kernel";
import { controllerUnder, listen } from "./model";
import { type Bundle, canReplace, replaceOutput } from "./output";
import { filters } from "./panel/filters";
import { form } from "./panel/form";
import { header } from "./panel/header";
import { jobList } from "./panel/list";
import { type Reply, Requests, type Wish } from "./panel/requests";
import type { PanelState } from "./panel/state";
import { watching } from "./panel/watching";
import { words } from "./panel/words";
import { settleIn } from "./place";
import { type Roots, roots } from "./roots";
import { waiting } from "./waiting";

type Message = Reply | { kind: "show"; id: string } | { kind: "settled"; view: string; data: Bundle };

/** The kernel's side, as far as the panel uses it. */
export interface PanelModel {
  get(name: "state"): PanelState;
  get(name: "looked"): number;
  get(name: "place"): string;
  send(wish: Wish, callbacks?: undefined, buffers?: ArrayBuffer[]): void;
  on(event: string, listener: (message: Message) => void): void;
  off(event: string, listener: (message: Message) => void): void;
  widget_manager?: unknown;
}

const TICK_MS = 500;

/** Draws the panel; what it listens to ends with `host`, or when a person closes it. */
function draw(model: PanelModel, host: AbortSignal) {
  const own = controllerUnder(host);
  const { signal } = own;
  const state = () => model.get("state");

  const spoken = element("div", "dw-spoken");
  spoken.setAttribute("role", "status");
  const say = (text: string) => {
    spoken.textContent = text;
  };
  const lost = line("lost");
  const owed = line("waiting");
  const wait = (text: string) => {
    write(owed, text);
    sending.wait(text);
  };
  const waits = waiting(wait, signal, () => words.waitingLong(state().again));
  const requests = new Requests((wish, buffers) => model.send(wish, undefined, buffers), waits);
  const tell = (wish: Wish) => model.send(wish);
  const around = { ask: requests.ask, tell, say, attach: state().attach, signal };
  const sending = form(requests.ask, say, signal);
  let narrows = 0; // wishes on their way
  const narrow = async (page: number) => {
    narrows++;
    await requests.ask({ kind: "list", ...narrowing.value(), page }).catch(() => {});
    narrows--;
  };
  const narrowing = filters(state().narrowing, () => void narrow(0), signal);
  const list = jobList(around, (page) => void narrow(page));
  const top = header(
    () => sending.toggle(),
    () => {
      rest(words.closed(state().again));
      // In JupyterLab the whole output goes now: its cell is where a keyboard goes on.
      root.parentElement?.closest<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
      model.send({ kind: "close" });
      own.abort();
    },
    signal,
  );
  const body = element(
    "div",
    "dw-panel-body",
    top.node,
    sending.node,
    narrowing.node,
    owed,
    list.node,
    top.facts,
  );
  const root = viewRoot("dw-panel", lost, body, spoken);
  root.setAttribute("aria-label", words.view);

  // The kernel's clock may be another: how old something is counts from when it came. At first its own word is taken.
  let heard = model.get("looked") * 1000;
  const tick = () => {
    top.tick(state(), Math.max(0, (Date.now() - heard) / 1000));
  };
  const update = () => {
    setLost(); // whoever sends a state is there
    top.update(state());
    list.update(state());
    if (!narrows) narrowing.take(state().narrowing);
    tick();
  };
  const setLost = (loss?: Loss) => {
    const text = loss ? words[loss](state().again) : "";
    if (lost.textContent === text) return;
    root.toggleAttribute("data-lost", loss !== undefined);
    if (loss) {
      rest(text);
      // After a short disconnection there may be an answer yet.
      if (loss !== "unreachable") requests.giveUp(text);
    } else {
      body.inert = false;
      write(lost, "");
    }
  };
  /** Nothing can be pressed any more: says why, and keeps the focus where it is read. */
  const rest = (why: string) => {
    keepFocus(root, () => {
      body.inert = true;
    });
    write(lost, why);
    say(why);
  };

  update();
  listen(model, "change:state", update, signal);
  listen(
    model,
    "change:looked",
    () => {
      heard = Date.now();
      tick();
    },
    signal,
  );
  watchKernel(model, setLost, signal);
  listen(
    model,
    "msg:custom",
    (message) => {
      if (message.kind === "answer" || message.kind === "progress") requests.hear(message);
      if (message.kind === "show") {
        narrowing.reset();
        root.scrollIntoView?.({ block: "nearest" }); // out of sight it is not told of what is new
        list.show(message.id);
      }
    },
    signal,
  );
  const ticking = setInterval(tick, TICK_MS);
  signal.addEventListener("abort", () => clearInterval(ticking), { once: true });
  watching(root, (kind, view) => model.send({ kind, view }), signal);
  return root;
}

/** Of each widget that lives on while no output shows it, by the mark of its place. */
const lives = new Map<string, Roots>();

/**
 * In JupyterLab and Notebook the output becomes a plain table at once, in whose place the panel is drawn for as long
 * as there is a kernel: what is saved is the table. The panel that is drawn is kept, so that a page that takes cells
 * away while they are out of sight, or an output that is replaced, takes nothing that was opened or typed.
 */
function initialize({ model, signal }: { model: PanelModel; signal?: AbortSignal }) {
  const own = controllerUnder(signal);
  listen(
    model,
    "msg:custom",
    (message) => {
      if (message.kind !== "settled") return;
      replaceOutput(model.widget_manager, message.view, model.get("place"), message.data);
    },
    own.signal,
  );
  const life = roots(() => draw(model, own.signal), own.signal);
  const place = model.get("place");
  lives.set(place, life);
  own.signal.addEventListener("abort", () => lives.delete(place), { once: true });
  const show = (el: HTMLElement) => {
    const shown = new AbortController();
    life.show(el, shown.signal);
    return shown;
  };
  settleIn(place, show, own.signal);
  return () => own.abort();
}

function render({ model, el, signal }: { model: PanelModel; el: HTMLElement; signal?: AbortSignal }) {
  const own = controllerUnder(signal);
  const life = lives.get(model.get("place")) ?? roots(() => draw(model, own.signal), own.signal);
  life.show(el, own.signal);
  if (canReplace(model.widget_manager)) model.send({ kind: "settle" });
  return () => own.abort();
}

export default { initialize, render };
