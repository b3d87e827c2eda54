/** Questions to the kernel that it answers by a message of the same id. */
import { type Answer, listen, type Model, type Query } from "./model";
import type { Page, Whole } from "./state";

export interface Asking {
  page(query: Query, then: (page: Page) => void): void;
  whole(row: number, then: (whole: Whole) => void): void;
}

/** Of each kind the last question counts: answers to earlier ones, and those that are refused, are passed over. */
export function asking(model: Model, signal: AbortSignal): Asking {
  let id = Math.floor(Math.random() * 2 ** 40); // a model may have several views, and each hears all answers
  const waiting: { rows?: [number, (page: Page) => void]; row?: [number, (whole: Whole) => void] } = {};
  const hear = (answer: Answer) => {
    if (answer.kind === "rows" && waiting.rows?.[0] === answer.id) waiting.rows[1](answer.rows);
    if (answer.kind === "row" && waiting.row?.[0] === answer.id) waiting.row[1](answer.row);
  };
  listen(model, "msg:custom", hear, signal);
  return {
    page(query, then) {
      waiting.rows = [++id, then];
      model.send({ kind: "rows", id, ...query });
    },
    whole(row, then) {
      waiting.row = [++id, then];
      model.send({ kind: "row", id, row });
    },
  };
}
