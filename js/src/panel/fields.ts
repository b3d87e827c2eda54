import { element } from "../element";

let made = 0;

/** A labelled input. */
export function field(label: string, type: string, hint = "") {
  const input = element("input", "dw-field");
  input.type = type;
  input.placeholder = hint;
  input.spellcheck = false;
  return {
    node: element("label", `dw-labelled dw-labelled-${type}`, element("span", "", label), input),
    input,
  };
}

/** A labelled input that offers some words and takes any. */
export function suggesting(label: string, hint = "") {
  const made = field(label, "text", hint);
  const list = element("datalist", "");
  list.id = newId();
  made.input.setAttribute("list", list.id);
  const offer = (texts: string[]) => list.replaceChildren(...texts.map((text) => option(text, text)));
  // Beside the label, whose name would have all of its words.
  return { node: element("div", "dw-suggesting", made.node, list), input: made.input, offer };
}

/** A labelled choice of some; values and their words. */
export function select(label: string, choices: readonly (readonly [string, string])[]) {
  const input = element("select", "dw-field");
  let offered = "";
  const offer = (texts: readonly (readonly [string, string])[]) => {
    if (offered === String(texts)) return; // an open list stays as it is
    offered = String(texts);
    const before = input.value;
    input.replaceChildren(...texts.map(([value, words]) => option(value, words)));
    input.value = texts.some(([value]) => value === before) ? before : (texts[0]?.[0] ?? "");
  };
  offer(choices);
  return { node: element("label", "dw-labelled", element("span", "", label), input), input, offer };
}

/** A choice of one of several, of which the first is chosen. */
export function radios(legend: string, choices: readonly (readonly [string, string])[]) {
  const name = newId();
  const node = element("fieldset", "dw-radios", element("legend", "dw-spoken", legend));
  const inputs = choices.map(([value, words], index) => {
    const input = element("input", "");
    input.type = "radio";
    input.name = name;
    input.value = value;
    input.checked = index === 0;
    node.append(element("label", "", input, words));
    return input;
  });
  return { node, value: () => inputs.find((input) => input.checked)?.value ?? "" };
}

function option(value: string, words: string) {
  const node = element("option", "", words);
  node.value = value;
  return node;
}

function newId() {
  return `dw-field-${++made}-${Math.random().toString(36).slice(2)}`;
}
