import { beforeEach, describe, expect, it, vi } from "vitest";
import cases from "../../tests/view_states.json";
import view from "../src/job_view";
import type { JobState } from "../src/state";
import { words } from "../src/words";
import { FakeModel } from "./fake_model";

const state = (name: string) => cases.find((one) => one.name === name)?.state as JobState;

/** As a host does that has the model; the output holds the settled form. */
function live(name: string, place = "here") {
  const model = new FakeModel(state(name), place);
  const controller = new AbortController();
  view.initialize({ model, signal: controller.signal });
  return { model, controller };
}

function output(place: string) {
  const node = document.createElement("div");
  node.innerHTML = `<div data-dw-view="${place}"><strong>Done</strong></div>`;
  return document.body.appendChild(node);
}

const turn = () => new Promise((done) => setTimeout(done));
const form = (node: HTMLElement) => node.querySelector("[data-dw-view]") as HTMLElement;

beforeEach(() => document.body.replaceChildren());

describe("a settled form", () => {
  it("gives its place to the view while there is a kernel, wherever and whenever it appears", async () => {
    const first = output("here");
    const { model, controller } = live("completed with failures");
    const other = output("elsewhere");
    const second = output("here");
    await turn();
    expect([first, other, second].map((node) => node.querySelectorAll(".dw-job").length)).toEqual([1, 0, 1]);
    expect(form(first).style.display).toBe("none");
    model.tell(state("running"));
    expect(second.querySelector(".dw-headline")?.textContent).toBe(state("running").headline);
    controller.abort();
    expect(document.querySelector(".dw-job")).toBe(null);
    expect(form(first).style.display).toBe("");
    expect(model.listeners).toEqual([]);
  });

  it("gives its place to the newest model of its view, as when a notebook is opened again in the same page", async () => {
    const left = live("running");
    const node = output("here");
    await turn();
    expect(node.querySelectorAll(".dw-job")).toHaveLength(1);
    const { model } = live("completed");
    expect(node.querySelectorAll(".dw-job")).toHaveLength(1);
    expect(node.querySelector(".dw-headline")?.textContent).toBe(state("completed").headline);
    left.controller.abort();
    model.tell(state("completed with failures"));
    expect(node.querySelector(".dw-headline")?.textContent).toBe(state("completed with failures").headline);
    expect(form(node).style.display).toBe("none");
  });

  it("is back when the kernel of an ended job goes, and stays", async () => {
    const node = output("here");
    const { model } = live("completed");
    model.trigger("comm_live_update");
    node.append("changed");
    await turn();
    expect(node.querySelector(".dw-job")).toBe(null);
    expect(form(node).style.display).toBe("");
  });

  it("stays away while a job that was taken up again is under way, and says what to do", () => {
    const node = output("here");
    const { model } = live("running");
    model.trigger("comm_live_update");
    expect(node.querySelector(".dw-line-lost > code")?.textContent).toBe(words.attach(model.state.job));
  });

  it("keeps what was opened, typed and focused when its output is replaced, and no two outputs share it", async () => {
    const { model, controller } = live("running");
    const el = document.body.appendChild(document.createElement("div"));
    const shown = new AbortController();
    view.render({ model, el, signal: shown.signal });
    const search = el.querySelector("[type=search]") as HTMLInputElement;
    search.value = "zurich";
    search.focus();
    shown.abort();
    const node = output("here");
    const other = output("here");
    await turn();
    expect(node.querySelector("[type=search]")).toBe(search);
    expect(document.activeElement).toBe(search);
    expect((other.querySelector("[type=search]") as HTMLInputElement).value).toBe("");
    controller.abort();
    expect(model.listeners).toEqual([]);
  });
});

it("says when no output shows the job any more, and when one does again", async () => {
  vi.useFakeTimers();
  try {
    const { model } = live("running");
    expect(model.looks).toBe(undefined);
    const first = output("here");
    await vi.advanceTimersByTimeAsync(1);
    expect(model.looks).toBe(true);
    first.remove();
    await vi.advanceTimersByTimeAsync(1);
    const second = output("here");
    await vi.advanceTimersByTimeAsync(5000);
    expect(model.looks).toBe(true);
    second.remove();
    await vi.advanceTimersByTimeAsync(5000);
    expect(model.looks).toBe(false);
    document.body.append(second);
    await vi.advanceTimersByTimeAsync(1);
    expect(model.looks).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

it("is asked for as soon as it names the job, once, where the host lets an output be replaced", () => {
  const host = { context: { model: { cells: { length: 0, get: () => ({}) } } } };
  for (const [manager, sent] of [
    [host, [{ kind: "settle" }]],
    [{}, []],
  ] as const) {
    const model = new FakeModel(state("preparing"));
    model.widget_manager = manager;
    view.render({ model, el: document.createElement("div") });
    expect(model.sent).toEqual([]);
    model.tell(state("queued"));
    model.tell(state("running"));
    expect(model.sent).toEqual(sent);
  }
});

describe("the end", () => {
  it("is asked for again by a view that is shown after it, and only by such a one", () => {
    for (const [name, sent] of [
      ["completed", [{ kind: "settle" }]],
      ["running", []],
    ] as const) {
      const model = new FakeModel(state(name));
      view.render({ model, el: document.createElement("div") });
      model.tell(state("completed"));
      expect(model.sent).toEqual(sent);
    }
  });

  it("replaces the output that shows the widget, and no other", () => {
    const { model } = live("completed");
    const shows = (id: string) => ({
      data: { "application/vnd.jupyter.widget-view+json": { model_id: id } },
    });
    const outputs = [shows("other"), { data: { "text/plain": "mine" } }, shows("mine")];
    const list = <Item>(items: Item[]) => ({ length: items.length, get: (index: number) => items[index] });
    const set = (index: number, output: { data: Record<string, string> }) =>
      outputs.splice(index, 1, output as never);
    const formOf = (place: string, text: string) => ({
      data: { "text/html": `<p data-dw-view="${place}">${text}</p>` },
    });
    outputs.push(formOf("here", "older") as never, formOf("elsewhere", "older") as never);
    const code = { outputs: { ...list(outputs), set } };
    model.widget_manager = { context: { model: { cells: list([{}, code]) } } };
    const data = { "text/html": "<p>done</p>", "text/plain": "done" };
    model.trigger("msg:custom", { kind: "settled", view: "mine", data });
    expect(outputs).toEqual([
      shows("other"),
      { data: { "text/plain": "mine" } },
      expect.objectContaining({ data }),
      expect.objectContaining({ data }),
      formOf("elsewhere", "older"),
    ]);
  });

  it("passes in silence where the host shows no notebook", () => {
    live("completed").model.trigger("msg:custom", { kind: "settled", view: "mine", data: {} });
  });
});

it("is put at once where it is the first, and then when the notebook is saved", () => {
  const slots: ((context: unknown, state: string) => void)[] = [];
  const saveState = {
    connect: (slot: (typeof slots)[0]) => slots.push(slot),
    disconnect: () => slots.splice(0),
  };
  let data: Record<string, unknown> = { "application/vnd.jupyter.widget-view+json": { model_id: "w" } };
  const outputs = {
    length: 1,
    get: () => ({ data }),
    set: (_: number, output: { data: Record<string, unknown> }) => {
      data = output.data;
    },
  };
  const model = new FakeModel(state("running"));
  model.widget_manager = {
    context: { model: { cells: { length: 1, get: () => ({ outputs }) } }, saveState },
  };
  const controller = new AbortController();
  view.initialize({ model, signal: controller.signal });
  const settle = (text: string) =>
    model.trigger("msg:custom", {
      kind: "settled",
      view: "w",
      data: { "text/html": `<div data-dw-view="here">${text}</div>` },
    });
  const shown = () => /\w+(?=<)/.exec(String(data["text/html"]))?.[0];
  const save = () => {
    for (const moment of ["started", "completed"]) for (const slot of slots) slot(undefined, moment);
  };
  settle("first");
  expect(shown()).toBe("first");
  settle("second");
  settle("third");
  expect(shown()).toBe("first");
  save();
  expect(shown()).toBe("third");
  model.tell(state("completed"));
  settle("last");
  expect(shown()).toBe("last");
  controller.abort();
  expect(slots).toEqual([]);
});
