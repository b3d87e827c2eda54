/** Making and changing DOM nodes. Text goes in as text only: what a job says is not to be trusted. */

/** A piece of a view: built once, updated in place. */
export interface Part<State> {
  node: HTMLElement;
  update(state: State): void;
}

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: Node[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

/** Sets the text where it differs, so that a selection lives through a tick; an empty line takes no room. */
export function write(node: HTMLElement, text: string) {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = text === "";
}

/** Makes the items of a list say `texts`, one each. */
export function writeItems(list: HTMLElement, texts: string[]) {
  while (list.children.length > texts.length) list.lastElementChild?.remove();
  texts.forEach((text, index) => {
    const item = list.children[index] ?? list.appendChild(document.createElement("li"));
    write(item as HTMLElement, text);
  });
}
