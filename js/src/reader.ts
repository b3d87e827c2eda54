/** The rows of a job to read, closed until somebody opens it; page by page, as the kernel reads them from its disk. */
import type { Asking } from "./asking";
import { button, element, listOf, type Part, write } from "./element";
import { filter } from "./filter";
import { type RowItem, rowItem } from "./row";
import type { JobState, Page, Row } from "./state";
import { words } from "./words";

const PAGE = 50;
/** Between two looks at rows that come in while one reads. */
const AGAIN_MS = 2000;

/** `lose` says whether there is nobody to ask: what is shown stays to be read. */
export type Reader = Part<JobState> & { lose(lost: boolean): void };

export function reader(ask: Asking, say: (text: string) => void, signal: AbortSignal): Reader {
  const summary = element("summary", "dw-summary", words.read);
  const found = element("div", "dw-found");
  const list = listOf("dw-rows");
  const choice = filter(() => turn(0), signal);
  const before = button(words.before, () => turn(first - PAGE), signal);
  const after = button(words.after, () => turn(first + PAGE), signal);
  const pages = element("div", "dw-pages", before, after);
  const node = element("details", "dw-reader", summary, choice.node, found, list, pages);
  let items: RowItem[] = [];
  /** The first row of the page, and the one that is open. */
  let first = 0;
  let chosen = -1;
  let wasOpen = false;
  let waits = false;
  let readable = false;
  let seen = { counts: "", ended: false };
  let again = 0;
  let lost = false;

  const turn = (start: number) => {
    first = start;
    chosen = -1;
    for (const item of items) item.close();
    look(true);
  };
  /** Asks for the page; what a person chose is waited for, and said aloud. */
  const look = (byChoice: boolean) => {
    waits ||= byChoice;
    if (byChoice) {
      list.setAttribute("aria-busy", "true");
      write(found, words.looking);
    }
    ask.page(
      { ...choice.query, start: first },
      {
        answered(page) {
          draw(page);
          if (waits) list.scrollTo?.({ top: 0 });
          end();
        },
        refused(why) {
          if (waits) write(found, why);
          end();
        },
      },
    );
  };
  const end = () => {
    if (waits) say(found.textContent ?? "");
    waits = false;
    list.removeAttribute("aria-busy");
  };

  const draw = (page: Page) => {
    first = page.start;
    choice.update(page.reasons);
    const focused = items.findIndex((item) => item.node.contains(document.activeElement));
    arrange(page.rows);
    current(items.find((item) => item.button.tabIndex === 0) ?? items[0]);
    if (focused >= 0 && !list.contains(document.activeElement))
      items[Math.min(focused, items.length - 1)]?.button.focus({ preventScroll: true });
    const last = page.start + page.rows.length;
    const total = words.found(page.total, page.more);
    write(found, page.rows.length ? words.shown(page.start + 1, last, total) : words.found(0, page.more));
    before.setAttribute("aria-disabled", String(page.start === 0));
    after.setAttribute("aria-disabled", String(last >= page.total));
    pages.hidden = page.start === 0 && last >= page.total;
  };

  /** Each row that is there already keeps its nodes, with the focus and what is selected in them. */
  const arrange = (rows: Row[]) => {
    const before = new Map(items.map((item) => [item.row, item]));
    items = rows.map((row) => {
      const item = before.get(row.row) ?? rowItem(toggle, signal);
      before.delete(row.row);
      if (item.update(row) && row.row === chosen) open(item);
      return item;
    });
    for (const { node } of before.values()) node.remove();
    items.forEach(({ node }, place) => {
      if (list.children[place] !== node) list.insertBefore(node, list.children[place] ?? null);
    });
  };

  /** The one row that the Tab key reaches; arrows go on from it. */
  const current = (at?: RowItem) => {
    for (const item of items) item.button.tabIndex = item === at ? 0 : -1;
  };
  const open = (item: RowItem) => {
    chosen = item.row;
    item.wait(words.looking);
    const { row } = item;
    const still = (then: () => void) => chosen === row && then();
    ask.whole(row, {
      answered: (whole) => still(() => item.open(whole)),
      refused: (why) => still(() => item.wait(why)),
    });
  };
  const toggle = (item: RowItem) => {
    if (lost && chosen !== item.row) return;
    const closed = chosen !== item.row;
    const top = () => item.button.getBoundingClientRect().top;
    const before = top();
    chosen = -1;
    for (const each of items) if (each !== item || !closed) each.close();
    if (closed) open(item);
    list.scrollTop += top() - before; // a long one that closes above would take it out of sight
    current(item);
  };

  list.addEventListener(
    "keydown",
    (event) => {
      const place = items.findIndex((item) => item.node.contains(event.target as Node));
      const item = items[place];
      if (!item) return;
      const next = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: items.length - 1 }[event.key];
      if (event.key === "Escape" && chosen === item.row) {
        toggle(item);
        item.button.focus();
      } else if (next !== undefined && event.target === item.button && items[next]) {
        current(items[next]);
        items[next].button.focus();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal },
  );
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
    node.hidden = !readable || (lost && !items.length);
  };

  return {
    node,
    lose(now) {
      if (lost && !now && waits) look(true); // what was asked may have been lost on the way
      lost = choice.node.inert = pages.inert = now;
      if (lost && waits) write(found, words.notRead);
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
      again = window.setTimeout(() => {
        again = 0;
        look(false);
      }, AGAIN_MS);
    },
  };
}
