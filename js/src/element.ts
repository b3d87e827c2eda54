/** Making and changing DOM nodes. Text goes in as text only: what a job says is not to be trusted. */
import { keepKeys } from "./keys";

/** A piece of a view: built once, updated in place. */
export interface Part<State> {
  node: HTMLElement;
  update(state: State): void;
}

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

/** A view's outermost element, which keeps the keys that are meant for it. Its own words are English, on any page. */
export function viewRoot(className: string, ...children: Node[]) {
  const root = element("div", `dw-view ${className}`, ...children);
  root.setAttribute("role", "group");
  root.dir = "ltr";
  root.lang = "en";
  root.tabIndex = -1;
  keepKeys(root);
  return root;
}

/** What has the focus within a node, if anything: in a shadow root the document names its host only. */
export function focusIn(node: Node) {
  const focused = (node.getRootNode() as Document | ShadowRoot).activeElement;
  return focused instanceof HTMLElement && node.contains(focused) ? focused : undefined;
}

/** Does what may hide the part of a view that has the focus; the view has it then. */
export function keepFocus(root: HTMLElement, act: () => void) {
  const focused = focusIn(root);
  act();
  if (focused?.closest("[hidden], [inert]")) root.focus({ preventScroll: true });
}

/** A piece of text that somebody else wrote, in whatever direction. */
export function quoted<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, className: string) {
  const node = element(tag, className);
  node.dir = "auto";
  return node;
}

/** A button that says `text`. Where it is disabled, it is so for readers and clicks only, and keeps the focus. */
export function button(text: string, press: () => void, signal: AbortSignal) {
  const node = element("button", "dw-button", text);
  node.type = "button";
  node.addEventListener(
    "click",
    () => {
      if (node.getAttribute("aria-disabled") !== "true") press();
    },
    { signal },
  );
  return node;
}

/** A line of text that is hidden while it is empty. */
export function line(kind: string) {
  const node = element("div", `dw-line dw-line-${kind}`);
  node.hidden = true;
  return node;
}

/** A list. Of `div`s, since hosts have styles of their own for `ul`, and Safari none without bullets for readers. */
export function listOf(className: string, ...items: HTMLElement[]) {
  const node = element("div", className, ...items);
  node.setAttribute("role", "list");
  return node;
}

/** An item of a list. */
export function itemOf(...children: (Node | string)[]) {
  const node = element("div", "dw-item", ...children);
  node.setAttribute("role", "listitem");
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
    const item = list.children[index] ?? list.appendChild(itemOf());
    write(item as HTMLElement, text);
  });
}

/** A row of short phrases, to be filled by `writeItems`. */
export const phrases = () => listOf("dw-phrases");
