/** Questions to the kernel that it answers by a message of the same id. */
import { type Answer, listen, type Model, type Query } from "./model";
import type { Page, Whole } from "./state";

/** What is told of a question: the answer, or why there is none. */
interface Heard<Answered> {
  answered(answer: Answered): void;
  refused(why: string): void;
}

export interface Asking {
  page(query: Query, heard: Heard<Page>): void;
  whole(row: number, heard: Heard<Whole>): void;
}

/** Of each kind the last question counts: what is said to earlier ones is passed over. */
export function asking(model: Model, signal: AbortSignal): Asking {
  let id = Math.floor(Math.random() * 2 ** 40); // a model may have several views, and each hears all answers
  const view = id.toString(36);
  const waiting: { rows?: Heard<Page> & { id: number }; row?: Heard<Whole> & { id: number } } = {};
  const hear = (answer: Answer) => {
    if (answer.kind === "rows" && waiting.rows?.id === answer.id) waiting.rows.answered(answer.rows);
    if (answer.kind === "row" && waiting.row?.id === answer.id) waiting.row.answered(answer.row);
    if (answer.kind !== "refused") return;
    for (const asked of [waiting.rows, waiting.row])
      if (asked && asked.id === answer.id) asked.refused(answer.why);
  };
  listen(model, "msg:custom", hear, signal);
  return {
    page(query, heard) {
      waiting.rows = { id: ++id, ...heard };
      model.send({ kind: "rows", id, view, ...query });
    },
    whole(row, heard) {
      waiting.row = { id: ++id, ...heard };
      model.send({ kind: "row", id, row });
    },
  };
}
