/** Every word that the panel says on its own. The rest comes from the kernel. */

export const words = {
  view: "Jobs and batches",
  title: "Jobs",
  send: "Send requests",
  close: "Close",
  closed: (again: string) => `Closed. ${again} opens the panel again.`,
  restarted: (again: string) =>
    `The kernel restarted. Load the extension, then run ${again}: the jobs go on.`,
  gone: (again: string) =>
    `The kernel is gone; the jobs are not. Start a kernel, load the extension, and run ${again}.`,
  unreachable: () => "No connection to the kernel. This is what it last said.",
  updated: (seconds: number) => (seconds < 10 ? "updated just now" : `updated ${duration(seconds)} ago`),
  account: (name: string) => `account ${name}`,
  asking: "Asking the account for its batches…",
  waiting: "Sent, waiting for the kernel…",
  waitingLong: (again: string) =>
    `Still waiting for the kernel: it is busy with a cell, or gone. If it is gone, ${again} opens the panel again.`,
  filters: "Which jobs",
  group: "State",
  groups: [
    ["", "All states"],
    ["active", "Active"],
    ["completed", "Completed"],
    ["failed", "With failures"],
    ["cancelled", "Cancelled"],
  ] as const,
  search: "Search label, model, id or tag",
  since: "From",
  until: "To",
  clear: "Clear",
  list: "Jobs and batches, newest first",
  empty: "No jobs yet. Run a cell that begins with %%dwbatch, or send a file of requests from here.",
  noMatch: "No job matches.",
  newer: "Newer",
  older: "Older",
  pages: "Pages",
  page: (first: number, last: number, all: number) => `${number(first)}–${number(last)} of ${number(all)}`,
  asked: "Asking the kernel…",
  attach: "Attach it in a cell",
  attachName: "Name for the job",
  copy: "Copy line",
  copied: "Copied: paste it into a cell.",
  read: "Copy line to read its rows",
  copiedRead: "Copied: in a cell of its own it shows the job, with its rows to read.",
  copyByHand: "Press Ctrl+C (or ⌘C) to copy the line.",
  badName: "That is not a name Python can bind: use letters, digits and _.",
  cancel: "Cancel",
  cancelling: "Cancelling…",
  cancelAsk: "Stop this job? What is answered is kept.",
  cancelYes: "Stop it",
  retry: (count: number) => (count === 1 ? "Retry 1 row" : `Retry ${number(count)} rows`),
  retrying: "Retrying…",
  forget: "Forget",
  forgotten: (label: string) => `${label}: forgotten.`,
  forgetting: "Forgetting…",
  forgetAsk: "Remove this job and its answers from this machine? On the service everything stays.",
  forgetYes: "Remove it",
  keep: "Keep it",
  form: "Send requests",
  source: "What to send",
  file: "A file of requests",
  table: "A table with a prompt",
  choose: "Choose a file",
  drop: "or drop a .jsonl file here",
  path: "Or a path on the kernel's machine",
  pathHint: "requests.jsonl",
  tableName: "Table",
  tableHint: "name of a DataFrame",
  prompt: "Prompt",
  promptHint: "Classify the sentiment of this review: {{ text }}",
  noTables: "Tables are found by %dwbatch panel, or dw.panel(globals()).",
  model: "Model",
  asInFile: "as in the file",
  onlyModel: "the account's only one",
  window: "Window",
  label: "Label",
  labelHint: "optional",
  check: "Check",
  checking: "Checking…",
  cost: "See cost",
  costing: "Asking the service… The requests are uploaded for it, and deleted again.",
  costSent: (share: number) => `Uploading for the estimate: ${Math.floor(share * 100)} %`,
  submit: "Send",
  submitting: "Sending…",
  uploading: (name: string, share: number) => `Reading ${name}: ${Math.floor(share * 100)} %`,
  sent: "Sent. It is in the list.",
  good: (count: number, remarks: number, models: string) =>
    `${plural(count, "request")}, ${remarks ? "no fault that keeps them from being sent" : "no fault"}. ${models}`,
  bad: (blocking: number, count: number) =>
    `${plural(blocking, "fault")}${count ? ` in ${plural(count, "request")}` : ""}. Nothing can be sent until ${blocking === 1 ? "it is" : "they are"} mended.`,
  models: (models: [string, number][]) =>
    models.length === 1
      ? `All ask ${models[0]?.[0]}.`
      : models.map(([name, count]) => `${name}: ${number(count)}`).join(", "),
  faults: "Faults",
  more: (left: number) => `Show more (${number(left)} left)`,
};

/** Grouped as the kernel's own words group them. */
export function number(count: number) {
  return count.toLocaleString("en-US");
}

function plural(count: number, noun: string) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function duration(seconds: number) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}
