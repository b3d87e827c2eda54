/** The one trait of a job view, made by `state_of` in dw_jupyter/notebook/view.py. Its words come from there too. */

export type Phase =
  | "preparing"
  | "uploading"
  | "queued"
  | "running"
  | "cancelling"
  | "completed"
  | "failed"
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
  note: string;
  trouble: string;
  /** What to do about a failed job; the headline says what happened. */
  error: string;
  ended: boolean;
  cancellable: boolean;
  updated: number;
}
