/** Every word that a view says on its own. The rest comes from the kernel. */

export const words = {
  view: "Batch job",
  progress: "Rows done",
  cancel: "Cancel",
  cancelling: "Cancelling…",
  lost: "The kernel restarted. Load the extension, then run this cell again: it attaches, nothing is sent twice.",
  answered: (count: number) => `${number(count)} answered`,
  failed: (count: number) => `${number(count)} failed`,
  waiting: (count: number) => `${number(count)} waiting`,
  unanswered: (count: number) => `${number(count)} not answered`,
};

/** Grouped as the kernel's own words group them. */
function number(count: number) {
  return count.toLocaleString("en-US");
}
