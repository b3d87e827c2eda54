import { copyText } from "../copy";
import { button, element, line, type Part, write } from "../element";
import type { Row } from "./state";
import { words } from "./words";

const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

export interface AttachLine extends Part<Row> {
  /** What copies the lines. */
  buttons: HTMLElement[];
  /** Where it is said whether that was done. */
  outcome: HTMLElement;
}

/**
 * The line that binds a job to a name, and the one that shows it with its rows, to be pasted into a cell: what a
 * notebook holds is then what was done. A click that bound a name itself would leave no trace of it.
 */
export function attachLine(call: string, say: (text: string) => void, signal: AbortSignal): AttachLine {
  const name = element("input", "dw-field dw-attach-name");
  name.value = "job";
  name.spellcheck = false;
  name.setAttribute("aria-label", words.attachName);
  const code = element("input", "dw-field dw-attach-call");
  code.readOnly = true;
  code.setAttribute("aria-label", words.attach);
  const outcome = line("copied");
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
      await copyText(text, code);
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
  // What is selected for a copy by hand is the whole line, until somebody goes on.
  code.addEventListener("blur", draw, { signal });
  name.addEventListener("input", draw, { signal });
  return {
    node: element("div", "dw-attach-line", name, code),
    buttons: [
      button(words.copy, copyNamed, signal),
      button(words.read, () => copy(call.replace("{}", id), words.copiedRead), signal),
    ],
    outcome,
    update(row) {
      if (row.id !== id) {
        id = row.id;
        draw();
      }
    },
  };
}
