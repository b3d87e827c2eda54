/** Every word that a view says on its own. The rest comes from the kernel. */
import { duration, number, plural } from "./numbers";
import type { Status } from "./state";

export const words = {
  view: "Batch job",
  progress: "Rows done",
  cancel: "Cancel",
  cancelling: "Cancelling…",
  reallyCancel: (waiting: number) =>
    `Cancel ${waiting ? plural(waiting, "waiting row") : "this job"}? What is answered is kept.`,
  yes: "Yes, cancel",
  no: "No",
  retry: (count: number, failed: number) =>
    count === failed ? `Retry ${number(count)} failed` : `Retry ${plural(count, "unanswered row")}`,
  retrying: "Retrying…",
  open: "Open in panel",
  restarted: "The kernel restarted.",
  gone: "The kernel is gone; the job is not. Start a kernel.",
  unreachable: "No connection to the kernel. This is what it last said.",
  again: "To see the job again, run in a cell:",
  /** By its id, since a cell with --fresh would begin another job. */
  attach: (job: string) => `import dw_jupyter as dw; dw.attach("${job}")`,
  againUnnamed: "Run this cell again.",
  unheard:
    "Sent. A kernel that is busy with a cell hears it when that ends, or now if you interrupt the cell (■): jobs go on.",
  updated: (seconds: number) => `Updated ${duration(seconds)} ago`,
  answered: (count: number) => `${number(count)} answered`,
  failed: (count: number) => `${number(count)} failed`,
  waiting: (count: number) => `${number(count)} waiting`,
  unanswered: (count: number) => `${number(count)} not answered`,
  percent: (share: number) => `${Math.floor(share * 100)} %`,
  pulse: (least: number, most: number) => `Between ${rate(least)} and ${rate(most)} rows a second so far`,
  read: "Read the rows",
  filter: "Which rows",
  all: "all rows",
  search: "Search",
  searchIn: "Search in prompts and answers",
  reasons: "Why rows have no answer",
  reason: (count: number, message: string) => `${number(count)} × ${message}`,
  looking: "Looking…",
  notRead: "Not read: there is no kernel to ask.",
  found: (total: number, more: boolean) =>
    more ? `${number(total)} rows, and maybe more` : plural(total, "row"),
  noMatch: "No row has this.",
  clear: "Clear",
  shown: (from: number, to: number, total: string) => `${number(from)}–${number(to)} of ${total}`,
  before: "Earlier rows",
  after: "Later rows",
  noAnswerYet: "no answer yet",
  noPrompt: "what it asks is not kept here",
  blank: "nothing, or blanks",
  request: "Request",
  answer: "Answer",
  rest: "What else was sent and came back",
  copy: "Copy as text",
  copyLine: "Copy line",
  copied: "Copied",
  notCopied: "Not copied",
  close: "Close",
  whole: (length: number) => `Show all ${number(length)} characters`,
  image: "Image of the request",
  status: {
    pending: "waiting",
    completed: "answered",
    failed: "failed",
    cancelled: "cancelled",
    expired: "expired",
    missing: "missing",
  } satisfies Record<Status, string>,
};

function rate(perSecond: number) {
  return perSecond.toLocaleString("en-US", { maximumSignificantDigits: 2 });
}
