import type { Answer, Model, Query, Traits, Wish } from "../src/model";
import type { JobState } from "../src/state";

/** The kernel's side of a widget, in memory: what the view sent, and who listens. */
export class FakeModel implements Model {
  sent: Wish[] = [];
  /** Whether the page said last that it shows the job. */
  looks?: boolean;
  listeners: [string, (message: Answer) => void][] = [];
  widget_manager?: unknown;

  constructor(
    public state: JobState,
    public place = "here",
  ) {}

  get<Name extends keyof Traits>(name: Name): Traits[Name] {
    return ({ state: this.state, place: this.place } as Traits)[name];
  }

  send(wish: Wish) {
    if (wish.kind === "look" || wish.kind === "rest") this.looks = wish.kind === "look";
    else this.sent.push(wish);
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

  /** The last question of a kind. */
  asked(kind: "rows"): { id: number } & Query;
  asked(kind: "row"): { id: number; row: number };
  asked(kind: "rows" | "row") {
    return this.sent.findLast((wish) => wish.kind === kind) as never;
  }
}
