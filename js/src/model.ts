/** What anywidget hands to a view, as far as ours use it. */
import type { Bundle } from "./output";

/** The kernel's side of a widget: traits come down through `get` and `change:`, wishes go up through `send`. */
export interface Model<State> {
  get(name: "state"): State;
  send(message: Wish): void;
  on(event: string, listener: Listener): void;
  off(event: string, listener: Listener): void;
  /** The host's own; what it is differs. */
  widget_manager?: unknown;
}

type Listener = (message: Answer) => void;

/** What a view may ask of the kernel. */
export type Wish = { kind: "cancel" } | { kind: "settle" };

/** What the kernel says beside the traits: `view` is the widget whose output `data` is to replace. */
export type Answer = { kind: "settled"; view: string; data: Bundle };

/** What `render` gets. anywidget passes `signal` from 0.11 on. */
export interface RenderProps<State> {
  model: Model<State>;
  el: HTMLElement;
  signal?: AbortSignal;
}

/** Calls `listener` at each `event` of the model until `signal` aborts. One name a call: marimo knows no lists. */
export function listen<State>(model: Model<State>, event: string, listener: Listener, signal: AbortSignal) {
  model.on(event, listener);
  signal.addEventListener("abort", () => model.off(event, listener), { once: true });
}
