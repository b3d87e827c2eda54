/** Wishes that the kernel answers by number. */
import type { Waiting } from "../waiting";

/** What a wish is answered with; which fields it has depends on the wish. */
// biome-ignore lint/suspicious/noExplicitAny: the kernel's JSON, read where it is known
export type Done = Record<string, any>;

/** Why a wish was not done: what happened, and what to do. */
export class Refusal extends Error {
  constructor(
    what: string,
    readonly todo: string,
  ) {
    super(what);
  }

  get words() {
    return [this.message, this.todo].filter(Boolean).join("\n");
  }
}

/** What is said of a wish that was not done. */
export function reasonOf(error: unknown) {
  return error instanceof Refusal ? error.words : String(error);
}

export interface Wish {
  kind: string;
  [field: string]: unknown;
}

export type Reply =
  | ({ kind: "answer"; request: number } & ({ done: Done } | { what: string; todo: string }))
  | { kind: "progress"; request: number; share: number };

interface Open {
  resolve(done: Done): void;
  reject(reason: Refusal): void;
  progress?: ((share: number) => void) | undefined;
}

export type Ask = (
  wish: Wish,
  more?: { buffers?: ArrayBuffer[]; progress?: (share: number) => void },
) => Promise<Done>;

/** Numbers wishes, and gives each answer to whoever asked. */
export class Requests {
  private open = new Map<number, Open>();
  // A model may have several views, and each hears the answers to all of them.
  private last = Math.floor(Math.random() * 2 ** 40);

  constructor(
    private send: (wish: Wish, buffers: ArrayBuffer[]) => void,
    private waits: Waiting,
  ) {}

  ask: Ask = (wish, { buffers = [], progress } = {}) =>
    new Promise((resolve, reject) => {
      const request = ++this.last;
      this.open.set(request, { resolve, reject, progress });
      this.waits.sent(request);
      this.send({ ...wish, request }, buffers);
    });

  hear(reply: Reply) {
    const open = this.open.get(reply.request);
    if (reply.kind === "progress") {
      if (open) this.waits.sent(reply.request); // the kernel is at work
      open?.progress?.(reply.share);
      return;
    }
    this.open.delete(reply.request);
    this.waits.over(reply.request);
    if ("done" in reply) open?.resolve(reply.done);
    else open?.reject(new Refusal(reply.what, reply.todo));
  }

  /** Whoever waits is told that no answer will come. */
  giveUp(what: string) {
    for (const { reject } of this.open.values()) reject(new Refusal(what, ""));
    this.open.clear();
    this.waits.clear();
  }
}
