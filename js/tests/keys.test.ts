import { beforeEach, describe, expect, it } from "vitest";
import { viewRoot } from "../src/element";

beforeEach(() => document.body.replaceChildren());

/** Whether a key pressed on a button of a view is heard by a host that listens at the document, and how. */
function press(key: string, held: KeyboardEventInit = {}) {
  const button = document.createElement("button");
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
});
