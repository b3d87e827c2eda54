import { button, element, focusIn, listOf, type Part, write } from "../element";
import { jobRow, type RowPart, type Surroundings } from "./row";
import type { PanelState } from "./state";
import { words } from "./words";

const NOBODY = "";

export interface ListPart extends Part<PanelState> {
  /** Opens a job of this page, now or as soon as it is there. */
  show(id: string): void;
}

/**
 * The jobs of one page. A job that stays keeps its nodes, and the focus in them, wherever it moves to. Where the one
 * with the focus goes, the focus goes to the job that takes its place.
 */
export function jobList(around: Surroundings, turn: (page: number) => void): ListPart {
  const items = listOf("dw-entries");
  items.setAttribute("aria-label", words.list);
  const nothing = element("div", "dw-nothing");
  nothing.tabIndex = -1;
  const pager = pages(turn, around.signal);
  const rows = new Map<string, RowPart>();
  let phases = new Map<string, string>();
  let wanted = "";
  let heir: string | undefined;

  items.addEventListener(
    "keydown",
    (event) => {
      const heads = [...items.querySelectorAll<HTMLElement>(".dw-entry-head")];
      const at = heads.indexOf(event.target as HTMLElement);
      const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: heads.length - 1 }[event.key];
      if (at < 0 || next === undefined) return;
      heads[next]?.focus();
      event.preventDefault();
    },
    { signal: around.signal },
  );

  const place = (state: PanelState) => {
    const focused = focusIn(items);
    const index = [...items.children].findIndex((item) => item.contains(focused ?? null));
    const ids = new Set(state.rows.map((row) => row.id));
    for (const [id, row] of rows) {
      if (ids.has(id)) continue;
      row.node.remove();
      rows.delete(id);
    }
    state.rows.forEach((row, index) => {
      let part = rows.get(row.id);
      if (!part) {
        part = jobRow(around, row);
        rows.set(row.id, part);
      }
      part.update(row);
      if (items.children[index] === part.node) return;
      const held = focusIn(part.node); // who is moved loses it
      items.insertBefore(part.node, items.children[index] ?? null);
      held?.focus({ preventScroll: true });
    });
    if (focused && !items.contains(focused))
      heir = state.rows[Math.min(index, state.rows.length - 1)]?.id ?? NOBODY;
  };
  /** Once all is drawn: what is hidden takes no focus. */
  const handOn = () => {
    if (heir === NOBODY) nothing.focus({ preventScroll: true });
    else if (heir !== undefined) rows.get(heir)?.focus();
    heir = undefined;
  };
  const announce = (state: PanelState) => {
    const turned = state.rows.filter((row) => row.phase !== (phases.get(row.id) ?? row.phase));
    if (turned.length) around.say(turned.map((row) => `${row.label}: ${row.headline}`).join(". "));
    phases = new Map(state.rows.map((row) => [row.id, row.phase]));
  };
  const showWanted = () => {
    const row = rows.get(wanted);
    if (!row) return;
    wanted = "";
    row.show();
  };
  return {
    node: element("div", "dw-list", items, nothing, pager.node),
    update(state) {
      place(state);
      announce(state);
      items.hidden = state.rows.length === 0;
      write(
        nothing,
        state.matching > 0 ? "" : state.all > 0 ? words.noMatch : state.complete ? words.empty : "",
      );
      pager.update(state);
      handOn();
      showWanted();
    },
    show(id) {
      wanted = id;
      showWanted();
    },
  };
}

function pages(turn: (page: number) => void, signal: AbortSignal): Part<PanelState> {
  let page = 0;
  const newer = button(words.newer, () => turn(page - 1), signal);
  const older = button(words.older, () => turn(page + 1), signal);
  const where = element("span", "dw-where");
  const node = element("div", "dw-pager", newer, where, older);
  node.setAttribute("role", "group"); // no landmark: a notebook may hold several panels
  node.setAttribute("aria-label", words.pages);
  return {
    node,
    update(state) {
      page = state.page;
      node.hidden = state.pages === 1;
      write(where, words.page(state.first + 1, state.first + state.rows.length, state.matching));
      newer.setAttribute("aria-disabled", String(page === 0));
      older.setAttribute("aria-disabled", String(page === state.pages - 1));
    },
  };
}
