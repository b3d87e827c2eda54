// sources 5a7962134a9edb58

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
    const item = list.children[index] ?? list.appendChild(itemOf());
    write(item, text);
  });
}

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

// src/panel/fields.ts
var made = 0;
function field(label, type, hint = "") {
  const input = element("input", "dw-field");
  input.type = type;
  input.placeholder = hint;
  input.spellcheck = false;
  return {
    node: element("label", `dw-labelled dw-labelled-${type}`, element("span", "", label), input),
    input
  };
}
function suggesting(label, hint = "") {
  const made3 = field(label, "text", hint);
  const list = element("datalist", "");
  list.id = newId();
  made3.input.setAttribute("list", list.id);
  const offer = (texts) => list.replaceChildren(...texts.map((text) => option(text, text)));
  return { node: element("div", "dw-suggesting", made3.node, list), input: made3.input, offer };
}
function select(label, choices) {
  const input = element("select", "dw-field");
  let offered = "";
  const offer = (texts) => {
    if (offered === String(texts)) return;
    offered = String(texts);
    const before = input.value;
    input.replaceChildren(...texts.map(([value, words3]) => option(value, words3)));
    input.value = texts.some(([value]) => value === before) ? before : texts[0]?.[0] ?? "";
  };
  offer(choices);
  return { node: element("label", "dw-labelled", element("span", "", label), input), input, offer };
}
function radios(legend, choices) {
  const name = newId();
  const node = element("fieldset", "dw-radios", element("legend", "dw-spoken", legend));
  const inputs = choices.map(([value, words3], index) => {
    const input = element("input", "");
    input.type = "radio";
    input.name = name;
    input.value = value;
    input.checked = index === 0;
    node.append(element("label", "", input, words3));
    return input;
  });
  return { node, value: () => inputs.find((input) => input.checked)?.value ?? "" };
}
function option(value, words3) {
  const node = element("option", "", words3);
  node.value = value;
  return node;
}
function newId() {
  return `dw-field-${++made}-${Math.random().toString(36).slice(2)}`;
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

// src/panel/words.ts
var words2 = {
  view: "Jobs and batches",
  title: "Jobs",
  send: "Send requests",
  close: "Close",
  closed: (again) => `Closed. ${again} opens the panel again.`,
  restarted: (again) => `The kernel restarted. Load the extension, then run ${again}: the jobs go on.`,
  gone: (again) => `The kernel is gone; the jobs are not. Start a kernel, load the extension, and run ${again}.`,
  unreachable: () => words.unreachable,
  updated: (seconds) => seconds < 10 ? "updated just now" : `updated ${duration(seconds)} ago`,
  account: (name) => `account ${name}`,
  asking: "Asking the account for its batches…",
  waitingLong: (again) => `If the kernel is gone, ${again} opens the panel again.`,
  filters: "Which jobs",
  group: "State",
  groups: [
    ["", "All states"],
    ["active", "Active"],
    ["completed", "Completed"],
    ["failed", "With failures"],
    ["cancelled", "Cancelled"]
  ],
  search: "Search label, model, id or tag",
  since: "From",
  until: "To",
  clear: words.clear,
  list: "Jobs and batches, newest first",
  empty: "No jobs yet. Run a cell that begins with %%dwbatch, or send a file of requests from here.",
  noMatch: "No job matches.",
  newer: "Newer",
  older: "Older",
  pages: "Pages",
  page: (first, last, all) => `${number(first)}–${number(last)} of ${number(all)}`,
  asked: "Asking the kernel…",
  attach: "Attach it in a cell",
  attachName: "Name for the job",
  copy: words.copyLine,
  copied: "Copied: paste it into a cell.",
  read: "Copy line to read its rows",
  copiedRead: "Copied: in a cell of its own it shows the job, with its rows to read.",
  copyByHand: "Press Ctrl+C (or ⌘C) to copy the line.",
  badName: "That is not a name Python can bind: use letters, digits and _.",
  cancel: words.cancel,
  cancelling: words.cancelling,
  cancelAsk: words.reallyCancel,
  cancelYes: words.yes,
  cancelNo: words.no,
  retry: (count) => `Retry ${plural(count, "row")}`,
  retrying: words.retrying,
  forget: "Forget",
  forgotten: (label) => `${label}: forgotten.`,
  forgetting: "Forgetting…",
  forgetAsk: "Remove this job and its answers from this machine? On the service everything stays.",
  forgetYes: "Remove it",
  forgetNo: "Keep it",
  form: "Send requests",
  source: "What to send",
  file: "A file of requests",
  table: "A table with a prompt",
  choose: "Choose a file",
  drop: "or drop a .jsonl file here",
  path: "Or a path on the kernel's machine",
  pathHint: "requests.jsonl",
  tableName: "Table",
  tableHint: "name of a DataFrame",
  prompt: "Prompt",
  promptHint: "Classify the sentiment of this review: {{ text }}",
  noTables: "Tables are found by %dwbatch panel, or dw.panel(globals()).",
  model: "Model",
  asInFile: "as in the file",
  onlyModel: "the account's only one",
  window: "Window",
  label: "Label",
  labelHint: "optional",
  check: "Check",
  checking: "Checking…",
  cost: "See cost",
  costing: "Asking the service… The requests are uploaded for it, and deleted again.",
  costSent: (share) => `Uploading for the estimate: ${Math.floor(share * 100)} %`,
  submit: "Send",
  submitting: "Sending…",
  uploading: (name, share) => `Reading ${name}: ${Math.floor(share * 100)} %`,
  sent: "Sent. It is in the list.",
  good: (count, remarks, models) => `${plural(count, "request")}, ${remarks ? "no fault that keeps them from being sent" : "no fault"}. ${models}`,
  bad: (blocking, count) => `${plural(blocking, "fault")}${count ? ` in ${plural(count, "request")}` : ""}. Nothing can be sent until ${blocking === 1 ? "it is" : "they are"} mended.`,
  models: (models) => models.length === 1 ? `All ask ${models[0]?.[0]}.` : models.map(([name, count]) => `${name}: ${number(count)}`).join(", "),
  faults: "Faults",
  more: (left) => `Show more (${number(left)} left)`
};

// src/panel/filters.ts
var TYPING_MS = 250;
var DAY = 24 * 60 * 60;
function filters(are, narrow, signal) {
  const group = select(words2.group, words2.groups);
  const text = element("input", "dw-field dw-panel-search");
  text.type = "search";
  text.dir = "auto";
  text.placeholder = words2.search;
  text.setAttribute("aria-label", words2.search);
  const since = field(words2.since, "date");
  const until = field(words2.until, "date");
  const clear = button(
    words2.clear,
    () => {
      reset();
      text.focus();
      narrow();
    },
    signal
  );
  clear.hidden = true;
  const node = element(
    "div",
    "dw-filters",
    group.node,
    text,
    element("div", "dw-dates", since.node, until.node),
    clear
  );
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", words2.filters);
  const inputs = [group.input, text, since.input, until.input];
  let typing;
  const stop = () => {
    clearTimeout(typing);
    typing = void 0;
  };
  const reset = () => {
    stop();
    show({ group: "", text: "", since: null, until: null });
  };
  const show = (narrowing) => {
    group.input.value = narrowing.group;
    text.value = narrowing.text;
    since.input.value = day(narrowing.since);
    until.input.value = day(narrowing.until, DAY);
    clear.hidden = !inputs.some((input) => input.value);
  };
  show(are);
  signal.addEventListener("abort", stop, { once: true });
  node.addEventListener(
    "input",
    (event) => {
      stop();
      clear.hidden = !inputs.some((input) => input.value);
      typing = setTimeout(
        () => {
          stop();
          narrow();
        },
        event.target === text ? TYPING_MS : 0
      );
    },
    { signal }
  );
  return {
    node,
    reset,
    /** Shows what the list is narrowed to, by another view of it perhaps, but to somebody who is about to change it. */
    take(narrowing) {
      const focused = focusIn(node);
      if (typing === void 0 && !inputs.some((input) => input === focused)) show(narrowing);
    },
    value: () => ({
      group: group.input.value,
      text: text.value,
      since: midnight(since.input.value),
      until: midnight(until.input.value, DAY)
    })
  };
}
function midnight(day2, more = 0) {
  const date = /* @__PURE__ */ new Date(`${day2}T00:00`);
  date.setSeconds(date.getSeconds() + more);
  return day2 && !Number.isNaN(date.getTime()) ? date.getTime() / 1e3 : null;
}
function day(seconds, less = 0) {
  if (seconds === null) return "";
  const date = new Date((seconds - less) * 1e3);
  const two = (number2) => String(number2).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

// src/panel/requests.ts
var Refusal = class extends Error {
  constructor(what, todo) {
    super(what);
    this.todo = todo;
  }
  todo;
  get words() {
    return [this.message, this.todo].filter(Boolean).join("\n");
  }
};
function reasonOf(error) {
  return error instanceof Refusal ? error.words : String(error);
}
var Requests = class {
  constructor(send, waits) {
    this.send = send;
    this.waits = waits;
  }
  send;
  waits;
  open = /* @__PURE__ */ new Map();
  // A model may have several views, and each hears the answers to all of them.
  last = Math.floor(Math.random() * 2 ** 40);
  ask = (wish, { buffers = [], progress } = {}) => new Promise((resolve, reject) => {
    const request = ++this.last;
    this.open.set(request, { resolve, reject, progress });
    this.waits.sent(request);
    this.send({ ...wish, request }, buffers);
  });
  hear(reply) {
    const open = this.open.get(reply.request);
    if (reply.kind === "progress") {
      if (open) this.waits.sent(reply.request);
      open?.progress?.(reply.share);
      return;
    }
    this.open.delete(reply.request);
    this.waits.over(reply.request);
    if ("done" in reply) open?.resolve(reply.done);
    else open?.reject(new Refusal(reply.what, reply.todo));
  }
  /** Whoever waits is told that no answer will come. */
  giveUp(what) {
    for (const { reject } of this.open.values()) reject(new Refusal(what, ""));
    this.open.clear();
    this.waits.clear();
  }
};

// src/panel/findings.ts
function findings(ask, signal) {
  const summary = line("summary");
  const refusal = line("error");
  const items = listOf("dw-faults");
  items.setAttribute("aria-label", words2.faults);
  items.tabIndex = 0;
  let all = 0;
  let check = 0;
  const more = button("", () => void showMore(), signal);
  const add = (page) => {
    for (const fault of page) {
      items.append(itemOf(element("span", "dw-fault-place", fault.place), element("span", "", fault.text)));
    }
    items.hidden = all === 0;
    more.hidden = items.children.length >= all;
    more.textContent = words2.more(all - items.children.length);
  };
  const showMore = async () => {
    const mine = check;
    try {
      const found = await ask({ kind: "faults", check, offset: items.children.length });
      if (signal.aborted || mine !== check) return;
      add(found.page);
      if (more.hidden) items.focus();
    } catch (error) {
      if (mine === check) write(refusal, reasonOf(error));
    }
  };
  const clear = () => {
    all = check = 0;
    items.replaceChildren();
    add([]);
    write(summary, "");
    write(refusal, "");
    node.hidden = true;
  };
  const node = element("div", "dw-findings", summary, refusal, items, more);
  clear();
  return {
    node,
    clear,
    /** Shows what was found, and gives it in one line. */
    show(found) {
      clear();
      all = found.faults;
      check = found.check;
      node.hidden = false;
      node.dataset.verdict = found.sendable ? "good" : "bad";
      write(
        summary,
        found.blocking ? words2.bad(found.blocking, found.requests) : words2.good(found.requests, found.faults, words2.models(found.models))
      );
      write(refusal, found.refusal);
      add(found.page);
      return [summary.textContent, found.refusal].filter(Boolean).join(" ");
    }
  };
}

// src/panel/upload.ts
var PART = 1024 * 1024;
async function upload(file, ask, progress, signal) {
  const name = `${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
  let offset = 0;
  do {
    const part = await file.slice(offset, offset + PART).arrayBuffer();
    signal.throwIfAborted();
    await ask({ kind: "part", upload: name, offset }, { buffers: [part] });
    signal.throwIfAborted();
    offset += part.byteLength;
    progress(file.size ? offset / file.size : 1);
  } while (offset < file.size);
  return name;
}

// src/panel/source.ts
function sourcePart(ask, changed, signal) {
  const kind = radios(words2.source, [
    ["file", words2.file],
    ["table", words2.table]
  ]);
  const path = field(words2.path, "text", words2.pathHint);
  const take = () => {
    path.input.value = "";
    changed(drop.file() !== void 0);
  };
  const drop = dropZone(ask, take, signal);
  const file = element("div", "dw-source-file", drop.node, path.node);
  const table = suggesting(words2.tableName, words2.tableHint);
  const prompt = element("textarea", "dw-field dw-prompt");
  prompt.rows = 4;
  prompt.dir = "auto";
  prompt.placeholder = words2.promptHint;
  prompt.spellcheck = false;
  const noTables = line("note");
  const tables = element(
    "div",
    "dw-source-table",
    noTables,
    table.node,
    element("label", "dw-labelled dw-labelled-prompt", element("span", "", words2.prompt), prompt)
  );
  tables.hidden = true;
  kind.node.addEventListener(
    "change",
    () => {
      tables.hidden = kind.value() !== "table";
      file.hidden = !tables.hidden;
      changed(false);
    },
    { signal }
  );
  path.input.addEventListener(
    "input",
    () => {
      drop.clear();
      changed(false);
    },
    { signal }
  );
  path.input.addEventListener("change", () => changed(path.input.value.trim() !== ""), { signal });
  for (const input of [table.input, prompt])
    input.addEventListener("input", () => changed(false), { signal });
  return {
    node: element("div", "dw-source", kind.node, file, tables),
    kind: () => kind.value(),
    offer(names) {
      table.offer(names ?? []);
      write(noTables, names === null ? words2.noTables : "");
      table.input.disabled = prompt.disabled = names === null;
    },
    value() {
      if (kind.value() === "table") {
        const named = table.input.value.trim() !== "" && prompt.value.trim() !== "";
        return named ? { kind: "table", name: table.input.value, prompt: prompt.value } : void 0;
      }
      const dropped = drop.file();
      if (dropped) return { kind: "upload", ...dropped };
      return path.input.value.trim() ? { kind: "path", path: path.input.value } : void 0;
    }
  };
}
function dropZone(ask, changed, signal) {
  const picker = element("input", "dw-spoken");
  picker.type = "file";
  picker.accept = ".jsonl,.ndjson,application/jsonl,application/x-ndjson";
  picker.tabIndex = -1;
  picker.setAttribute("aria-hidden", "true");
  const said = element("span", "dw-drop-said", words2.drop);
  const node = element(
    "div",
    "dw-drop",
    button(words2.choose, () => picker.click(), signal),
    said,
    picker
  );
  let current;
  let sending;
  const take = async (file) => {
    clear();
    const mine = new AbortController();
    sending = mine;
    changed();
    const report = (share) => write(said, words2.uploading(file.name, share));
    report(0);
    try {
      const name = await upload(file, ask, report, AbortSignal.any([mine.signal, signal]));
      current = { upload: name, name: file.name };
      write(said, file.name);
      changed();
    } catch (error) {
      if (mine.signal.aborted || signal.aborted) return;
      write(said, reasonOf(error));
    }
  };
  const clear = () => {
    sending?.abort();
    current = void 0;
    write(said, words2.drop);
  };
  picker.addEventListener(
    "change",
    () => {
      const [file] = picker.files ?? [];
      picker.value = "";
      if (file) void take(file);
    },
    { signal }
  );
  for (const event of ["dragenter", "dragover", "dragleave", "drop"]) {
    node.addEventListener(
      event,
      (drag) => {
        drag.preventDefault();
        drag.stopPropagation();
        node.toggleAttribute("data-over", event === "dragenter" || event === "dragover");
        const [file] = event === "drop" && drag.dataTransfer?.files || [];
        if (file) void take(file);
      },
      { signal }
    );
  }
  return {
    node,
    file: () => current,
    clear
  };
}

// src/panel/form.ts
function form(ask, say, signal) {
  const source = sourcePart(ask, (ready) => changed(ready), signal);
  const model = select(words2.model, [["", words2.asInFile]]);
  const window2 = suggesting(words2.window);
  window2.input.value = "24h";
  const label = field(words2.label, "text", words2.labelHint);
  const choices = element("div", "dw-choices", model.node, window2.node, label.node);
  const found = findings(ask, signal);
  const cost = line("cost");
  const outcome = line("error");
  const doing = line("note");
  const waiting2 = line("waiting");
  const buttons = {
    check: button(words2.check, () => void run("check"), signal),
    estimate: button(words2.cost, () => void run("estimate"), signal),
    submit: button(words2.submit, () => void run("submit"), signal)
  };
  buttons.submit.classList.add("dw-primary");
  let busy;
  let sendable = false;
  let models = [];
  let kept = "";
  let overtaken = false;
  const draw2 = () => {
    const ready = source.value() !== void 0 && busy === void 0;
    buttons.check.setAttribute("aria-disabled", String(!ready));
    for (const step of ["estimate", "submit"]) {
      buttons[step].setAttribute("aria-disabled", String(!ready || !sendable));
    }
    for (const part of [source.node, choices]) part.inert = busy === "submit";
    const first = source.kind() === "file" ? words2.asInFile : words2.onlyModel;
    model.offer([["", first], ...models.map((name) => [name, name])]);
  };
  let version = 0;
  const forget = () => {
    version++;
    busy = void 0;
    sendable = false;
    found.clear();
    for (const said of [cost, outcome, doing]) write(said, "");
    draw2();
  };
  const changed = (ready) => {
    if (busy === "submit") {
      overtaken = true;
      return;
    }
    forget();
    if (ready) void run("check");
  };
  const run = async (step) => {
    const mine = ++version;
    busy = step;
    kept = "";
    for (const said of [cost, outcome]) write(said, "");
    write(doing, { check: words2.checking, estimate: words2.costing, submit: words2.submitting }[step]);
    draw2();
    const chosen = { model: model.input.value, window: window2.input.value, label: label.input.value };
    const progress = (share) => {
      if (mine === version) write(doing, words2.costSent(share));
    };
    try {
      const done = await ask({ kind: step, source: source.value(), ...chosen }, { progress });
      if (mine !== version || signal.aborted) return;
      finish(step, done);
    } catch (error) {
      if (mine !== version || signal.aborted) return;
      write(outcome, reasonOf(error));
      say(outcome.textContent ?? "");
    }
    busy = void 0;
    if (overtaken) {
      overtaken = sendable = false;
      found.clear();
    }
    write(doing, kept);
    draw2();
  };
  const finish = (step, done) => {
    if (step === "check") {
      sendable = done.sendable;
      say(found.show(done));
    } else if (step === "estimate") {
      write(cost, done.text);
      say(done.text);
    } else {
      sendable = false;
      found.clear();
      kept = done.note || words2.sent;
      say(kept);
    }
  };
  for (const input of [model.input, window2.input]) {
    input.addEventListener("change", () => changed(source.value() !== void 0), { signal });
  }
  const node = element(
    "div",
    "dw-form",
    source.node,
    choices,
    element("div", "dw-panel-buttons", buttons.check, buttons.estimate, buttons.submit),
    doing,
    waiting2,
    outcome,
    found.node,
    cost
  );
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", words2.form);
  node.hidden = true;
  draw2();
  const offer = async () => {
    try {
      const offered = await ask({ kind: "offer" });
      if (signal.aborted) return;
      models = offered.models;
      window2.offer(offered.windows);
      source.offer(offered.tables);
      if (offered.trouble) write(outcome, offered.trouble);
      draw2();
    } catch (error) {
      if (!signal.aborted) write(outcome, reasonOf(error));
    }
  };
  return {
    node,
    /** Says that the kernel has not answered, beside what it was asked. */
    wait(text) {
      write(waiting2, text);
    },
    toggle() {
      node.hidden = !node.hidden;
      if (!node.hidden) void offer();
      return !node.hidden;
    }
  };
}

// src/panel/header.ts
function header(toggleForm, close, signal) {
  const totals = listOf("dw-phrases");
  const facts = listOf("dw-phrases");
  const trouble = line("trouble");
  const send = button(words2.send, () => send.setAttribute("aria-expanded", String(toggleForm())), signal);
  send.setAttribute("aria-expanded", "false");
  const title = element("div", "dw-panel-title", words2.title);
  return {
    node: element(
      "div",
      "dw-panel-header",
      element("div", "dw-panel-top", title, totals, send, button(words2.close, close, signal)),
      trouble
    ),
    facts,
    update(state) {
      writeItems(totals, state.totals);
      write(trouble, state.trouble);
    },
    /** `age` in seconds. */
    tick(state, age) {
      const told = state.complete && !state.trouble ? words2.updated(age) : "";
      writeItems(facts, [
        ...state.account ? [words2.account(state.account)] : [],
        ...state.complete ? [] : [words2.asking],
        ...told ? [told] : []
      ]);
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
    say(words3) {
      write(text, words3);
      node.setAttribute("aria-label", words3);
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

// src/panel/actions.ts
function actions(ask, say, others, leave, signal) {
  const outcome = line("error");
  let row;
  const busy = /* @__PURE__ */ new Set();
  const act = async (action) => {
    busy.add(action);
    write(outcome, "");
    draw2();
    try {
      await ask({ kind: action, id: row.id });
      if (action === "forget") say(words2.forgotten(row.label));
    } catch (error) {
      write(outcome, reasonOf(error));
      say(outcome.textContent ?? "");
    }
    busy.delete(action);
    if (!signal.aborted) draw2();
  };
  const asking = (action, answers) => {
    const answer = (agreed) => agreed ? void act(action) : draw2();
    return question(answers, () => buttons[action], answer, signal);
  };
  const asks = {
    cancel: asking("cancel", { yes: words2.cancelYes, no: words2.cancelNo }),
    forget: asking("forget", { yes: words2.forgetYes, no: words2.forgetNo })
  };
  asks.forget.say(words2.forgetAsk);
  const buttons = {
    cancel: button(words2.cancel, asks.cancel.ask, signal),
    retry: button("", () => act("retry"), signal),
    forget: button(words2.forget, asks.forget.ask, signal)
  };
  const draw2 = () => {
    const focused = focusIn(node);
    const idle = {
      cancel: words2.cancel,
      retry: words2.retry(row.total - row.completed),
      forget: words2.forget
    };
    asks.cancel.say(words2.cancelAsk(row.total - row.completed - row.failed));
    const doing = { cancel: words2.cancelling, retry: words2.retrying, forget: words2.forgetting };
    for (const action of ["cancel", "forget"]) {
      if (!row.actions.includes(action)) asks[action].close();
    }
    for (const action of ["cancel", "retry", "forget"]) {
      const isAsking = action !== "retry" && !asks[action].node.hidden;
      const isBusy = busy.has(action) || action === "cancel" && row.phase === "cancelling";
      write(buttons[action], isBusy ? doing[action] : idle[action]);
      buttons[action].setAttribute("aria-disabled", String(isBusy));
      buttons[action].hidden = isAsking || !isBusy && !row.actions.includes(action);
    }
    if (focused?.closest("[hidden]")) leave();
  };
  const node = element(
    "div",
    "dw-actions",
    element("div", "dw-panel-buttons", ...others, buttons.cancel, buttons.retry, buttons.forget),
    asks.cancel.node,
    asks.forget.node,
    outcome
  );
  return {
    node,
    update(next) {
      row = next;
      draw2();
    }
  };
}

// src/copy.ts
async function copyText(text, near) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field2 = document.createElement("textarea");
  const before = focusIn(near.getRootNode());
  field2.value = text;
  document.body.append(field2);
  field2.select();
  const done = document.execCommand("copy");
  field2.remove();
  before?.focus({ preventScroll: true });
  if (!done) throw new Error(words.notCopied);
}

// src/panel/attach_line.ts
var NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;
function attachLine(call, say, signal) {
  const name = element("input", "dw-field dw-attach-name");
  name.value = "job";
  name.spellcheck = false;
  name.setAttribute("aria-label", words2.attachName);
  const code = element("input", "dw-field dw-attach-call");
  code.readOnly = true;
  code.setAttribute("aria-label", words2.attach);
  const outcome = line("copied");
  let id = "";
  const copyNamed = () => {
    const valid = NAME.test(name.value);
    name.setAttribute("aria-invalid", String(!valid));
    if (!valid) {
      name.focus();
      tell(words2.badName);
      return;
    }
    return copy(`${name.value} = ${call.replace("{}", id)}`, words2.copied);
  };
  const copy = async (text, done) => {
    try {
      await copyText(text, code);
      tell(done);
    } catch {
      code.value = text;
      code.select();
      tell(words2.copyByHand);
    }
  };
  const tell = (text) => {
    write(outcome, text);
    say(text);
  };
  const draw2 = () => {
    code.value = `= ${call.replace("{}", id)}`;
  };
  code.addEventListener("blur", draw2, { signal });
  name.addEventListener("input", draw2, { signal });
  return {
    node: element("div", "dw-attach-line", name, code),
    buttons: [
      button(words2.copy, copyNamed, signal),
      button(words2.read, () => copy(call.replace("{}", id), words2.copiedRead), signal)
    ],
    outcome,
    update(row) {
      if (row.id !== id) {
        id = row.id;
        draw2();
      }
    }
  };
}

// src/panel/row.ts
var made2 = 0;
function jobRow(around, first) {
  const label = quoted("span", "dw-entry-label");
  const origin = element("span", "dw-entry-origin");
  const mark2 = element("span", "dw-entry-mark");
  const headline = element("span", "dw-entry-headline");
  const bar = miniBar();
  const cost = element("span", "dw-entry-cost");
  const when = element("time", "dw-entry-when");
  const head = element(
    "button",
    "dw-entry-head",
    element("span", "dw-entry-what", label, origin),
    element("span", "dw-entry-state", mark2, headline),
    bar.node,
    cost,
    when
  );
  head.type = "button";
  const body = element("div", "dw-entry-body");
  body.id = `dw-entry-${++made2}`;
  const node = itemOf(head, body);
  node.classList.add("dw-entry");
  const pending = line("note");
  let rest;
  let filled = false;
  let row = first;
  const focus = () => head.focus({ preventScroll: true });
  const unfold = (wanted) => {
    head.setAttribute("aria-expanded", String(wanted));
    body.hidden = !wanted;
    if (wanted && !rest) {
      rest = details(around, focus);
      body.append(pending, rest.node);
      head.setAttribute("aria-controls", body.id);
    }
  };
  const open = (wanted) => {
    unfold(wanted);
    around.tell({ kind: "open", id: row.id, open: wanted });
    if (wanted) fill();
  };
  const fill = () => {
    if (!rest) return;
    if ("details" in row) {
      filled = true;
      rest.update(row);
    } else if (filled) around.tell({ kind: "open", id: row.id, open: true });
    write(pending, filled ? "" : words2.asked);
    rest.node.hidden = !filled;
  };
  head.addEventListener("click", () => open(body.hidden === true), { signal: around.signal });
  node.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || body.hidden) return;
      event.stopPropagation();
      open(false);
      focus();
    },
    { signal: around.signal }
  );
  unfold("details" in row);
  return {
    node,
    focus,
    update(next) {
      row = next;
      node.dataset.phase = row.phase;
      node.toggleAttribute("data-failures", row.failed > 0);
      write(label, row.label);
      label.title = row.label;
      write(origin, row.origin);
      write(headline, row.headline);
      bar.update(row);
      write(cost, row.cost);
      write(when, moment(row.created));
      if (row.created) when.dateTime = new Date(row.created * 1e3).toISOString();
      if (!body.hidden) fill();
    },
    show() {
      open(true);
      focus();
      node.scrollIntoView?.({ block: "nearest" });
    }
  };
}
function details({ ask, say, attach, signal }, leave) {
  const lines = { error: line("error"), trouble: line("trouble"), note: line("note") };
  const facts = listOf("dw-phrases");
  const tags = listOf("dw-phrases");
  const batches = line("ids");
  const attaching = attachLine(attach, say, signal);
  const buttons = actions(ask, say, attaching.buttons, leave, signal);
  return {
    node: element(
      "div",
      "dw-entry-rest",
      lines.error,
      lines.trouble,
      lines.note,
      facts,
      tags,
      batches,
      attaching.node,
      buttons.node,
      attaching.outcome
    ),
    update(row) {
      for (const kind of ["error", "trouble", "note"]) write(lines[kind], row[kind]);
      writeItems(facts, row.details);
      writeItems(tags, row.tags);
      tags.hidden = row.tags.length === 0;
      write(batches, !row.origin && row.batches.length ? `batch ${row.batches.join(", ")}` : "");
      attaching.update(row);
      buttons.update(row);
    }
  };
}
function miniBar() {
  const done = element("span", "dw-mini-done");
  const failed = element("span", "dw-mini-failed dw-hatched");
  const node = element("span", "dw-mini", done, failed);
  node.setAttribute("aria-hidden", "true");
  return {
    node,
    update({ completed, failed: lost, total }) {
      const share = (count) => total > 0 ? `${count / total * 100}%` : "0%";
      done.style.inlineSize = share(completed);
      failed.style.inlineSize = share(lost);
      failed.hidden = lost === 0;
    }
  };
}
function moment(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1e3);
  const now = /* @__PURE__ */ new Date();
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (date.toDateString() === now.toDateString()) return time;
  const day2 = date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
  return date.getFullYear() === now.getFullYear() ? `${day2} ${time}` : `${day2} ${date.getFullYear()}`;
}

// src/panel/list.ts
var NOBODY = "";
function jobList(around, turn) {
  const items = listOf("dw-entries");
  items.setAttribute("aria-label", words2.list);
  const nothing = element("div", "dw-nothing");
  nothing.tabIndex = -1;
  const pager = pages(turn, around.signal);
  const rows = /* @__PURE__ */ new Map();
  let phases = /* @__PURE__ */ new Map();
  let wanted = "";
  let heir;
  items.addEventListener(
    "keydown",
    (event) => {
      const heads = [...items.querySelectorAll(".dw-entry-head")];
      const at = heads.indexOf(event.target);
      const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: heads.length - 1 }[event.key];
      if (at < 0 || next === void 0) return;
      heads[next]?.focus();
      event.preventDefault();
    },
    { signal: around.signal }
  );
  const place = (state) => {
    const focused = focusIn(items);
    const index = [...items.children].findIndex((item) => item.contains(focused ?? null));
    const ids = new Set(state.rows.map((row) => row.id));
    for (const [id, row] of rows) {
      if (ids.has(id)) continue;
      row.node.remove();
      rows.delete(id);
    }
    state.rows.forEach((row, index2) => {
      let part = rows.get(row.id);
      if (!part) {
        part = jobRow(around, row);
        rows.set(row.id, part);
      }
      part.update(row);
      if (items.children[index2] === part.node) return;
      const held = focusIn(part.node);
      items.insertBefore(part.node, items.children[index2] ?? null);
      held?.focus({ preventScroll: true });
    });
    if (focused && !items.contains(focused))
      heir = state.rows[Math.min(index, state.rows.length - 1)]?.id ?? NOBODY;
  };
  const handOn = () => {
    if (heir === NOBODY) nothing.focus({ preventScroll: true });
    else if (heir !== void 0) rows.get(heir)?.focus();
    heir = void 0;
  };
  const announce = (state) => {
    const turned = state.rows.filter((row) => row.phase !== (phases.get(row.id) ?? row.phase));
    if (turned.length) around.say(turned.map((row) => `${row.label}: ${row.headline}`).join(". "));
    phases = new Map(state.rows.map((row) => [row.id, row.phase]));
  };
  const showWanted = () => {
    const row = rows.get(wanted);
    if (!row) return;
    wanted = "";
    row.show();
  };
  return {
    node: element("div", "dw-list", items, nothing, pager.node),
    update(state) {
      place(state);
      announce(state);
      items.hidden = state.rows.length === 0;
      write(
        nothing,
        state.matching > 0 ? "" : state.all > 0 ? words2.noMatch : state.complete ? words2.empty : ""
      );
      pager.update(state);
      handOn();
      showWanted();
    },
    show(id) {
      wanted = id;
      showWanted();
    }
  };
}
function pages(turn, signal) {
  let page = 0;
  const newer = button(words2.newer, () => turn(page - 1), signal);
  const older = button(words2.older, () => turn(page + 1), signal);
  const where = element("span", "dw-where");
  const node = element("div", "dw-pager", newer, where, older);
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", words2.pages);
  return {
    node,
    update(state) {
      page = state.page;
      node.hidden = state.pages === 1;
      write(where, words2.page(state.first + 1, state.first + state.rows.length, state.matching));
      newer.setAttribute("aria-disabled", String(page === 0));
      older.setAttribute("aria-disabled", String(page === state.pages - 1));
    }
  };
}

// src/panel/watching.ts
var SIGN_OF_LIFE_MS = 6e4;
function watching(node, send, signal) {
  const view = Math.random().toString(36).slice(2);
  let inView = true;
  const tell = () => {
    const seen = inView && document.visibilityState !== "hidden";
    send(!node.isConnected ? "leave" : seen ? "look" : "rest", view);
  };
  const beat = setInterval(tell, SIGN_OF_LIFE_MS);
  document.addEventListener("visibilitychange", tell, { signal });
  const observer = typeof IntersectionObserver === "undefined" ? void 0 : new IntersectionObserver((entries) => {
    const now = entries.at(-1)?.isIntersecting ?? true;
    if (now === inView) return;
    inView = now;
    tell();
  });
  observer?.observe(node);
  signal.addEventListener(
    "abort",
    () => {
      clearInterval(beat);
      observer?.disconnect();
      send("leave", view);
    },
    { once: true }
  );
  send("look", view);
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
  constructor(body) {
    this.body = body;
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
function placesOf(body) {
  const page = body;
  page[KEPT] ??= new Places(body);
  return page[KEPT];
}

// src/roots.ts
var GONE_MS = 1e3;
function roots(draw2, ends, seen = () => {
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
      const kept = free.pop() ?? keep(draw2());
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

// src/waiting.ts
var SOON_MS = 600;
var LONG_MS = 1e4;
var TICK_MS = 500;
function waiting(tell, signal, long = () => "") {
  const since = /* @__PURE__ */ new Map();
  let timer = 0;
  const draw2 = () => {
    clearTimeout(timer);
    const oldest = since.size ? Date.now() - Math.min(...since.values()) : 0;
    const said = oldest < SOON_MS ? "" : `${words.unheard} ${oldest < LONG_MS ? "" : long()}`.trim();
    tell(said);
    if (since.size && !signal.aborted) timer = window.setTimeout(draw2, TICK_MS);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  return {
    sent(wish) {
      since.set(wish, Date.now());
      draw2();
    },
    over(wish) {
      if (since.delete(wish)) draw2();
    },
    clear() {
      since.clear();
      draw2();
    }
  };
}

// src/panel.ts
var TICK_MS2 = 500;
function draw(model, host) {
  const own = controllerUnder(host);
  const { signal } = own;
  const state = () => model.get("state");
  const spoken = element("div", "dw-spoken");
  spoken.setAttribute("role", "status");
  const say = (text) => {
    spoken.textContent = text;
  };
  const lost = line("lost");
  const owed = line("waiting");
  const wait = (text) => {
    write(owed, text);
    sending.wait(text);
  };
  const waits = waiting(wait, signal, () => words2.waitingLong(state().again));
  const requests = new Requests((wish, buffers) => model.send(wish, void 0, buffers), waits);
  const tell = (wish) => model.send(wish);
  const around = { ask: requests.ask, tell, say, attach: state().attach, signal };
  const sending = form(requests.ask, say, signal);
  let narrows = 0;
  const narrow = async (page) => {
    narrows++;
    await requests.ask({ kind: "list", ...narrowing.value(), page }).catch(() => {
    });
    narrows--;
  };
  const narrowing = filters(state().narrowing, () => void narrow(0), signal);
  const list = jobList(around, (page) => void narrow(page));
  const top = header(
    () => sending.toggle(),
    () => {
      rest(words2.closed(state().again));
      root.parentElement?.closest('[tabindex="0"]')?.focus({ preventScroll: true });
      model.send({ kind: "close" });
      own.abort();
    },
    signal
  );
  const body = element(
    "div",
    "dw-panel-body",
    top.node,
    sending.node,
    narrowing.node,
    owed,
    list.node,
    top.facts
  );
  const root = viewRoot("dw-panel", lost, body, spoken);
  root.setAttribute("aria-label", words2.view);
  let heard = model.get("looked") * 1e3;
  const tick = () => {
    top.tick(state(), Math.max(0, (Date.now() - heard) / 1e3));
  };
  const update = () => {
    setLost();
    top.update(state());
    list.update(state());
    if (!narrows) narrowing.take(state().narrowing);
    tick();
  };
  const setLost = (loss) => {
    const text = loss ? words2[loss](state().again) : "";
    if (lost.textContent === text) return;
    root.toggleAttribute("data-lost", loss !== void 0);
    if (loss) {
      rest(text);
      if (loss !== "unreachable") requests.giveUp(text);
    } else {
      body.inert = false;
      write(lost, "");
    }
  };
  const rest = (why) => {
    keepFocus(root, () => {
      body.inert = true;
    });
    write(lost, why);
    say(why);
  };
  update();
  listen(model, "change:state", update, signal);
  listen(
    model,
    "change:looked",
    () => {
      heard = Date.now();
      tick();
    },
    signal
  );
  watchKernel(model, setLost, signal);
  listen(
    model,
    "msg:custom",
    (message) => {
      if (message.kind === "answer" || message.kind === "progress") requests.hear(message);
      if (message.kind === "show") {
        narrowing.reset();
        root.scrollIntoView?.({ block: "nearest" });
        list.show(message.id);
      }
    },
    signal
  );
  const ticking = setInterval(tick, TICK_MS2);
  signal.addEventListener("abort", () => clearInterval(ticking), { once: true });
  watching(root, (kind, view) => model.send({ kind, view }), signal);
  return root;
}
var lives = /* @__PURE__ */ new Map();
function initialize({ model, signal }) {
  const own = controllerUnder(signal);
  listen(
    model,
    "msg:custom",
    (message) => {
      if (message.kind !== "settled") return;
      replaceOutput(model.widget_manager, message.view, model.get("place"), message.data);
    },
    own.signal
  );
  const life = roots(() => draw(model, own.signal), own.signal);
  const place = model.get("place");
  lives.set(place, life);
  own.signal.addEventListener("abort", () => lives.delete(place), { once: true });
  const show = (el) => {
    const shown = new AbortController();
    life.show(el, shown.signal);
    return shown;
  };
  settleIn(place, show, own.signal);
  return () => own.abort();
}
function render({ model, el, signal }) {
  const own = controllerUnder(signal);
  const life = lives.get(model.get("place")) ?? roots(() => draw(model, own.signal), own.signal);
  life.show(el, own.signal);
  if (canReplace(model.widget_manager)) model.send({ kind: "settle" });
  return () => own.abort();
}
var panel_default = { initialize, render };
export {
  panel_default as default
};
