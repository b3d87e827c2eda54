import { copyButton } from "./copy";
import { element, line, write } from "./element";
import { words } from "./words";

/** Why a wish was not granted, and where there is one the line that does what was wished, to be run in a cell. */
export interface Refusal {
  node: HTMLElement;
  /** The line of code, as it is to be pasted. */
  say(why: string, code?: string): void;
  clear(): void;
}

export function refusal(signal: AbortSignal): Refusal {
  const text = element("span", "");
  const code = element("code", "dw-run");
  const copy = copyButton(() => code.textContent ?? "", signal, words.copyLine);
  const node = line("trouble");
  node.append(text, code, copy);
  return {
    node,
    say(why, what = "") {
      write(text, why);
      write(code, what);
      copy.hidden = what === "";
      node.hidden = false;
    },
    clear() {
      node.hidden = true;
    },
  };
}
