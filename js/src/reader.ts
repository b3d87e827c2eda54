/** The rows of a job to read, closed until somebody opens it; page by page, as the kernel reads them from its disk. */
import type { Asking } from "./asking";
import { button, element, focusIn, type Part, write } from "./element";
import { filter } from "./filter";
import { type Place, rowList } from "./rows";
import type { JobState, Page } from "./state";
import type { Waiting } from "./waiting";
import { words } from "./words";

const PAGE = 50;
/** At least between two looks at rows that come in while one reads. */
const AGAIN_MS = 2000;

/** `lose` says whether there is nobody to ask: what is shown stays to be read. */
export type Reader = Part<JobState> & { lose(lost: boolean): void };

export function reader(
  ask: Asking,
  waits: Waiting,
  say: (text: string) => void,
  signal: AbortSignal,
): Reader {
  const summary = element("summary", "dw-summary", words.read);
  const found = element("span", "dw-found");
  const choice = filter(() => turn(0), signal);
  const clear = button(words.clear, choice.clear, signal);
  const rows = rowList(ask, waits, (by, then) => step(by, then), signal);
  const before = button(words.before, () => turn(first - PAGE), signal);
  const after = button(words.after, () => turn(first + PAGE), signal);
  const pages = element("div", "dw-pages", before, after);
  const node = element(
    "details",
    "dw-reader",
    summary,
    choice.node,
    element("div", "dw-outcome", found, clear),
    rows.node,
    pages,
  );
  clear.hidden = pages.hidden = true;
  /** The first row of the page. */
  let first = 0;
  /** Where the focus goes on a page that is turned to by keys. */
  let then: Place | undefined;
  let wasOpen = false;
  let waited = false;
  let readable = false;
  let seen = { counts: "", ended: false };
  let again = 0;
  let looked = 0;
  let lost = false;

  const turn = (start: number, place?: Place) => {
    first = start;
    then = place;
    rows.close();
    look(true);
  };
  const step = (by: 1 | -1, place: Place) => {
    const possible = !lost && (by > 0 ? after : before).getAttribute("aria-disabled") === "false";
    if (possible && !waited) turn(first + by * PAGE, place);
    return possible;
  };
  /** Asks for the page; what a person chose is waited for, and said aloud. */
  const look = (byChoice: boolean) => {
    looked = Date.now();
    waited ||= byChoice;
    if (byChoice) {
      rows.node.setAttribute("aria-busy", "true");
      write(found, words.looking);
      clear.hidden = true;
      waits.sent("rows");
    }
    ask.page(
      { ...choice.query, start: first },
      {
        answered(page) {
          draw(page);
          if (waited) rows.node.scrollTo?.({ top: 0 });
          if (then && focusIn(rows.node)) rows.focus(then);
          end();
        },
        refused(why) {
          if (waited) write(found, why);
          end();
        },
      },
    );
  };
  const end = () => {
    if (waited) say(found.textContent ?? "");
    waited = false;
    then = undefined;
    waits.over("rows");
    rows.node.removeAttribute("aria-busy");
  };

  const draw = (page: Page) => {
    first = page.start;
    choice.update(page.reasons);
    rows.update(page.rows);
    const last = page.start + page.rows.length;
    const total = words.found(page.total, page.more);
    const none = choice.narrows() && !page.more ? words.noMatch : words.found(0, page.more);
    write(found, page.rows.length ? words.shown(page.start + 1, last, total) : none);
    clear.hidden = page.rows.length > 0 || !choice.narrows();
    before.setAttribute("aria-disabled", String(page.start === 0));
    after.setAttribute("aria-disabled", String(last >= page.total));
    pages.hidden = page.start === 0 && last >= page.total;
  };

  node.addEventListener(
    "toggle",
    () => {
      if (node.open && !wasOpen) turn(0);
      wasOpen = node.open;
    },
    { signal },
  );
  signal.addEventListener("abort", () => clearTimeout(again), { once: true });

  const hide = () => {
    node.hidden = !readable || (lost && !rows.length());
  };

  return {
    node,
    lose(now) {
      if (lost && !now && waited) look(true); // what was asked may have been lost on the way
      lost = choice.node.inert = clear.inert = pages.inert = now;
      rows.lose(now);
      if (lost && waited) write(found, words.notRead);
      hide();
    },
    update(state) {
      readable = state.readable;
      hide();
      const before = seen;
      seen = { counts: `${state.completed} ${state.failed} ${state.phase}`, ended: state.ended };
      // A search is repeated only where the job ends, or is taken up again: it reads whole files.
      const moved = choice.query.text ? before.ended !== seen.ended : before.counts !== seen.counts;
      if (!before.counts || !moved || !node.open || again) return;
      again = window.setTimeout(
        () => {
          again = 0;
          look(false);
        },
        looked + AGAIN_MS - Date.now(),
      );
    },
  };
}
