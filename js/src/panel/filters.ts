import { button, element, focusIn } from "../element";
import { field, select } from "./fields";
import type { Narrowing } from "./state";
import { words } from "./words";

const TYPING_MS = 250;
const DAY = 24 * 60 * 60;

/** State, text and dates, at first as they `are`; `narrow` is told when a person has changed one of them. */
export function filters(are: Narrowing, narrow: () => void, signal: AbortSignal) {
  const group = select(words.group, words.groups);
  const text = element("input", "dw-field dw-panel-search");
  text.type = "search";
  text.dir = "auto";
  text.placeholder = words.search;
  text.setAttribute("aria-label", words.search);
  const since = field(words.since, "date");
  const until = field(words.until, "date");
  const clear = button(
    words.clear,
    () => {
      reset();
      text.focus();
      narrow();
    },
    signal,
  );
  clear.hidden = true;
  const node = element(
    "div",
    "dw-filters",
    group.node,
    text,
    element("div", "dw-dates", since.node, until.node),
    clear,
  );
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", words.filters);

  const inputs = [group.input, text, since.input, until.input];
  let typing: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(typing);
    typing = undefined;
  };
  const reset = () => {
    stop();
    show({ group: "", text: "", since: null, until: null });
  };
  const show = (narrowing: Narrowing) => {
    group.input.value = narrowing.group;
    text.value = narrowing.text;
    since.input.value = day(narrowing.since);
    until.input.value = day(narrowing.until, DAY);
    clear.hidden = !inputs.some((input) => input.value);
  };
  show(are);
  signal.addEventListener("abort", stop, { once: true });
  node.addEventListener(
    "input",
    (event) => {
      stop();
      clear.hidden = !inputs.some((input) => input.value);
      typing = setTimeout(
        () => {
          stop();
          narrow();
        },
        event.target === text ? TYPING_MS : 0,
      );
    },
    { signal },
  );
  return {
    node,
    reset,
    /** Shows what the list is narrowed to, by another view of it perhaps, but to somebody who is about to change it. */
    take(narrowing: Narrowing) {
      const focused = focusIn(node);
      if (typing === undefined && !inputs.some((input) => input === focused)) show(narrowing);
    },
    value: (): Narrowing => ({
      group: group.input.value,
      text: text.value,
      since: midnight(since.input.value),
      until: midnight(until.input.value, DAY),
    }),
  };
}

/** The beginning of a day where the person is, in epoch seconds, and some hours more; null where there is none. */
function midnight(day: string, more = 0) {
  const date = new Date(`${day}T00:00`);
  date.setSeconds(date.getSeconds() + more);
  return day && !Number.isNaN(date.getTime()) ? date.getTime() / 1000 : null;
}

/** The day that begins at a time, or that begins so many seconds before, as a date field has it. */
function day(seconds: number | null, less = 0) {
  if (seconds === null) return "";
  const date = new Date((seconds - less) * 1000);
  const two = (number: number) => String(number).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
