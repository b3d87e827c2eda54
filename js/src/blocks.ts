import { button, element } from "./element";
import type { Block } from "./state";
import { words } from "./words";

/**
 * Characters of a text that are shown at first, and that are laid out as one: a megabyte of marks of direction in one
 * paragraph holds a browser up for minutes.
 */
const PIECE = 20_000;
/** What a browser shows as a picture and nothing else. */
const PICTURE = /^data:image\/(png|jpeg|gif|webp)[;,]/i;

/** Blocks of a request or an answer, each with its title. All of it is text, but for pictures that are in it. */
export function blocks(kind: "request" | "answer" | "rest", shown: Block[], signal: AbortSignal) {
  const section = element("div", `dw-blocks dw-blocks-${kind}`);
  section.setAttribute("role", "group");
  section.setAttribute("aria-label", words[kind]);
  for (const block of shown) {
    section.append(element("div", "dw-block-title", block.title), body(block, signal));
  }
  return section;
}

function body(block: Block, signal: AbortSignal): HTMLElement {
  if (block.form === "image" && PICTURE.test(block.text)) {
    const image = element("img", "dw-image");
    image.alt = words.image;
    image.src = block.text;
    return image;
  }
  if (!block.text.trim()) return element("div", "dw-text dw-text-none", words.blank);
  const piece = (text: string) => {
    const node = element("div", `dw-text dw-text-${block.form}`, text);
    node.dir = "auto";
    return node;
  };
  const [head = "", ...tail] = cut(block.text);
  const first = piece(head);
  if (!tail.length) return first;
  const rest = button(
    words.whole(block.text.length),
    () => {
      first.after(...tail.map(piece));
      first.tabIndex = -1;
      first.focus({ preventScroll: true });
      rest.remove();
    },
    signal,
  );
  return element("div", "dw-long", first, rest);
}

/** A text in pieces, and no character in two of them. */
function cut(text: string) {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    let end = start + PIECE;
    const code = text.charCodeAt(end - 1);
    if (code >= 0xd800 && code < 0xdc00) end += 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

/** Blocks as text, to be pasted elsewhere: exactly what was said; a picture is named and left out. */
export function asText(shown: Block[]) {
  const said = ({ form, text, exact }: Block) => (form === "image" ? `[${words.image}]` : (exact ?? text));
  return shown.map((block) => `${block.title}:\n${said(block)}`).join("\n\n");
}
