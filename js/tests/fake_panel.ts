import cases from "../../tests/panel_states.json";
import type { PanelModel } from "../src/panel";
import panel from "../src/panel";
import type { Done, Wish } from "../src/panel/requests";
import type { OpenRow, PanelState, Row } from "../src/panel/state";

type Listener = (message: never) => void;

export const state = (name: string) => cases.find((one) => one.name === name)?.state as PanelState;

/** What the kernel tells of a row that is not open. */
export function slim(row: Row): Row {
  const { id, origin, phase, label, headline, completed, failed, total, cost, created } = row;
  return { id, origin, phase, label, headline, completed, failed, total, cost, created };
}

/** The kernel's side of a panel, in memory: what was wished for, and who listens. `state` has all rows open. */
export class FakePanel implements PanelModel {
  sent: (Wish & { buffers: ArrayBuffer[] })[] = [];
  opened = new Set<string>();
  listeners: [string, Listener][] = [];
  looked = Date.now() / 1000;
  place = "here";
  widget_manager?: unknown;

  constructor(public state: PanelState) {}

  get(name: "state"): PanelState;
  get(name: "looked"): number;
  get(name: "place"): string;
  get(name: "state" | "looked" | "place") {
    if (name !== "state") return this[name];
    const rows = this.state.rows.map((row) => (this.opened.has(row.id) ? row : slim(row)));
    return { ...this.state, rows };
  }

  send(wish: Wish, _callbacks?: undefined, buffers: ArrayBuffer[] = []) {
    this.sent.push({ ...wish, buffers });
    if (wish.kind !== "open") return;
    if (wish.open) this.opened.add(wish.id as string);
    else this.opened.delete(wish.id as string);
    this.trigger("change:state");
  }

  on(event: string, listener: Listener) {
    this.listeners.push([event, listener]);
  }

  off(event: string, listener: Listener) {
    this.listeners = this.listeners.filter(([name, heard]) => name !== event || heard !== listener);
  }

  trigger(event: string, message?: object) {
    for (const [name, listener] of [...this.listeners]) if (name === event) listener(message as never);
  }

  tell(change: Partial<PanelState>) {
    this.state = { ...this.state, ...change };
    this.trigger("change:state");
  }

  /** Changes rows of the list that are there. */
  tellRows(change: (row: OpenRow) => Partial<OpenRow>) {
    this.tell({ rows: this.state.rows.map((row) => ({ ...row, ...change(row as OpenRow) })) });
  }

  /** The wishes of a kind, without those that only say that somebody looks. */
  wishes(kind: string) {
    return this.sent.filter((wish) => wish.kind === kind);
  }

  /** Answers the last wish of a kind, and waits until the panel has heard. */
  async answer(kind: string, done: Done) {
    const wish = this.wishes(kind).at(-1);
    if (!wish) throw new Error(`nobody wished for ${kind}`);
    this.trigger("msg:custom", { kind: "answer", request: wish.request, done });
    await settle();
  }

  async refuse(kind: string, what: string, todo = "") {
    this.trigger("msg:custom", { kind: "answer", request: this.wishes(kind).at(-1)?.request, what, todo });
    await settle();
  }
}

/** Lets everything that waits for nothing but its turn go on. */
export async function settle() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export function show(name: string, { passSignal = true, model = new FakePanel(state(name)) } = {}) {
  const el = document.body.appendChild(document.createElement("div"));
  const controller = new AbortController();
  const given = passSignal ? { signal: controller.signal } : {};
  const ends = [panel.initialize({ model, ...given }), panel.render({ model, el, ...given })];
  const cleanup = () => {
    for (const end of ends) end();
  };
  const find = (selector: string) => el.querySelector(selector) as HTMLElement;
  const all = (selector: string) => [...el.querySelectorAll(selector)] as HTMLElement[];
  const button = (text: string, within: ParentNode = el) =>
    ([...within.querySelectorAll("button")] as HTMLButtonElement[]).find(
      (one) => one.textContent === text && !one.hidden && !one.closest("[hidden]"),
    ) as HTMLButtonElement;
  const heads = () => all(".dw-entry-head") as HTMLButtonElement[];
  return { el, model, controller, cleanup, find, all, button, heads };
}
