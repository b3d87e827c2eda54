/** The traits of the panel, made in dw_jupyter/notebook/panel.py and panel_state.py. The words come from there too. */
import type { Phase } from "../state";

export type Action = "cancel" | "retry" | "forget";

/** One job of this machine, or one batch of the account, as the list shows it. Counts are rows, `created` epoch seconds. */
export interface Row {
  id: string;
  /** Where it was made; "" for a job of this machine. */
  origin: string;
  phase: Phase;
  label: string;
  headline: string;
  completed: number;
  failed: number;
  total: number;
  cost: string;
  created: number;
}

/** A row that is open: what is known of it beside. */
export interface OpenRow extends Row {
  details: string[];
  tags: string[];
  batches: string[];
  note: string;
  trouble: string;
  error: string;
  actions: Action[];
}

/** What the list is narrowed to. Times are epoch seconds. */
export interface Narrowing {
  group: string;
  text: string;
  since: number | null;
  until: number | null;
}

/** One page of the list. */
export interface PanelState {
  /** One that was opened just now has no details yet. */
  rows: (Row | OpenRow)[];
  /** Where its first row stands among those that match. */
  first: number;
  matching: number;
  all: number;
  page: number;
  pages: number;
  totals: string[];
  narrowing: Narrowing;
  account: string;
  trouble: string;
  /** Whether the account has been asked once. */
  complete: boolean;
  /** The line that opens a panel. */
  again: string;
  /** The call that attaches to a job, `{}` for its id. */
  attach: string;
}
