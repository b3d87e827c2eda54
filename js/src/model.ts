/** What anywidget hands to a view, as far as ours use it. */
import type { Bundle } from "./output";
import type { JobState, Page, Whole } from "./state";

/** What the kernel writes: the job, and the mark of the place where it has settled. */
export interface Traits {
  state: JobState;
  place: string;
}

/** The kernel's side of a widget: traits come down through `get` and `change:`, wishes go up through `send`. */
export interface Model {
  get<Name extends keyof Traits>(name: Name): Traits[Name];
  send(message: Wish): void;
  on(event: string, listener: Listener): void;
  off(event: string, listener: Listener): void;
  /** The host's own; what it is differs. */
  widget_manager?: unknown;
}

type Listener = (message: Answer) => void;

/** Which rows are meant: a status, a reason (`group` is its kind, `code` that of HTTP), a text; or all. */
export interface Query {
  status: string;
  group: string;
  code: string;
  message: string;
  text: string;
  start: number;
}

/**
 * What a view may ask of the kernel. `look` and `rest` say whether an output of this page shows the job. Answers have
 * the `id` of what was asked.
 */
export type Wish =
  | { kind: "cancel" }
  | { kind: "retry" }
  | { kind: "open" }
  | { kind: "settle" }
  | { kind: "look" | "rest"; view: string }
  | ({ kind: "rows"; id: number; view: string } & Query)
  | { kind: "row"; id: number; row: number };

/**
 * What the kernel says beside the traits: `view` is the widget whose output `data` is to replace; `line` would do in a
 * cell what is refused.
 */
export type Answer =
  | { kind: "settled"; view: string; data: Bundle }
  | { kind: "rows"; id: number; rows: Page }
  | { kind: "row"; id: number; row: Whole }
  | { kind: "opened" }
  | { kind: "refused"; wish: Wish["kind"]; id?: number; why: string; line?: string };

/** What `render` gets. anywidget passes `signal` from 0.11 on. */
export interface RenderProps {
  model: Model;
  el: HTMLElement;
  signal?: AbortSignal;
}

/** Whatever tells of events. */
export interface Events<Message> {
  on(event: string, listener: (message: Message) => void): void;
  off(event: string, listener: (message: Message) => void): void;
  /** The host's own; what it is differs. */
  widget_manager?: unknown;
}

/** Calls `listener` at each `event` of the model until `signal` aborts. One name a call: marimo knows no lists. */
export function listen<Message>(
  model: Events<Message>,
  event: string,
  listener: (message: Message) => void,
  signal: AbortSignal,
) {
  model.on(event, listener);
  signal.addEventListener("abort", () => model.off(event, listener), { once: true });
}

/** `given` and one of our own: hosts before anywidget 0.11 give none. */
export function controllerUnder(given?: AbortSignal) {
  const controller = new AbortController();
  given?.addEventListener("abort", () => controller.abort(), { once: true });
  return controller;
}
