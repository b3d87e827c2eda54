import { copyButton } from "./copy";
import { element, line, write } from "./element";
import { words } from "./words";

/** A line of words and, where there is one, the code that does in a cell what they speak of, to be copied as it is. */
export interface RunLine {
  node: HTMLElement;
  say(text: string, code?: string): void;
  clear(): void;
}

export function runLine(kind: string, signal: AbortSignal): RunLine {
  const text = element("span", "");
  const code = element("code", "dw-run");
  const copy = copyButton(() => code.textContent ?? "", signal, words.copyLine);
  const node = line(kind);
  node.append(text, " ", code, " ", copy);
  return {
    node,
    say(said, run = "") {
      write(text, said);
      write(code, run);
      copy.hidden = run === "";
      node.hidden = false;
    },
    clear() {
      node.hidden = true;
    },
  };
}
