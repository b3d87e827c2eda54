import type { Answer, Model, Wish } from "../src/model";
import type { JobState } from "../src/state";

/** The kernel's side of a widget, in memory: what the view sent, and who listens. */
export class FakeModel implements Model<JobState> {
  sent: Wish[] = [];
  listeners: [string, (message: Answer) => void][] = [];
  widget_manager?: unknown;

  constructor(public state: JobState) {}

  get() {
    return this.state;
  }

  send(wish: Wish) {
    this.sent.push(wish);
  }

  on(event: string, listener: (message: Answer) => void) {
    this.listeners.push([event, listener]);
  }

  off(event: string, listener: (message: Answer) => void) {
    this.listeners = this.listeners.filter(([name, heard]) => name !== event || heard !== listener);
  }

  trigger(event: string, message?: Answer) {
    for (const [name, listener] of [...this.listeners]) if (name === event) listener(message as Answer);
  }

  tell(change: Partial<JobState>) {
    this.state = { ...this.state, ...change };
    this.trigger("change:state");
  }
}
