import { button, element, line, write } from "../element";
import { field, select, suggesting } from "./fields";
import { findings } from "./findings";
import { type Ask, type Done, reasonOf } from "./requests";
import { sourcePart } from "./source";
import { words } from "./words";

type Step = "check" | "estimate" | "submit";

/**
 * The form that sends requests: chosen, checked with every fault listed, priced, sent. Whatever is changed takes back
 * what was said of it. Sending checks once more on the kernel's side, so that nothing unseen is sent.
 */
export function form(ask: Ask, say: (text: string) => void, signal: AbortSignal) {
  const source = sourcePart(ask, (ready) => changed(ready), signal);
  const model = select(words.model, [["", words.asInFile]]);
  const window = suggesting(words.window);
  window.input.value = "24h";
  const label = field(words.label, "text", words.labelHint);
  const choices = element("div", "dw-choices", model.node, window.node, label.node);
  const found = findings(ask, signal);
  const cost = line("cost");
  const outcome = line("error");
  const doing = line("note");
  const waiting = line("waiting");
  const buttons = {
    check: button(words.check, () => void run("check"), signal),
    estimate: button(words.cost, () => void run("estimate"), signal),
    submit: button(words.submit, () => void run("submit"), signal),
  };
  buttons.submit.classList.add("dw-primary");
  let busy: Step | undefined;
  let sendable = false;
  let models: string[] = [];
  let kept = ""; // what stays to be read when a step is over
  let overtaken = false; // whether the draft has changed since it was sent off

  const draw = () => {
    const ready = source.value() !== undefined && busy === undefined;
    buttons.check.setAttribute("aria-disabled", String(!ready));
    for (const step of ["estimate", "submit"] as const) {
      buttons[step].setAttribute("aria-disabled", String(!ready || !sendable));
    }
    for (const part of [source.node, choices]) part.inert = busy === "submit";
    const first = source.kind() === "file" ? words.asInFile : words.onlyModel;
    model.offer([["", first], ...models.map((name) => [name, name] as const)]);
  };
  /** Takes back what was said of a draft that has changed; what is on its way then comes too late. */
  let version = 0;
  const forget = () => {
    version++;
    busy = undefined;
    sendable = false;
    found.clear();
    for (const said of [cost, outcome, doing]) write(said, "");
    draw();
  };
  const changed = (ready: boolean) => {
    if (busy === "submit") {
      overtaken = true; // how the sending goes is told all the same
      return;
    }
    forget();
    if (ready) void run("check");
  };
  const run = async (step: Step) => {
    const mine = ++version;
    busy = step;
    kept = "";
    for (const said of [cost, outcome]) write(said, "");
    write(doing, { check: words.checking, estimate: words.costing, submit: words.submitting }[step]);
    draw();
    const chosen = { model: model.input.value, window: window.input.value, label: label.input.value };
    const progress = (share: number) => {
      if (mine === version) write(doing, words.costSent(share));
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
    busy = undefined;
    if (overtaken) {
      overtaken = sendable = false;
      found.clear();
    }
    write(doing, kept);
    draw();
  };
  const finish = (step: Step, done: Done) => {
    if (step === "check") {
      sendable = done.sendable;
      say(found.show(done));
    } else if (step === "estimate") {
      write(cost, done.text);
      say(done.text);
    } else {
      sendable = false;
      found.clear();
      kept = done.note || words.sent;
      say(kept);
    }
  };
  for (const input of [model.input, window.input]) {
    input.addEventListener("change", () => changed(source.value() !== undefined), { signal });
  }

  const node = element(
    "div",
    "dw-form",
    source.node,
    choices,
    element("div", "dw-panel-buttons", buttons.check, buttons.estimate, buttons.submit),
    doing,
    waiting,
    outcome,
    found.node,
    cost,
  );
  node.setAttribute("role", "group");
  node.setAttribute("aria-label", words.form);
  node.hidden = true;
  draw();

  const offer = async () => {
    try {
      const offered = await ask({ kind: "offer" });
      if (signal.aborted) return;
      models = offered.models;
      window.offer(offered.windows);
      source.offer(offered.tables);
      if (offered.trouble) write(outcome, offered.trouble);
      draw();
    } catch (error) {
      if (!signal.aborted) write(outcome, reasonOf(error));
    }
  };
  return {
    node,
    /** Says that the kernel has not answered, beside what it was asked. */
    wait(text: string) {
      write(waiting, text);
    },
    toggle() {
      node.hidden = !node.hidden;
      if (!node.hidden) void offer();
      return !node.hidden;
    },
  };
}
