/** What the kernel tells a job view. Made in dw_jupyter/notebook/view.py and dw_jupyter/job/reader.py, words included. */

export type Phase =
  | "preparing"
  | "uploading"
  | "queued"
  | "running"
  | "cancelling"
  | "completed"
  | "failed"
  | "unreachable"
  | "cancelled";

/** One moment of a job. Counts are rows, `uploaded` is a share from 0 to 1, `updated` epoch seconds. */
export interface JobState {
  job: string;
  label: string;
  phase: Phase;
  headline: string;
  details: string[];
  completed: number;
  failed: number;
  waiting: number;
  total: number;
  uploaded: number;
  /** Rows a second in equal spans of time, the oldest first. */
  pulse: number[];
  note: string;
  trouble: string;
  /** What to do about a failed job; the headline says what happened. */
  error: string;
  ended: boolean;
  cancellable: boolean;
  /** Rows that a retry would ask again. */
  retryable: number;
  readable: boolean;
  /** Whether there is a panel to open it in. */
  openable: boolean;
  updated: number;
  /** Seconds within which the service is asked again. */
  pace: number;
}

export type Status = "pending" | "completed" | "failed" | "cancelled" | "expired" | "missing";

/** A row of a list, its texts cut. `prompt` is null where it is not kept; `answer` of a row that has none is the reason. */
export interface Row {
  row: number;
  label: string;
  status: Status;
  prompt: string | null;
  answer: string;
}

/** Why rows have no answer. */
export interface Reason {
  kind: string;
  /** Of HTTP, `""` where there is none. */
  code: string;
  message: string;
  /** What they say, with `N` and `…` for what differs from row to row. */
  said: string;
  rows: number;
}

/** Some of the rows that were asked for; `total` is a least number where `more` is set. */
export interface Page {
  start: number;
  total: number;
  more: boolean;
  rows: Row[];
  reasons: Reason[];
}

/** A piece to read; the text of an image is its `data:` URL. */
export interface Block {
  title: string;
  form: "text" | "code" | "image";
  text: string;
  /** The text that was sent or came back, where it is JSON and `text` is that laid out. */
  exact?: string;
}

/** One row whole. */
export interface Whole {
  row: number;
  label: string;
  status: Status;
  reason: string;
  request: Block[];
  answer: Block[];
  /** The other fields of both. */
  rest: Block[];
}
