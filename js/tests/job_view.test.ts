import { beforeEach, describe, expect, it } from "vitest";
import cases from "../../tests/view_states.json";
import view from "../src/job_view";
import type { JobState } from "../src/state";
import { words } from "../src/words";
import { FakeModel } from "./fake_model";

const state = (name: string) => cases.find((one) => one.name === name)?.state as JobState;

function show(name: string, { passSignal = true } = {}) {
  const el = document.body.appendChild(document.createElement("div"));
  const model = new FakeModel(state(name));
  const controller = new AbortController();
  const cleanup = view.render({ model, el, ...(passSignal ? { signal: controller.signal } : {}) });
  const find = (selector: string) => el.querySelector(selector) as HTMLElement;
  return { el, model, controller, cleanup, find, button: find("button") as HTMLButtonElement };
}

beforeEach(() => document.body.replaceChildren());

describe("a tick", () => {
  it("changes the nodes that are there and makes none anew", () => {
    const { el, model, find } = show("running");
    const before = [...el.querySelectorAll("*")];
    model.tell({ headline: "143 of 500 answered, 3 failed", completed: 143, waiting: 354 });
    expect([...el.querySelectorAll("*")]).toEqual(before);
    expect(find(".dw-headline").textContent).toBe("143 of 500 answered, 3 failed");
    expect(find(".dw-legend").textContent).toBe("143 answered3 failed354 waiting");
    expect((find("progress") as HTMLProgressElement).value).toBeCloseTo(143 / 500);
  });

  it("is told to screen readers only where the phase changes", () => {
    const { model, find } = show("queued");
    const announced = () => find("[role=status]").textContent;
    expect(announced()).toBe("");
    model.tell(state("running"));
    expect(announced()).toBe(state("running").headline);
    model.tell({ headline: "200 of 500 answered" });
    expect(announced()).toBe(state("running").headline);
    model.tell(state("completed"));
    expect(announced()).toBe("Done: 500 of 500 answered");
  });

  it("may have fewer or more details than the last", () => {
    const { model, find } = show("running");
    for (const details of [["a"], ["a", "b", "c"], []]) {
      model.tell({ details });
      expect([...find(".dw-phrases").children].map((item) => item.textContent)).toEqual(details);
    }
  });
});

describe("Cancel", () => {
  it("asks once, says so at once, and goes on saying so through ticks of a kernel that has not heard yet", () => {
    const { model, button } = show("running");
    button.click();
    button.click();
    model.tell({ completed: 150 });
    expect(model.sent).toEqual([{ kind: "cancel" }]);
    expect(button.textContent).toBe(words.cancelling);
    expect(button.getAttribute("aria-disabled")).toBe("true");
  });

  it("comes back where the service did not cancel, and goes when the job ends", () => {
    const { model, button } = show("running");
    button.click();
    model.tell(state("cancelling"));
    expect(button.hidden).toBe(false);
    model.tell(state("running"));
    expect([button.textContent, button.getAttribute("aria-disabled")]).toEqual([words.cancel, "false"]);
    model.tell(state("completed"));
    expect(button.hidden).toBe(true);
  });

  it("keeps the focus while it waits, and leaves it to the view when it goes", () => {
    const { model, button, find } = show("running");
    button.focus();
    button.click();
    model.tell(state("cancelling"));
    expect(document.activeElement).toBe(button);
    model.tell(state("cancelled"));
    expect(document.activeElement).toBe(find(".dw-job"));
  });
});

describe("a view that goes", () => {
  it("leaves no listener behind when its signal aborts", () => {
    const { model, controller, button } = show("running");
    controller.abort();
    button.click();
    expect([model.listeners, model.sent]).toEqual([[], []]);
  });

  it("cleans up by itself where the host passes no signal", () => {
    const { model, cleanup } = show("running", { passSignal: false });
    cleanup();
    expect(model.listeners).toEqual([]);
  });
});

describe("the end", () => {
  it("is asked for again by a view that is shown after it, and only by such a one", () => {
    expect(show("completed").model.sent).toEqual([{ kind: "settle" }]);
    const { model } = show("running");
    model.tell(state("completed"));
    expect(model.sent).toEqual([]);
  });

  it("replaces the output that shows the widget, and no other", () => {
    const { model } = show("completed");
    const shows = (id: string) => ({
      data: { "application/vnd.jupyter.widget-view+json": { model_id: id } },
    });
    const outputs = [shows("other"), { data: { "text/plain": "mine" } }, shows("mine")];
    const list = <Item>(items: Item[]) => ({ length: items.length, get: (index: number) => items[index] });
    const set = (index: number, output: { data: Record<string, string> }) =>
      outputs.splice(index, 1, output as never);
    const code = { outputs: { ...list(outputs), set } };
    model.widget_manager = { context: { model: { cells: list([{}, code]) } } };
    const data = { "text/html": "<p>done</p>", "text/plain": "done" };
    model.trigger("msg:custom", { kind: "settled", view: "mine", data });
    expect(outputs).toEqual([
      shows("other"),
      { data: { "text/plain": "mine" } },
      expect.objectContaining({ data }),
    ]);
  });

  it("passes in silence where the host shows no notebook", () => {
    const { model } = show("completed");
    model.trigger("msg:custom", { kind: "settled", view: "mine", data: {} });
  });
});

it("greys and says how to go on when the kernel restarts, and is itself again when a state comes", () => {
  const { model, find } = show("running");
  model.trigger("comm_live_update");
  expect(find(".dw-line-lost").textContent).toBe(words.lost);
  expect(find("[role=status]").textContent).toBe(words.lost);
  expect(find(".dw-job").hasAttribute("data-lost")).toBe(true);
  model.tell({ completed: 150 });
  expect(find(".dw-line-lost").hidden).toBe(true);
});

it("shows markup in what a job says as text", () => {
  const { el, find } = show("hostile");
  expect(el.querySelector("img, script, b")).toBe(null);
  expect(find(".dw-label").textContent).toBe(state("hostile").label);
  expect(find(".dw-line-note").textContent).toBe(state("hostile").note);
});
