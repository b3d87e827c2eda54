// sources e659bb9a3ebdcf10

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
  root.tabIndex = -1;
  root.dataset.lmSuppressShortcuts = "true";
  return root;
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
function phrases() {
  const node = element("ul", "dw-phrases");
  node.setAttribute("role", "list");
  return node;
}
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
  node.hidden = text === "";
}
function writeItems(list, texts) {
  while (list.children.length > texts.length) list.lastElementChild?.remove();
  texts.forEach((text, index) => {
    const item2 = list.children[index] ?? list.appendChild(document.createElement("li"));
    write(item2, text);
  });
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

// src/words.ts
var words = {
  view: "Batch job",
  progress: "Rows done",
  cancel: "Cancel",
  cancelling: "Cancelling…",
  lost: "The kernel restarted. Load the extension, then run this cell again: it attaches, nothing is sent twice.",
  answered: (count) => `${number(count)} answered`,
  failed: (count) => `${number(count)} failed`,
  waiting: (count) => `${number(count)} waiting`,
  unanswered: (count) => `${number(count)} not answered`
};
function number(count) {
  return count.toLocaleString("en-US");
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

// src/cancel.ts
function cancelButton(cancel, signal) {
  let asked = false;
  let wasCancelling = false;
  const draw = () => {
    write(button2, asked || wasCancelling ? words.cancelling : words.cancel);
    button2.setAttribute("aria-disabled", String(asked || wasCancelling));
  };
  const button2 = button(
    words.cancel,
    () => {
      asked = true;
      draw();
      cancel();
    },
    signal
  );
  return {
    node: button2,
    update(state) {
      const isCancelling = state.phase === "cancelling";
      if (wasCancelling && !isCancelling) asked = false;
      wasCancelling = isCancelling;
      draw();
      button2.hidden = !state.cancellable && !isCancelling;
    }
  };
}

// src/legend.ts
function legend() {
  const [answered, failed, waiting] = [item("answered"), item("failed"), item("waiting")];
  const node = element("ul", "dw-legend", answered.node, failed.node, waiting.node);
  node.setAttribute("role", "list");
  return {
    node,
    update(state) {
      node.hidden = state.total === 0;
      node.style.setProperty("--dw-digits", String(words.answered(state.total).length - " answered".length));
      write(answered.text, words.answered(state.completed));
      write(failed.text, words.failed(state.failed));
      write(waiting.text, (state.ended ? words.unanswered : words.waiting)(state.waiting));
      answered.node.toggleAttribute("data-none", state.completed === 0);
      failed.node.toggleAttribute("data-none", state.failed === 0);
      waiting.node.hidden = state.ended && state.waiting === 0;
    }
  };
}
function item(part) {
  const text = element("span", "");
  const mark = element("span", `dw-mark dw-mark-${part}`);
  return { node: element("li", "", mark, text), text };
}

// src/model.ts
function listen(model, event, listener, signal) {
  model.on(event, listener);
  signal.addEventListener("abort", () => model.off(event, listener), { once: true });
}

// src/output.ts
var WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
function replaceOutput(manager, modelId, data) {
  const cells = manager?.context?.model?.cells;
  for (let c = 0; c < (cells?.length ?? 0); c++) {
    const outputs = cells?.get(c).outputs;
    for (let o = 0; o < (outputs?.length ?? 0); o++) {
      const shown = outputs?.get(o).data[WIDGET_VIEW];
      if (shown?.model_id === modelId) outputs?.set(o, { output_type: "display_data", data, metadata: {} });
    }
  }
}

// src/job_view.ts
function render({ model, el, signal: given }) {
  const own = new AbortController();
  const signal = given ? AbortSignal.any([given, own.signal]) : own.signal;
  const headline = element("div", "dw-headline");
  const label = element("div", "dw-label");
  const details = phrases();
  const lines = { error: line("error"), trouble: line("trouble"), note: line("note") };
  const lost = line("lost");
  const progress = bar();
  const counts = legend();
  const speaker = announcer();
  const cancel = cancelButton(() => model.send({ kind: "cancel" }), signal);
  const root = viewRoot(
    "dw-job",
    element("div", "dw-header", headline, label, cancel.node),
    lines.error,
    progress.node,
    counts.node,
    details,
    lines.trouble,
    lines.note,
    lost,
    speaker.node
  );
  const update = () => {
    const state = model.get("state");
    if (!lost.hidden) setLost(false);
    const hadFocus = cancel.node.matches(":focus");
    root.dataset.phase = state.phase;
    root.setAttribute("aria-label", state.label ? `${words.view} ${state.label}` : words.view);
    write(headline, state.headline);
    write(label, state.label);
    label.title = state.label;
    writeItems(details, state.details);
    write(lines.error, state.error);
    write(lines.trouble, state.trouble);
    write(lines.note, state.note);
    for (const part of [progress, counts, cancel, speaker]) part.update(state);
    if (hadFocus && cancel.node.hidden) root.focus({ preventScroll: true });
  };
  const setLost = (gone) => {
    root.toggleAttribute("data-lost", gone);
    write(lost, gone ? words.lost : "");
    if (gone) speaker.say(words.lost);
  };
  update();
  listen(model, "change:state", update, signal);
  listen(model, "comm_live_update", () => setLost(true), signal);
  listen(
    model,
    "msg:custom",
    (answer) => {
      if (answer.kind === "settled") replaceOutput(model.widget_manager, answer.view, answer.data);
    },
    signal
  );
  el.append(root);
  if (model.get("state").ended) model.send({ kind: "settle" });
  return () => own.abort();
}
var job_view_default = { render };
export {
  job_view_default as default
};
