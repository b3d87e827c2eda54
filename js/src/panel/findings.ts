import { button, element, itemOf, line, listOf, write } from "../element";
import { type Ask, type Done, reasonOf } from "./requests";
import { words } from "./words";

/** What a check has found: a summary, and every different fault, fetched a page at a time. */
export function findings(ask: Ask, signal: AbortSignal) {
  const summary = line("summary");
  const refusal = line("error");
  const items = listOf("dw-faults");
  items.setAttribute("aria-label", words.faults);
  items.tabIndex = 0; // it scrolls: a keyboard must reach it
  let all = 0;
  let check = 0; // its number: the kernel may have made another since
  const more = button("", () => void showMore(), signal);

  const add = (page: { place: string; text: string }[]) => {
    for (const fault of page) {
      items.append(itemOf(element("span", "dw-fault-place", fault.place), element("span", "", fault.text)));
    }
    items.hidden = all === 0;
    more.hidden = items.children.length >= all;
    more.textContent = words.more(all - items.children.length);
  };
  const showMore = async () => {
    const mine = check;
    try {
      const found = await ask({ kind: "faults", check, offset: items.children.length });
      if (signal.aborted || mine !== check) return;
      add(found.page);
      if (more.hidden) items.focus();
    } catch (error) {
      if (mine === check) write(refusal, reasonOf(error));
    }
  };
  const clear = () => {
    all = check = 0;
    items.replaceChildren();
    add([]);
    write(summary, "");
    write(refusal, "");
    node.hidden = true;
  };
  const node = element("div", "dw-findings", summary, refusal, items, more);
  clear();
  return {
    node,
    clear,
    /** Shows what was found, and gives it in one line. */
    show(found: Done) {
      clear();
      all = found.faults;
      check = found.check;
      node.hidden = false;
      node.dataset.verdict = found.sendable ? "good" : "bad";
      write(
        summary,
        found.blocking
          ? words.bad(found.blocking, found.requests)
          : words.good(found.requests, found.faults, words.models(found.models)),
      );
      write(refusal, found.refusal);
      add(found.page);
      return [summary.textContent, found.refusal].filter(Boolean).join(" ");
    },
  };
}
