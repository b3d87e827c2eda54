import { copyText } from "../copy";
import { button, element, line, type Part, write } from "../element";
import type { Row } from "./state";
import { words } from "./words";

const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/**
 * The line that binds a job to a name, and the one that shows it with its rows, to be pasted into a cell: what a notebook holds is then what was done. A click
 * that bound a name itself would leave no trace of it.
 */
export function attachLine(call: string, say: (text: string) => void, signal: AbortSignal): Part<Row> {
  const name = element("input", "dw-field dw-attach-name");
  name.value = "job";
  name.spellcheck = false;
  name.setAttribute("aria-label", words.attachName);
  const code = element("input", "dw-field dw-attach-call");
  code.readOnly = true;
  code.setAttribute("aria-label", words.attach);
  const outcome = line("note");
  let id = "";

  const copyNamed = () => {
    const valid = NAME.test(name.value);
    name.setAttribute("aria-invalid", String(!valid));
    if (!valid) {
      name.focus();
      tell(words.badName);
      return;
    }
    return copy(`${name.value} = ${call.replace("{}", id)}`, words.copied);
  };
  const copy = async (text: string, done: string) => {
    try {
      await copyText(text);
      tell(done);
    } catch {
      // The host forbids it.
      code.value = text;
      code.select();
      tell(words.copyByHand);
    }
  };
  const tell = (text: string) => {
    write(outcome, text);
    say(text);
  };
  const draw = () => {
    code.value = `= ${call.replace("{}", id)}`;
  };
  return {
    node: element(
      "div",
      "dw-attach",
      element("div", "dw-attach-line", name, code, button(words.copy, copyNamed, signal)),
      element(
        "div",
        "dw-panel-buttons",
        button(words.read, () => copy(call.replace("{}", id), words.copiedRead), signal),
      ),
      outcome,
    ),
    update(row) {
      if (row.id !== id) {
        id = row.id;
        draw();
      }
    },
  };
}
