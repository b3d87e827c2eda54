import type { Asking } from "./asking";
import { focusIn, listOf } from "./element";
import { type RowItem, rowItem } from "./row";
import type { Row } from "./state";
import type { Waiting } from "./waiting";
import { words } from "./words";

/** Rows that PageDown and PageUp pass over: about as many as are in sight. */
const SCREENFUL = 12;

/** Where on a page the focus goes. */
export type Place = "first" | "last";

/** The rows of one page, one stop for the Tab key; arrows go on from it, and one row at a time is open. */
export interface Rows {
  node: HTMLElement;
  length(): number;
  /** Each row that is there already keeps its nodes, with the focus and what is selected in them. */
  update(rows: Row[]): void;
  close(): void;
  focus(place: Place): void;
  /** Whether there is nobody to ask. */
  lose(lost: boolean): void;
}

/** `turn` is told when a key goes beyond the page, or turns it; it gives whether there is a page in that direction. */
export function rowList(
  ask: Asking,
  waits: Waiting,
  turn: (pages: 1 | -1, then: Place) => boolean,
  signal: AbortSignal,
): Rows {
  const node = listOf("dw-rows");
  let items: RowItem[] = [];
  let chosen = -1;
  let lost = false;

  const current = (at?: RowItem) => {
    for (const item of items) item.button.tabIndex = item === at ? 0 : -1;
  };
  const go = (item?: RowItem) => {
    if (!item) return;
    current(item);
    item.button.focus();
  };
  const choose = (row: number) => {
    chosen = row;
    waits.over("row");
  };
  const open = (item: RowItem) => {
    choose(item.row);
    item.wait(words.looking);
    const { row } = item;
    const still = (then: () => void) => {
      if (chosen !== row) return;
      waits.over("row");
      then();
    };
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
    choose(-1);
    for (const each of items) if (each !== item || !closed) each.close();
    if (closed) {
      open(item);
      waits.sent("row");
    }
    node.scrollTop += top() - before; // a long one that closes above would take it out of sight
    current(item);
  };

  /** Whether a key that is pressed in an item does something there. */
  const press = (key: string, item: RowItem, onLine: boolean) => {
    if (key === "Escape" && chosen === item.row) {
      toggle(item);
      item.button.focus();
      return true;
    }
    if (!onLine) return false;
    const place = items.indexOf(item);
    const last = items.length - 1;
    if (key === "Home" || key === "End") go(items[key === "Home" ? 0 : last]);
    else {
      const by = { ArrowDown: 1, ArrowUp: -1, PageDown: SCREENFUL, PageUp: -SCREENFUL }[key];
      if (by === undefined) return false;
      if (place === (by > 0 ? last : 0)) return by > 0 ? turn(1, "first") : turn(-1, "last");
      go(items[Math.max(0, Math.min(last, place + by))]);
    }
    return true;
  };
  node.addEventListener(
    "keydown",
    (event) => {
      const item = items.find((each) => each.node.contains(event.target as Node));
      if (!item || !press(event.key, item, event.target === item.button)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal },
  );

  return {
    node,
    length: () => items.length,
    update(rows) {
      const focused = items.findIndex((item) => focusIn(item.node));
      const before = new Map(items.map((item) => [item.row, item]));
      items = rows.map((row) => {
        const item = before.get(row.row) ?? rowItem(toggle, signal);
        before.delete(row.row);
        if (item.update(row) && row.row === chosen) open(item);
        return item;
      });
      for (const { node } of before.values()) node.remove();
      items.forEach((item, place) => {
        if (node.children[place] !== item.node) node.insertBefore(item.node, node.children[place] ?? null);
      });
      current(items.find((item) => item.button.tabIndex === 0) ?? items[0]);
      if (focused >= 0 && !focusIn(node))
        items[Math.min(focused, items.length - 1)]?.button.focus({ preventScroll: true });
    },
    close() {
      choose(-1);
      for (const item of items) item.close();
    },
    focus: (place) => go(place === "first" ? items[0] : items.at(-1)),
    lose(now) {
      lost = now;
    },
  };
}
