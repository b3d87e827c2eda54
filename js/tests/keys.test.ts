import { beforeEach, describe, expect, it } from "vitest";
import { viewRoot } from "../src/element";

beforeEach(() => document.body.replaceChildren());

/** Whether a key pressed on a button, or what else `tag` is, of a view is heard by a host that listens at the document, and how. */
function press(key: string, held: KeyboardEventInit = {}, tag = "button") {
  const button = document.createElement(tag);
  document.body.append(viewRoot("dw-job", button));
  button.focus();
  const heard = { early: false, late: false };
  const early = () => {
    heard.early = !button.hasAttribute("data-lm-suppress-shortcuts");
  };
  const late = () => {
    heard.late = true;
  };
  document.addEventListener("keydown", early, { capture: true });
  document.addEventListener("keydown", late);
  button.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, ...held }));
  document.removeEventListener("keydown", early, { capture: true });
  document.removeEventListener("keydown", late);
  button.blur();
  return heard;
}

describe("a view", () => {
  it.each([
    ["x"],
    ["A", { shiftKey: true }],
    [" "],
    ["Enter"],
    ["ArrowDown"],
    ["ArrowUp", { shiftKey: true }],
    ["Home"],
    ["Backspace", { ctrlKey: true }],
    ["a", { ctrlKey: true }],
    ["z", { metaKey: true }],
    ["Z", { ctrlKey: true, shiftKey: true }],
    ["M", { ctrlKey: true, shiftKey: true }],
  ] as [string, KeyboardEventInit?][])("keeps %j", (key, held) => {
    expect(press(key, held)).toEqual({ early: false, late: false });
  });

  it.each([
    ["s", { ctrlKey: true }],
    ["Enter", { shiftKey: true }],
    ["Enter", { ctrlKey: true }],
    ["Escape"],
    ["Tab"],
    ["C", { ctrlKey: true, shiftKey: true }],
    ["F5"],
    ["1", { altKey: true }],
  ] as [string, KeyboardEventInit?][])("leaves %j to its host", (key, held) => {
    expect(press(key, held)).toEqual({ early: true, late: true });
  });

  it.each([[{ shiftKey: true }], [{ ctrlKey: true }], [{ altKey: true }]])(
    "keeps Enter with %j in a text of several lines, which a cell that runs would take away",
    (held) => {
      expect(press("Enter", held, "textarea")).toEqual({ early: false, late: false });
    },
  );
});
