/** Every word that a view says on its own. The rest comes from the kernel. */

export const words = {
  view: "Batch job",
  progress: "Rows done",
  cancel: "Cancel",
  cancelling: "Cancelling…",
  lost: "The kernel restarted. Run the cell again to attach; nothing is sent twice.",
  answered: (count: number) => `${number(count)} answered`,
  failed: (count: number) => `${number(count)} failed`,
  waiting: (count: number) => `${number(count)} waiting`,
  unanswered: (count: number) => `${number(count)} not answered`,
};

/** Grouped as the kernel's own words group them. */
function number(count: number) {
  return count.toLocaleString("en-US");
}
