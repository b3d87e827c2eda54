// sources 5a7962134a9edb58

// src/model.ts
function listen(model, event, listener, signal) {
  model.on(event, listener);
  signal.addEventListener("abort", () => model.off(event, listener), { once: true });
}
function controllerUnder(given) {
  const controller = new AbortController();
  given?.addEventListener("abort", () => controller.abort(), { once: true });
  return controller;
}

// src/kernel.ts
var kernelOf = (model) => sessionOf(model)?.session?.kernel?.id;
function watchKernel(model, tell, signal, home = kernelOf(model)) {
  let forGood = false;
  let told;
  const lose = (loss) => {
    const final = loss !== void 0 && loss !== "unreachable";
    if (loss === told || forGood && !final) return;
    forGood ||= final;
    told = loss;
    tell(loss);
  };
  listen(model, "comm_live_update", () => lose("restarted"), signal);
  const session = sessionOf(model);
  if (!session) return;
  const look = () => {
    home ??= kernelOf(model);
    lose(lossOf(session, home));
  };
  for (const changed of [session.statusChanged, session.kernelChanged, session.connectionStatusChanged]) {
    changed?.connect(look);
    signal.addEventListener("abort", () => changed?.disconnect(look), { once: true });
  }
  look();
}
var sessionOf = (model) => model.widget_manager?.context?.sessionContext;
function lossOf(session, home) {
  const kernel = session.session?.kernel;
  if (!kernel || kernel.id !== home || kernel.status === "dead" || kernel.status === "terminating")
    return "gone";
  return kernel.connectionStatus === "disconnected" ? "unreachable" : void 0;
}

// src/output.ts
var WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
var cellsOf = (manager) => manager?.context?.model?.cells;
var canReplace = (manager) => cellsOf(manager) !== void 0;
function beforeSave(manager, act, signal) {
  const saving = manager?.context?.saveState;
  const slot = (_, state) => {
    if (state === "started") act();
  };
  saving?.connect(slot);
  signal.addEventListener("abort", () => saving?.disconnect(slot), { once: true });
}
function replaceOutput(manager, modelId, mark2, data) {
  const cells = cellsOf(manager);
  for (let c = 0; c < (cells?.length ?? 0); c++) {
    const outputs = cells?.get(c).outputs;
    for (let o = 0; o < (outputs?.length ?? 0); o++) {
      const shown = outputs?.get(o).data ?? {};
      const html = String(shown["text/html"] ?? "");
      const ours = shown[WIDGET_VIEW]?.model_id === modelId;
      const older = !(WIDGET_VIEW in shown) && html.includes(`data-dw-view="${mark2}"`) && html !== data["text/html"];
      if (ours || older) outputs?.set(o, { output_type: "display_data", data, metadata: {} });
    }
  }
}

// src/place.ts
function settleIn(key, show, signal) {
  placesOf(document.body).add(
    key,
    (place) => {
      const el = document.createElement("div");
      place.after(el);
      place.style.display = "none";
      const shown = show(el);
      return () => {
        shown.abort();
        el.remove();
        place.style.removeProperty("display");
      };
    },
    signal
  );
}
var Places = class {
  constructor(body2) {
    this.body = body2;
  }
  body;
  #takes = /* @__PURE__ */ new Map();
  #shown = /* @__PURE__ */ new Map();
  #watch = new MutationObserver((changes) => {
    for (const [place, { end }] of [...this.#shown]) {
      if (place.isConnected) continue;
      this.#shown.delete(place);
      end();
    }
    for (const { addedNodes } of changes) for (const node of addedNodes) this.#look(node);
  });
  add(key, take, signal) {
    if (!this.#takes.size) this.#watch.observe(this.body, { childList: true, subtree: true });
    this.#end(key);
    this.#takes.set(key, take);
    this.#look(this.body);
    signal.addEventListener("abort", () => this.#drop(key, take), { once: true });
  }
  #drop(key, take) {
    if (this.#takes.get(key) !== take) return;
    this.#takes.delete(key);
    if (!this.#takes.size) this.#watch.disconnect();
    this.#end(key);
  }
  #end(key) {
    for (const [place, { key: its, end }] of [...this.#shown]) {
      if (its !== key) continue;
      this.#shown.delete(place);
      end();
    }
  }
  #look(node) {
    if (!(node instanceof HTMLElement)) return;
    const inside = node.querySelectorAll("[data-dw-view]");
    for (const place of node.dataset.dwView ? [node, ...inside] : inside) {
      const key = place.dataset.dwView ?? "";
      const take = this.#takes.get(key);
      if (take && !this.#shown.has(place)) this.#shown.set(place, { key, end: take(place) });
    }
  }
};
var KEPT = /* @__PURE__ */ Symbol.for("dw_jupyter.places.1");
function placesOf(body2) {
  const page = body2;
  page[KEPT] ??= new Places(body2);
  return page[KEPT];
}

// src/keys.ts
var SUPPRESS = "data-lm-suppress-shortcuts";
var MOVES = /^(Arrow.*|Home|End|Page.*|Backspace|Delete)$/;
function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (isOurs(event)) event.stopPropagation();
  });
  root.addEventListener("focusin", () => window.addEventListener("keydown", mark, { capture: true }));
  root.addEventListener("focusout", () => window.removeEventListener("keydown", mark, { capture: true }));
}
function mark(event) {
  const target = pressedAt(event);
  if (target?.closest(".dw-view")) target.toggleAttribute(SUPPRESS, isOurs(event));
}
function pressedAt(event) {
  const [target] = event.composedPath();
  return target instanceof Element ? target : void 0;
}
function isOurs(event) {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (MOVES.test(key) || key === "Enter" && pressedAt(event)?.localName === "textarea") return true;
  if (ctrlKey || metaKey) return !altKey && (shiftKey ? "mz" : "acvxyz").includes(key.toLowerCase());
  return !altKey && (key.length === 1 || key === "Enter" && !shiftKey);
}

// src/element.ts
function element(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}
function viewRoot(className, ...children) {
  const root = element("div", `dw-view ${className}`, ...children);
  root.setAttribute("role", "group");
  root.dir = "ltr";
  root.lang = "en";
  root.tabIndex = -1;
  keepKeys(root);
  return root;
}
function focusIn(node) {
  const focused = node.getRootNode().activeElement;
  return focused instanceof HTMLElement && node.contains(focused) ? focused : void 0;
}
function keepFocus(root, act) {
  const focused = focusIn(root);
  act();
  if (focused?.closest("[hidden], [inert]")) root.focus({ preventScroll: true });
}
function quoted(tag, className) {
  const node = element(tag, className);
  node.dir = "auto";
  return node;
}
function button(text, press, signal) {
  const node = element("button", "dw-button", text);
  node.type = "button";
  node.addEventListener(
    "click",
    () => {
      if (node.getAttribute("aria-disabled") !== "true") press();
    },
    { signal }
  );
  return node;
}
function line(kind) {
  const node = element("div", `dw-line dw-line-${kind}`);
  node.hidden = true;
  return node;
}
function listOf(className, ...items) {
  const node = element("div", className, ...items);
  node.setAttribute("role", "list");
  return node;
}
function itemOf(...children) {
  const node = element("div", "dw-item", ...children);
  node.setAttribute("role", "listitem");
  return node;
}
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = text === "";
}
function writeItems(list, texts) {
  while (list.children.length > texts.length) list.lastElementChild?.remove();
  texts.forEach((text, index) => {
    const item2 = list.children[index] ?? list.appendChild(itemOf());
    write(item2, text);
  });
}
var phrases = () => listOf("dw-phrases");

// src/roots.ts
var GONE_MS = 1e3;
function roots(draw, ends, seen = () => {
}) {
  let shown = 0;
  let told = false;
  let going = 0;
  const count = (change) => {
    shown += change;
    clearTimeout(going);
    const tell = () => {
      if (told === shown > 0) return;
      told = !told;
      seen(told);
    };
    if (shown) tell();
    else if (!ends.aborted) going = window.setTimeout(tell, GONE_MS);
  };
  ends.addEventListener("abort", () => clearTimeout(going), { once: true });
  const free = [];
  return {
    show(el, signal) {
      const kept = free.pop() ?? keep(draw());
      el.append(kept.root);
      kept.restore();
      count(1);
      const end = () => {
        kept.root.remove();
        free.push(kept);
        count(-1);
      };
      signal.addEventListener("abort", end, { once: true });
    }
  };
}
function keep(root) {
  const scrolled = /* @__PURE__ */ new Map();
  let focused;
  root.addEventListener("focusin", ({ target }) => {
    focused = target;
  });
  root.addEventListener("focusout", () => {
    setTimeout(() => {
      if (root.isConnected && !focusIn(root)) focused = void 0;
    });
  });
  root.addEventListener(
    "scroll",
    ({ target }) => scrolled.set(target, target.scrollTop),
    { capture: true, passive: true }
  );
  return {
    root,
    restore() {
      for (const [node, top] of scrolled) node.scrollTop = top;
      if (document.activeElement === document.body) focused?.focus({ preventScroll: true });
    }
  };
}

// src/numbers.ts
function number(count) {
  return count.toLocaleString("en-US");
}
function plural(count, noun) {
  return `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
}
function duration(seconds) {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds % 3600 / 60)} min`;
}

// src/words.ts
var words = {
  view: "Batch job",
  progress: "Rows done",
  cancel: "Cancel",
  cancelling: "Cancelling…",
  reallyCancel: (waiting2) => `Cancel ${waiting2 ? plural(waiting2, "waiting row") : "this job"}? What is answered is kept.`,
  yes: "Yes, cancel",
  no: "No",
  retry: (count, failed) => count === failed ? `Retry ${number(count)} failed` : `Retry ${plural(count, "unanswered row")}`,
  retrying: "Retrying…",
  open: "Open in panel",
  restarted: "The kernel restarted.",
  gone: "The kernel is gone; the job is not. Start a kernel.",
  unreachable: "No connection to the kernel. This is what it last said.",
  again: "To see the job again, run in a cell:",
  /** By its id, since a cell with --fresh would begin another job. */
  attach: (job) => `import dw_jupyter as dw; dw.attach("${job}")`,
  againUnnamed: "Run this cell again.",
  unheard: "Sent. A kernel that is busy with a cell hears it when that ends, or now if you interrupt the cell (■): jobs go on.",
  updated: (seconds) => `Updated ${duration(seconds)} ago`,
  answered: (count) => `${number(count)} answered`,
  failed: (count) => `${number(count)} failed`,
  waiting: (count) => `${number(count)} waiting`,
  unanswered: (count) => `${number(count)} not answered`,
  percent: (share) => `${Math.floor(share * 100)} %`,
  pulse: (least, most) => `Between ${rate(least)} and ${rate(most)} rows a second so far`,
  read: "Read the rows",
  filter: "Which rows",
  all: "all rows",
  search: "Search",
  searchIn: "Search in prompts and answers",
  reasons: "Why rows have no answer",
  reason: (count, message) => `${number(count)} × ${message}`,
  looking: "Looking…",
  notRead: "Not read: there is no kernel to ask.",
  found: (total, more) => more ? `${number(total)} rows, and maybe more` : plural(total, "row"),
  noMatch: "No row has this.",
  clear: "Clear",
  shown: (from, to, total) => `${number(from)}–${number(to)} of ${total}`,
  before: "Earlier rows",
  after: "Later rows",
  noAnswerYet: "no answer yet",
  noPrompt: "what it asks is not kept here",
  blank: "nothing, or blanks",
  request: "Request",
  answer: "Answer",
  rest: "What else was sent and came back",
  copy: "Copy as text",
  copyLine: "Copy line",
  copied: "Copied",
  notCopied: "Not copied",
  close: "Close",
  whole: (length) => `Show all ${number(length)} characters`,
  image: "Image of the request",
  status: {
    pending: "waiting",
    completed: "answered",
    failed: "failed",
    cancelled: "cancelled",
    expired: "expired",
    missing: "missing"
  }
};
function rate(perSecond) {
  return perSecond.toLocaleString("en-US", { maximumSignificantDigits: 2 });
}

// src/age.ts
var GRACE = 5;
function age(signal) {
  const node = line("note");
  let ahead = 0;
  let state;
  const draw = () => {
    if (!state) return;
    const seconds = Date.now() / 1e3 - state.updated - ahead;
    write(node, !state.ended && seconds > state.pace + GRACE ? words.updated(seconds) : "");
  };
  const timer = setInterval(draw, 1e3);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return {
    node,
    update(next) {
      if (state && next.updated !== state.updated) ahead = Date.now() / 1e3 - next.updated;
      state = next;
      draw();
    }
  };
}

// src/announcer.ts
function announcer() {
  const node = element("div", "dw-spoken");
  node.setAttribute("role", "status");
  let phase;
  const say = (text) => {
    node.textContent = text;
  };
  return {
    node,
    say,
    update(state) {
      if (phase !== void 0 && phase !== state.phase) say(state.headline);
      phase = state.phase;
    }
  };
}

// src/asking.ts
function asking(model, signal) {
  let id = Math.floor(Math.random() * 2 ** 40);
  const view = id.toString(36);
  const waiting2 = {};
  const hear = (answer) => {
    if (answer.kind === "rows" && waiting2.rows?.id === answer.id) waiting2.rows.answered(answer.rows);
    if (answer.kind === "row" && waiting2.row?.id === answer.id) waiting2.row.answered(answer.row);
    if (answer.kind !== "refused") return;
    for (const asked of [waiting2.rows, waiting2.row])
      if (asked && asked.id === answer.id) asked.refused(answer.why);
  };
  listen(model, "msg:custom", hear, signal);
  return {
    page(query, heard) {
      waiting2.rows = { id: ++id, ...heard };
      model.send({ kind: "rows", id, view, ...query });
    },
    whole(row, heard) {
      waiting2.row = { id: ++id, ...heard };
      model.send({ kind: "row", id, row });
    }
  };
}

// src/bar.ts
function bar() {
  const progress = element("progress", "dw-progress");
  const failed = element("span", "dw-failed");
  progress.setAttribute("aria-label", words.progress);
  progress.max = 1;
  return {
    node: element("div", "dw-bar", progress, failed),
    update(state) {
      const share = (count) => state.total > 0 ? count / state.total : 0;
      if (state.phase === "preparing") progress.removeAttribute("value");
      else progress.value = state.phase === "uploading" ? state.uploaded : share(state.completed);
      progress.setAttribute("aria-valuetext", state.headline);
      failed.hidden = state.failed === 0;
      failed.style.insetInlineStart = `${share(state.completed) * 100}%`;
      failed.style.inlineSize = `${share(state.failed) * 100}%`;
    }
  };
}

// src/question.ts
function question(answers, opener, answer, signal) {
  const text = element("span", "dw-question");
  const close = () => {
    const focused = focusIn(node);
    node.hidden = true;
    opener().hidden = false;
    if (focused) opener().focus({ preventScroll: true });
  };
  const give = (yes) => {
    close();
    answer(yes);
  };
  const no = button(answers.no, () => give(false), signal);
  const node = element(
    "span",
    "dw-asking",
    text,
    button(answers.yes, () => give(true), signal),
    no
  );
  node.setAttribute("role", "group");
  node.hidden = true;
  node.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      give(false);
    },
    { signal }
  );
  return {
    node,
    say(words2) {
      write(text, words2);
      node.setAttribute("aria-label", words2);
    },
    ask() {
      node.hidden = false;
      no.focus({ preventScroll: true });
      opener().hidden = true;
    },
    close() {
      if (!node.hidden) close();
    }
  };
}

// src/cancel.ts
function cancelButton(cancel, signal) {
  let asked = false;
  let wasCancelling = false;
  const asking2 = question(
    words,
    () => first,
    (yes) => {
      asked = yes;
      draw();
      if (yes) cancel();
    },
    signal
  );
  const first = button(words.cancel, asking2.ask, signal);
  const node = element("span", "dw-cancel", first, asking2.node);
  const draw = () => {
    write(first, asked || wasCancelling ? words.cancelling : words.cancel);
    first.hidden = !asking2.node.hidden;
    first.setAttribute("aria-disabled", String(asked || wasCancelling));
  };
  return {
    node,
    update(state) {
      const isCancelling = state.phase === "cancelling";
      if (state.ended || wasCancelling && !isCancelling) asked = false;
      wasCancelling = isCancelling;
      asking2.say(words.reallyCancel(state.waiting));
      if (!state.cancellable) asking2.close();
      draw();
      node.hidden = !state.cancellable && !isCancelling;
    },
    refuse() {
      asked = false;
      draw();
    }
  };
}

// src/pulse.ts
var SVG = "http://www.w3.org/2000/svg";
var HEIGHT = 16;
var WIDTH = 96;
function pulse() {
  const svg = document.createElementNS(SVG, "svg");
  const area = document.createElementNS(SVG, "path");
  const line2 = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("aria-hidden", "true");
  area.setAttribute("class", "dw-pulse-area");
  line2.setAttribute("class", "dw-pulse-line");
  svg.append(area, line2);
  const said = element("span", "dw-spoken");
  const node = element("span", "dw-pulse", svg, said);
  return {
    node,
    update({ pulse: rates, phase }) {
      node.hidden = rates.length < 3 || phase === "uploading";
      if (node.hidden) return;
      const most = Math.max(...rates);
      const points = rates.map((rate2, place) => {
        const x = place / (rates.length - 1) * WIDTH;
        return `${x.toFixed(1)} ${(HEIGHT - 1 - (most && rate2 / most) * (HEIGHT - 2)).toFixed(1)}`;
      });
      line2.setAttribute("d", `M${points.join("L")}`);
      area.setAttribute("d", `M${points.join("L")}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`);
      write(said, words.pulse(Math.min(...rates), most));
    }
  };
}

// src/legend.ts
function legend() {
  const speed = pulse();
  const percent = element("span", "dw-percent");
  const [answered, failed, waiting2] = [item("answered"), item("failed"), item("waiting")];
  const list = listOf("dw-parts", answered.node, failed.node, waiting2.node);
  const node = element("div", "dw-legend", list, speed.node, percent);
  return {
    node,
    update(state) {
      node.hidden = state.total === 0;
      node.style.setProperty("--dw-digits", String(words.answered(state.total).length - " answered".length));
      write(answered.text, words.answered(state.completed));
      write(failed.text, words.failed(state.failed));
      write(waiting2.text, (state.ended ? words.unanswered : words.waiting)(state.waiting));
      answered.node.toggleAttribute("data-none", state.completed === 0);
      failed.node.toggleAttribute("data-none", state.failed === 0);
      waiting2.node.hidden = state.ended && state.waiting === 0;
      speed.update(state);
      write(percent, state.total ? words.percent((state.completed + state.failed) / state.total) : "");
    }
  };
}
function item(part) {
  const text = element("span", "");
  const mark2 = element("span", `dw-mark dw-mark-${part}`);
  return { node: itemOf(mark2, text), text };
}

// src/filter.ts
var TYPING_MS = 300;
var NO_REASON = { group: "", code: "", message: "" };
function filter(choose, signal) {
  const status = element("select", "dw-field");
  status.setAttribute("aria-label", words.filter);
  for (const [value, word] of [["", words.all], ...Object.entries(words.status)]) {
    const option = element("option", "", word);
    option.value = value;
    status.append(option);
  }
  const search = element("input", "dw-field dw-search");
  search.type = "search";
  search.dir = "auto";
  search.placeholder = words.search;
  search.setAttribute("aria-label", words.searchIn);
  const query = { status: "", ...NO_REASON, text: "" };
  const reasons = reasonList(
    (reason) => {
      const { kind: group = "", code = "", message = "" } = reason ?? {};
      apply({ status: "", group, code, message });
    },
    () => status.focus({ preventScroll: true }),
    signal
  );
  let typing = 0;
  signal.addEventListener("abort", () => clearTimeout(typing), { once: true });
  const apply = (change) => {
    clearTimeout(typing);
    Object.assign(query, change);
    status.value = query.status;
    reasons.press(query);
    choose();
  };
  const listen2 = { signal };
  status.addEventListener("change", () => apply({ status: status.value, ...NO_REASON }), listen2);
  search.addEventListener(
    "input",
    () => {
      clearTimeout(typing);
      typing = window.setTimeout(() => apply({ text: search.value }), TYPING_MS);
    },
    listen2
  );
  search.addEventListener(
    "keydown",
    (event) => event.key === "Enter" && apply({ text: search.value }),
    listen2
  );
  search.addEventListener("search", () => search.value === "" && apply({ text: "" }), listen2);
  return {
    node: element("div", "dw-filter", element("div", "dw-fields", status, search), reasons.node),
    query,
    narrows: () => Object.values(query).some(Boolean),
    clear() {
      search.value = "";
      search.focus();
      apply({ status: "", ...NO_REASON, text: "" });
    },
    update: reasons.update
  };
}
function reasonList(choose, leave, signal) {
  const node = listOf("dw-reasons");
  node.setAttribute("aria-label", words.reasons);
  const keyOf = (kind, code, message) => JSON.stringify([kind, code, message]);
  const none = keyOf("", "", "");
  const items = /* @__PURE__ */ new Map();
  let chosen = none;
  const made = (key, reason) => {
    const button2 = element("button", "dw-reason");
    button2.type = "button";
    button2.addEventListener("click", () => choose(key === chosen ? void 0 : reason), { signal });
    const entry = { item: itemOf(button2), button: button2, reason };
    items.set(key, entry);
    return entry;
  };
  const draw = () => {
    for (const [key, { button: button2 }] of items) button2.setAttribute("aria-pressed", String(key === chosen));
  };
  return {
    node,
    press({ group, code, message }) {
      chosen = keyOf(group, code, message);
      draw();
    },
    update(shown) {
      const now = new Map(shown.map((reason) => [keyOf(reason.kind, reason.code, reason.message), reason]));
      const kept = items.get(chosen);
      if (kept && !now.has(chosen)) now.set(chosen, { ...kept.reason, rows: 0 });
      const held = focusIn(node);
      for (const [key, { item: item2 }] of items) {
        if (now.has(key)) continue;
        item2.remove();
        items.delete(key);
      }
      [...now].forEach(([key, reason], place) => {
        const { item: item2, button: button2 } = items.get(key) ?? made(key, reason);
        button2.textContent = words.reason(reason.rows, reason.said);
        if (node.children[place] !== item2) node.insertBefore(item2, node.children[place] ?? null);
      });
      node.hidden = now.size === 0;
      if (held?.isConnected) held.focus({ preventScroll: true });
      else if (held) leave();
      draw();
    }
  };
}

// src/blocks.ts
var PIECE = 2e4;
var PICTURE = /^data:image\/(png|jpeg|gif|webp)[;,]/i;
function blocks(kind, shown, signal) {
  const section = element("div", `dw-blocks dw-blocks-${kind}`);
  section.setAttribute("role", "group");
  section.setAttribute("aria-label", words[kind]);
  for (const block of shown) {
    section.append(element("div", "dw-block-title", block.title), body(block, signal));
  }
  return section;
}
function body(block, signal) {
  if (block.form === "image" && PICTURE.test(block.text)) {
    const image = element("img", "dw-image");
    image.alt = words.image;
    image.src = block.text;
    return image;
  }
  if (!block.text.trim()) return element("div", "dw-text dw-text-none", words.blank);
  const piece = (text) => {
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
    signal
  );
  return element("div", "dw-long", first, rest);
}
function cut(text) {
  const pieces = [];
  for (let start = 0; start < text.length; ) {
    let end = start + PIECE;
    const code = text.charCodeAt(end - 1);
    if (code >= 55296 && code < 56320) end += 1;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
function asText(shown) {
  const said = ({ form, text, exact }) => form === "image" ? `[${words.image}]` : exact ?? text;
  return shown.map((block) => `${block.title}:
${said(block)}`).join("\n\n");
}

// src/copy.ts
var SAID_MS = 2e3;
function copyButton(text, signal, label = words.copy) {
  let timer = 0;
  const say = (said) => {
    node.setAttribute("aria-live", "polite");
    write(node, said);
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      node.setAttribute("aria-live", "off");
      write(node, label);
    }, SAID_MS);
  };
  const copy = () => copyText(text(), node).then(
    () => say(words.copied),
    () => say(words.notCopied)
  );
  const node = button(label, copy, signal);
  return node;
}
async function copyText(text, near) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  const before = focusIn(near.getRootNode());
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus({ preventScroll: true });
  if (!done) throw new Error(words.notCopied);
}

// src/row.ts
var ids = 0;
function rowItem(press, signal) {
  const mark2 = element("span", "dw-mark");
  const status = element("span", "dw-spoken");
  const label = quoted("bdi", "dw-row-label");
  const prompt = quoted("bdi", "dw-row-prompt");
  const answer = quoted("bdi", "dw-row-answer");
  const button2 = element(
    "button",
    "dw-row",
    element("span", "dw-row-mark", mark2, status),
    label,
    prompt,
    answer
  );
  const whole = element("div", "dw-whole");
  button2.type = "button";
  whole.id = `dw-row-${++ids}`;
  whole.hidden = true;
  button2.setAttribute("aria-controls", whole.id);
  button2.setAttribute("aria-expanded", "false");
  button2.addEventListener("click", () => press(item2), { signal });
  const expand = (is) => {
    button2.setAttribute("aria-expanded", String(is));
    whole.hidden = !is;
  };
  let said = "";
  const item2 = {
    node: itemOf(button2, whole),
    button: button2,
    row: -1,
    update(row) {
      const now = JSON.stringify(row);
      if (now === said) return false;
      said = now;
      item2.row = row.row;
      mark2.className = `dw-mark dw-mark-${row.status}`;
      write(status, `${words.status[row.status]}, `);
      label.textContent = row.label;
      fill(prompt, row.prompt ?? "", row.prompt === null ? words.noPrompt : words.blank);
      fill(answer, row.answer, answerless(row.status));
      if (row.status !== "completed") answer.dataset.none = "";
      return true;
    },
    open(shown) {
      expand(true);
      whole.replaceChildren(...parts(shown, signal));
    },
    wait(word) {
      expand(true);
      if (!whole.querySelector(".dw-blocks"))
        whole.replaceChildren(element("div", "dw-line dw-line-note", word));
    },
    close() {
      expand(false);
      whole.replaceChildren();
    }
  };
  return item2;
}
function fill(node, said, otherwise) {
  const none = !said.trim();
  node.textContent = none ? otherwise : said;
  node.toggleAttribute("data-none", none);
}
function answerless(status) {
  if (status === "pending") return words.noAnswerYet;
  return status === "completed" ? words.blank : words.status[status];
}
function parts(whole, signal) {
  const facts = element("span", "dw-whole-facts", words.status[whole.status]);
  const reason = element("div", "dw-line dw-line-error", whole.reason);
  reason.hidden = !whole.reason;
  const copied = () => asText([...whole.request, ...whole.answer]);
  return [
    element("div", "dw-whole-head", facts, copyButton(copied, signal)),
    reason,
    blocks("request", whole.request, signal),
    blocks("answer", whole.answer, signal),
    blocks("rest", whole.rest, signal)
  ];
}

// src/rows.ts
var SCREENFUL = 12;
function rowList(ask, waits, turn, signal) {
  const node = listOf("dw-rows");
  let items = [];
  let chosen = -1;
  let lost = false;
  const current = (at) => {
    for (const item2 of items) item2.button.tabIndex = item2 === at ? 0 : -1;
  };
  const go = (item2) => {
    if (!item2) return;
    current(item2);
    item2.button.focus();
  };
  const choose = (row) => {
    chosen = row;
    waits.over("row");
  };
  const open = (item2) => {
    choose(item2.row);
    item2.wait(words.looking);
    const { row } = item2;
    const still = (then) => {
      if (chosen !== row) return;
      waits.over("row");
      then();
    };
    ask.whole(row, {
      answered: (whole) => still(() => item2.open(whole)),
      refused: (why) => still(() => item2.wait(why))
    });
  };
  const toggle = (item2) => {
    if (lost && chosen !== item2.row) return;
    const closed = chosen !== item2.row;
    const top = () => item2.button.getBoundingClientRect().top;
    const before = top();
    choose(-1);
    for (const each of items) if (each !== item2 || !closed) each.close();
    if (closed) {
      open(item2);
      waits.sent("row");
    }
    node.scrollTop += top() - before;
    current(item2);
  };
  const press = (key, item2, onLine) => {
    if (key === "Escape" && chosen === item2.row) {
      toggle(item2);
      item2.button.focus();
      return true;
    }
    if (!onLine) return false;
    const place = items.indexOf(item2);
    const last = items.length - 1;
    if (key === "Home" || key === "End") go(items[key === "Home" ? 0 : last]);
    else {
      const by = { ArrowDown: 1, ArrowUp: -1, PageDown: SCREENFUL, PageUp: -SCREENFUL }[key];
      if (by === void 0) return false;
      if (place === (by > 0 ? last : 0)) return by > 0 ? turn(1, "first") : turn(-1, "last");
      go(items[Math.max(0, Math.min(last, place + by))]);
    }
    return true;
  };
  node.addEventListener(
    "keydown",
    (event) => {
      const item2 = items.find((each) => each.node.contains(event.target));
      if (!item2 || !press(event.key, item2, event.target === item2.button)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    { signal }
  );
  return {
    node,
    length: () => items.length,
    update(rows) {
      const focused = items.findIndex((item2) => focusIn(item2.node));
      const before = new Map(items.map((item2) => [item2.row, item2]));
      items = rows.map((row) => {
        const item2 = before.get(row.row) ?? rowItem(toggle, signal);
        before.delete(row.row);
        if (item2.update(row) && row.row === chosen) open(item2);
        return item2;
      });
      for (const { node: node2 } of before.values()) node2.remove();
      items.forEach((item2, place) => {
        if (node.children[place] !== item2.node) node.insertBefore(item2.node, node.children[place] ?? null);
      });
      current(items.find((item2) => item2.button.tabIndex === 0) ?? items[0]);
      if (focused >= 0 && !focusIn(node))
        items[Math.min(focused, items.length - 1)]?.button.focus({ preventScroll: true });
    },
    close() {
      choose(-1);
      for (const item2 of items) item2.close();
    },
    focus: (place) => go(place === "first" ? items[0] : items.at(-1)),
    lose(now) {
      lost = now;
    }
  };
}

// src/reader.ts
var PAGE = 50;
var AGAIN_MS = 2e3;
function reader(ask, waits, say, signal) {
  const summary = element("summary", "dw-summary", words.read);
  const found = element("span", "dw-found");
  const choice = filter(() => turn(0), signal);
  const clear = button(words.clear, choice.clear, signal);
  const rows = rowList(ask, waits, (by, then2) => step(by, then2), signal);
  const before = button(words.before, () => turn(first - PAGE), signal);
  const after = button(words.after, () => turn(first + PAGE), signal);
  const pages = element("div", "dw-pages", before, after);
  const node = element(
    "details",
    "dw-reader",
    summary,
    choice.node,
    element("div", "dw-outcome", found, clear),
    rows.node,
    pages
  );
  clear.hidden = pages.hidden = true;
  let first = 0;
  let then;
  let wasOpen = false;
  let waited = false;
  let readable = false;
  let seen = { counts: "", ended: false };
  let again = 0;
  let looked = 0;
  let lost = false;
  const turn = (start, place) => {
    first = start;
    then = place;
    rows.close();
    look(true);
  };
  const step = (by, place) => {
    const possible = !lost && (by > 0 ? after : before).getAttribute("aria-disabled") === "false";
    if (possible && !waited) turn(first + by * PAGE, place);
    return possible;
  };
  const look = (byChoice) => {
    looked = Date.now();
    waited ||= byChoice;
    if (byChoice) {
      rows.node.setAttribute("aria-busy", "true");
      write(found, words.looking);
      clear.hidden = true;
      waits.sent("rows");
    }
    ask.page(
      { ...choice.query, start: first },
      {
        answered(page) {
          draw(page);
          if (waited) rows.node.scrollTo?.({ top: 0 });
          if (then && focusIn(rows.node)) rows.focus(then);
          end();
        },
        refused(why) {
          if (waited) write(found, why);
          end();
        }
      }
    );
  };
  const end = () => {
    if (waited) say(found.textContent ?? "");
    waited = false;
    then = void 0;
    waits.over("rows");
    rows.node.removeAttribute("aria-busy");
  };
  const draw = (page) => {
    first = page.start;
    choice.update(page.reasons);
    rows.update(page.rows);
    const last = page.start + page.rows.length;
    const total = words.found(page.total, page.more);
    const none = choice.narrows() && !page.more ? words.noMatch : words.found(0, page.more);
    write(found, page.rows.length ? words.shown(page.start + 1, last, total) : none);
    clear.hidden = page.rows.length > 0 || !choice.narrows();
    before.setAttribute("aria-disabled", String(page.start === 0));
    after.setAttribute("aria-disabled", String(last >= page.total));
    pages.hidden = page.start === 0 && last >= page.total;
  };
  node.addEventListener(
    "toggle",
    () => {
      if (node.open && !wasOpen) turn(0);
      wasOpen = node.open;
    },
    { signal }
  );
  signal.addEventListener("abort", () => clearTimeout(again), { once: true });
  const hide = () => {
    node.hidden = !readable || lost && !rows.length();
  };
  return {
    node,
    lose(now) {
      if (lost && !now && waited) look(true);
      lost = choice.node.inert = clear.inert = pages.inert = now;
      rows.lose(now);
      if (lost && waited) write(found, words.notRead);
      hide();
    },
    update(state) {
      readable = state.readable;
      hide();
      const before2 = seen;
      seen = { counts: `${state.completed} ${state.failed} ${state.phase}`, ended: state.ended };
      const moved = choice.query.text ? before2.ended !== seen.ended : before2.counts !== seen.counts;
      if (!before2.counts || !moved || !node.open || again) return;
      again = window.setTimeout(
        () => {
          again = 0;
          look(false);
        },
        looked + AGAIN_MS - Date.now()
      );
    }
  };
}

// src/retry.ts
function retryButton(retry, signal) {
  let asked = false;
  let text = "";
  const node = button(
    "",
    () => {
      asked = true;
      draw();
      retry();
    },
    signal
  );
  const draw = () => {
    write(node, asked ? words.retrying : text);
    node.setAttribute("aria-disabled", String(asked));
  };
  return {
    node,
    update(state) {
      if (!state.ended) asked = false;
      text = words.retry(state.retryable, state.failed);
      draw();
      node.hidden = !state.retryable;
    },
    refuse() {
      asked = false;
      draw();
    }
  };
}

// src/run_line.ts
function runLine(kind, signal) {
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
    }
  };
}

// src/waiting.ts
var SOON_MS = 600;
var LONG_MS = 1e4;
var TICK_MS = 500;
function waiting(tell, signal, long = () => "") {
  const since = /* @__PURE__ */ new Map();
  let timer = 0;
  const draw = () => {
    clearTimeout(timer);
    const oldest = since.size ? Date.now() - Math.min(...since.values()) : 0;
    const said = oldest < SOON_MS ? "" : `${words.unheard} ${oldest < LONG_MS ? "" : long()}`.trim();
    tell(said);
    if (since.size && !signal.aborted) timer = window.setTimeout(draw, TICK_MS);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return {
    sent(wish) {
      since.set(wish, Date.now());
      draw();
    },
    over(wish) {
      if (since.delete(wish)) draw();
    },
    clear() {
      since.clear();
      draw();
    }
  };
}

// src/view.ts
function drawJob(model, signal) {
  const headline = element("div", "dw-headline");
  const label = quoted("div", "dw-label");
  const details = phrases();
  const lines = {
    error: line("error"),
    trouble: line("trouble"),
    note: line("note"),
    waiting: line("waiting")
  };
  const lost = runLine("lost", signal);
  const refused = runLine("trouble", signal);
  const waits = waiting((text) => write(lines.waiting, text), signal);
  const wish = (kind) => {
    refused.clear();
    waits.sent(kind);
    model.send({ kind });
  };
  const cancel = cancelButton(() => wish("cancel"), signal);
  const retry = retryButton(() => wish("retry"), signal);
  const open = button(words.open, () => wish("open"), signal);
  const [progress, counts, speaker, heard] = [bar(), legend(), announcer(), age(signal)];
  const rows = reader(asking(model, signal), waits, speaker.say, signal);
  const buttons = element("div", "dw-buttons", cancel.node, retry.node, open);
  const root = viewRoot(
    "dw-job",
    element("div", "dw-header", headline, label, buttons),
    lines.error,
    progress.node,
    counts.node,
    details,
    heard.node,
    lines.trouble,
    refused.node,
    lines.note,
    lines.waiting,
    lost.node,
    rows.node,
    speaker.node
  );
  let ended = false;
  const update = () => {
    const state = model.get("state");
    if (ended && !state.ended) refused.clear();
    if (state.ended || state.phase === "cancelling") waits.over("cancel");
    if (!state.ended) waits.over("retry");
    ended = state.ended;
    root.dataset.phase = state.phase;
    root.toggleAttribute("data-ended", ended);
    root.setAttribute("aria-label", state.label ? `${words.view} ${state.label}` : words.view);
    write(headline, state.headline);
    write(label, state.label);
    label.title = state.label;
    writeItems(details, state.details);
    write(lines.error, state.error);
    write(lines.trouble, state.trouble);
    write(lines.note, state.note);
    open.hidden = !state.openable;
    for (const part of [progress, counts, heard, cancel, retry, rows, speaker]) part.update(state);
  };
  const draw = () => keepFocus(root, update);
  draw();
  listen(model, "change:state", draw, signal);
  listen(
    model,
    "msg:custom",
    (answer) => {
      if (answer.kind === "opened") {
        waits.over("open");
        refused.clear();
      }
      if (answer.kind !== "refused" || answer.wish === "rows" || answer.wish === "row") return;
      if (answer.wish === "cancel") cancel.refuse();
      if (answer.wish === "retry") retry.refuse();
      waits.over(answer.wish);
      refused.say(answer.why, answer.line);
      speaker.say([answer.why, answer.line].filter(Boolean).join(" "));
    },
    signal
  );
  return {
    root,
    lose(loss) {
      const { job } = model.get("state");
      const unread = focusIn(root) !== void 0 || !ended;
      root.toggleAttribute("data-lost", loss !== void 0);
      keepFocus(root, () => {
        buttons.inert = loss !== void 0;
        rows.lose(loss !== void 0);
        if (!loss) lost.clear();
        else if (loss === "unreachable") lost.say(words.unreachable);
        else if (job) lost.say(`${words[loss]} ${words.again}`, words.attach(job));
        else lost.say(`${words[loss]} ${words.againUnnamed}`);
      });
      if (loss && loss !== "unreachable") waits.clear();
      if (loss && unread) speaker.say(words[loss]);
    }
  };
}

// src/job_view.ts
function live(model, signal, over = () => {
}) {
  let lost;
  const views = [];
  const lose = (loss) => {
    lost = loss;
    for (const view of views) view.lose(loss);
  };
  listen(model, "change:state", () => lose(), signal);
  watchKernel(
    model,
    (loss) => {
      lose(loss);
      if (loss && loss !== "unreachable") over();
    },
    signal
  );
  const name = Math.random().toString(36).slice(2);
  return roots(
    () => {
      const view = drawJob(model, signal);
      views.push(view);
      view.lose(lost);
      return view.root;
    },
    signal,
    (shown) => model.send({ kind: shown ? "look" : "rest", view: name })
  );
}
var lives = /* @__PURE__ */ new Map();
function initialize({ model, signal }) {
  const own = controllerUnder(signal);
  const places = controllerUnder(own.signal);
  const place = model.get("place");
  let newest;
  const put = () => {
    if (newest) replaceOutput(model.widget_manager, widget, place, newest);
    newest = void 0;
  };
  let widget = "";
  listen(
    model,
    "msg:custom",
    (answer) => {
      if (answer.kind !== "settled") return;
      const first = widget === "";
      ({ view: widget, data: newest } = answer);
      if (first || model.get("state").ended) put();
    },
    own.signal
  );
  beforeSave(model.widget_manager, put, own.signal);
  const life = live(model, own.signal, () => model.get("state").ended && places.abort());
  lives.set(place, life);
  own.signal.addEventListener("abort", () => lives.delete(place), { once: true });
  const show = (el) => {
    const shown = new AbortController();
    life.show(el, shown.signal);
    return shown;
  };
  settleIn(place, show, places.signal);
  return () => own.abort();
}
function render({ model, el, signal }) {
  const own = controllerUnder(signal);
  (lives.get(model.get("place")) ?? live(model, own.signal)).show(el, own.signal);
  let asked = false;
  const settle = (now) => {
    if (asked || !now) return;
    asked = true;
    model.send({ kind: "settle" });
  };
  const named = () => model.get("state").job !== "" && canReplace(model.widget_manager);
  settle(model.get("state").ended || named());
  listen(model, "change:state", () => settle(named()), own.signal);
  return () => own.abort();
}
var job_view_default = { initialize, render };
export {
  job_view_default as default
};
