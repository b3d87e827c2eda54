import { beforeEach, describe, expect, it, vi } from "vitest";
import shared from "../../tests/view_replies.json";
import cases from "../../tests/view_states.json";
import view from "../src/job_view";
import type { Answer } from "../src/model";
import type { JobState, Page, Row, Whole } from "../src/state";
import { words } from "../src/words";
import { FakeModel } from "./fake_model";

const state = (name: string) => cases.find((one) => one.name === name)?.state as JobState;
const firstPage = shared.asked[0]?.answer.rows as Page;
const wholes = shared.asked.flatMap(({ answer }) => ("row" in answer ? [answer.row] : [])) as Whole[];
const long = (row: number): Row => ({ row, label: `${row}`, status: "completed", prompt: "p", answer: "a" });

function open(name = "completed with failures") {
  const el = document.body.appendChild(document.createElement("div"));
  const model = new FakeModel(state(name));
  const controller = new AbortController();
  view.render({ model, el, signal: controller.signal });
  const details = el.querySelector("details") as HTMLDetailsElement;
  details.open = true;
  details.dispatchEvent(new Event("toggle"));
  const rows = () => [...el.querySelectorAll<HTMLButtonElement>(".dw-row")];
  const reply = (page: Page = firstPage) =>
    model.trigger("msg:custom", { kind: "rows", id: model.asked("rows").id, rows: page });
  const replyWhole = (row: number) =>
    model.trigger("msg:custom", { kind: "row", id: model.asked("row").id, row: wholes[row] } as Answer);
  const key = (name: string, at: Element = document.activeElement as Element) =>
    at.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
  const opened = () =>
    [...el.querySelectorAll(".dw-whole:not([hidden])")].map((node) => node.textContent ?? "");
  const close = () => {
    details.open = false;
    details.dispatchEvent(new Event("toggle"));
    controller.abort();
  };
  return { el, model, details, rows, reply, replyWhole, key, opened, close };
}

beforeEach(() => document.body.replaceChildren());

describe("the reader", () => {
  it("asks for nothing until it is opened, and for rows that there are", () => {
    const el = document.body.appendChild(document.createElement("div"));
    const model = new FakeModel(state("preparing"));
    const controller = new AbortController();
    view.render({ model, el, signal: controller.signal });
    expect(el.querySelector("details")?.hidden).toBe(true);
    model.tell(state("running"));
    expect(el.querySelector("details")?.hidden).toBe(false);
    expect(model.sent).toEqual([]);
    controller.abort();
  });

  it("shows the page that it asked for last, and passes over others", () => {
    const { el, model, rows, reply, close } = open();
    const asked = model.asked("rows");
    expect(asked).toMatchObject({ status: "", group: "", message: "", text: "", start: 0 });
    model.trigger("msg:custom", { kind: "rows", id: asked.id - 1, rows: { ...firstPage, rows: [] } });
    expect(rows()).toHaveLength(0);
    reply();
    expect(rows().map((row) => row.querySelector(".dw-row-label")?.textContent)).toEqual(shared.labels);
    expect(el.querySelector(".dw-found")?.textContent).toBe("1–8 of 8 rows");
    close();
  });

  it("turns pages, and knows the first and the last", () => {
    const { el, model, reply, close } = open();
    const [before, after] = [...el.querySelectorAll<HTMLButtonElement>(".dw-pages button")];
    const page = (start: number) => ({
      ...firstPage,
      start,
      total: 120,
      rows: [long(start), long(start + 1)],
    });
    reply(page(0));
    expect([before, after].map((node) => node?.getAttribute("aria-disabled"))).toEqual(["true", "false"]);
    after?.click();
    expect(model.asked("rows").start).toBe(50);
    reply(page(50));
    before?.click();
    expect(model.asked("rows").start).toBe(0);
    reply({ ...page(118), start: 118 });
    expect(after?.getAttribute("aria-disabled")).toBe("true");
    before?.click();
    expect(model.asked("rows").start).toBe(68); // from where the kernel went to
    close();
  });

  it("chooses by status, by text and by reason", () => {
    vi.useFakeTimers();
    try {
      const { el, model, reply, close } = open();
      reply();
      const status = el.querySelector("select") as HTMLSelectElement;
      status.value = "failed";
      status.dispatchEvent(new Event("change"));
      expect(model.asked("rows")).toMatchObject({ status: "failed", start: 0 });
      const search = el.querySelector("input") as HTMLInputElement;
      search.value = "zürich";
      search.dispatchEvent(new Event("input"));
      expect(model.asked("rows").text).toBe("");
      vi.advanceTimersByTime(300);
      expect(model.asked("rows")).toMatchObject({ status: "failed", text: "zürich" });
      const reason = el.querySelector(".dw-reason") as HTMLButtonElement;
      expect(reason.textContent).toBe(`2 × 400: ${firstPage.reasons[0]?.message}`);
      reason.click();
      const { kind: group, code, message } = firstPage.reasons[0] ?? {};
      expect(model.asked("rows")).toMatchObject({ status: "", group, code, message });
      expect(reason.getAttribute("aria-pressed")).toBe("true");
      reason.click();
      expect(model.asked("rows")).toMatchObject({ group: "", message: "" });
      close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps the reason that is chosen, though no row has it any more, and each button its reason", () => {
    const { el, model, reply, close } = open();
    const [first, second] = firstPage.reasons;
    if (!first || !second) throw new Error("two reasons");
    const buttons = () => [...el.querySelectorAll<HTMLButtonElement>(".dw-reason")];
    reply();
    buttons()[1]?.focus();
    const focused = document.activeElement;
    reply({ ...firstPage, reasons: [second, first] });
    expect([document.activeElement, focused?.textContent]).toEqual([focused, buttons()[0]?.textContent]);
    buttons()[1]?.click();
    reply({ ...firstPage, reasons: [], rows: [] });
    expect(buttons().map((each) => [each.textContent, each.getAttribute("aria-pressed")])).toEqual([
      [words.reason(0, `400: ${first.message}`), "true"],
    ]);
    expect(document.activeElement).toBe(el.querySelector("select"));
    buttons()[0]?.click();
    expect(model.asked("rows")).toMatchObject({ group: "", code: "", message: "" });
    reply({ ...firstPage, reasons: [] });
    expect(buttons()).toEqual([]);
    close();
  });

  it("says that no row is meant, and how to mean all again", () => {
    const { el, model, reply, close } = open();
    const clear = [...el.querySelectorAll("button")].find((each) => each.textContent === words.clear);
    const none = { ...firstPage, rows: [], total: 0 };
    const found = () => el.querySelector(".dw-found")?.textContent;
    reply(none);
    expect([found(), clear?.hidden]).toEqual(["0 rows", true]);
    const status = el.querySelector("select") as HTMLSelectElement;
    status.value = "failed";
    status.dispatchEvent(new Event("change"));
    reply(none);
    expect([found(), clear?.hidden]).toEqual([words.noMatch, false]);
    clear?.click();
    expect(model.asked("rows")).toMatchObject({ status: "", text: "", start: 0 });
    expect([status.value, document.activeElement]).toEqual(["", el.querySelector("input")]);
    close();
  });

  it("turns the page where arrows go beyond it, and by its keys, and the focus goes along", () => {
    const { el, model, rows, reply, key, close } = open();
    const pages = el.querySelector(".dw-pages") as HTMLElement;
    expect(pages.hidden).toBe(true); // there is nothing to turn yet
    const page = (start: number) => ({
      ...firstPage,
      start,
      total: 120,
      rows: [long(start), long(start + 1)],
    });
    reply(page(0));
    rows()[1]?.focus();
    for (const [name, start, place] of [
      ["ArrowDown", 50, 0],
      ["ArrowUp", 0, 1],
      ["PageDown", 50, 0],
      ["PageDown", 100, 0],
      ["PageUp", 50, 1],
    ] as const) {
      key(name);
      key(name); // the second comes while the first is on its way
      expect(model.asked("rows").start).toBe(start);
      reply({ ...page(start), total: 120 });
      expect(document.activeElement).toBe(rows()[place]);
    }
    reply(page(0));
    const asked = model.sent.length;
    rows()[0]?.focus();
    key("PageUp");
    key("ArrowUp");
    expect([model.sent.length, document.activeElement]).toEqual([asked, rows()[0]]);
    close();
  });

  it("says that a kernel which runs a cell has not heard", () => {
    vi.useFakeTimers();
    try {
      const { el, rows, reply, replyWhole, close } = open();
      const waiting = () => el.querySelector(".dw-line-waiting")?.textContent;
      vi.advanceTimersByTime(1100);
      expect(waiting()).toBe(words.unheard);
      reply();
      expect(waiting()).toBe("");
      rows()[1]?.click();
      vi.advanceTimersByTime(1100);
      expect(waiting()).toBe(words.unheard);
      replyWhole(1);
      expect(waiting()).toBe("");
      rows()[2]?.click();
      vi.advanceTimersByTime(1100);
      rows()[2]?.click();
      expect(waiting()).toBe("");
      close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("opens one row at a time, and Escape closes it", () => {
    const { rows, reply, replyWhole, opened, key, close } = open();
    reply();
    rows()[4]?.click();
    expect(opened()).toEqual([words.looking]);
    replyWhole(4);
    expect(opened()[0]).toContain("tool call: weather");
    rows()[5]?.click();
    replyWhole(5);
    expect(opened()).toHaveLength(1);
    expect(opened()[0]).toContain("A small red dot");
    expect(
      rows()
        .map((row) => row.getAttribute("aria-expanded"))
        .filter((is) => is === "true"),
    ).toHaveLength(1);
    rows()[5]?.focus();
    key("Escape");
    expect(opened()).toEqual([]);
    expect(document.activeElement).toBe(rows()[5]);
    close();
  });

  it("moves through the rows by arrows, with one stop for the Tab key", () => {
    const { rows, reply, key, close } = open();
    reply();
    const stops = () => rows().flatMap((row, place) => (row.tabIndex === 0 ? [place] : []));
    expect(stops()).toEqual([0]);
    rows()[0]?.focus();
    for (const [name, place] of [
      ["ArrowDown", 1],
      ["ArrowUp", 0],
      ["ArrowUp", 0],
      ["End", 7],
      ["ArrowDown", 7],
      ["Home", 0],
    ] as const) {
      key(name);
      expect([document.activeElement, stops()]).toEqual([rows()[place], [place]]);
    }
    close();
  });

  it("looks again while rows come in, keeps the focus and the open row, and leaves a search alone", () => {
    vi.useFakeTimers();
    try {
      const { model, rows, reply, replyWhole, opened, close } = open("running");
      reply();
      rows()[1]?.click();
      replyWhole(1);
      rows()[2]?.focus();
      const asked = () => model.sent.filter(({ kind }) => kind === "rows").length;
      for (const completed of [200, 201, 202]) model.tell({ completed });
      expect(asked()).toBe(1);
      vi.advanceTimersByTime(2000);
      expect(asked()).toBe(2);
      const before = rows();
      reply({ ...firstPage, rows: firstPage.rows.map((row) => ({ ...row, answer: "new" })) });
      expect(rows()).toEqual(before);
      expect(document.activeElement).toBe(before[2]);
      expect(opened()[0]).toContain("negative");
      expect(model.sent.filter(({ kind }) => kind === "row")).toHaveLength(2);
      vi.advanceTimersByTime(9000);
      expect(asked()).toBe(2);
      model.tell({ completed: 203 });
      vi.advanceTimersByTime(1); // the last look is long ago
      expect(asked()).toBe(3);
      close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("says why a page or a row was not read, and tells readers of screens only of what was chosen", () => {
    vi.useFakeTimers();
    try {
      const { el, model, rows, reply, opened, close } = open("running");
      const refuse = (wish: "rows" | "row", why: string) =>
        model.trigger("msg:custom", { kind: "refused", wish, id: model.asked(wish as "rows").id, why });
      const said = () => el.querySelector("[role=status]")?.textContent;
      refuse("rows", "The disk is gone.");
      expect(el.querySelector(".dw-found")?.textContent).toBe("The disk is gone.");
      expect(el.querySelector(".dw-rows")?.getAttribute("aria-busy")).toBe(null);
      expect(said()).toBe("The disk is gone.");
      reply();
      expect(said()).toBe("The disk is gone.");
      rows()[0]?.click();
      refuse("row", "It is not there.");
      expect(opened()).toEqual(["It is not there."]);
      expect(el.querySelector(".dw-line-trouble:not([hidden])")).toBe(null);
      close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("is there again after a short disconnection, and asks anew what was on its way", () => {
    const slots: (() => void)[] = [];
    const signal = { connect: (slot: () => void) => slots.push(slot), disconnect: () => {} };
    const kernel = { id: "k", status: "idle", connectionStatus: "connected" };
    const sessionContext = { session: { kernel }, statusChanged: signal };
    const el = document.body.appendChild(document.createElement("div"));
    const model = new FakeModel(state("completed"));
    model.widget_manager = { context: { sessionContext } };
    const controller = new AbortController();
    view.render({ model, el, signal: controller.signal });
    const details = el.querySelector("details") as HTMLDetailsElement;
    const connection = (is: string) => {
      kernel.connectionStatus = is;
      for (const slot of slots) slot();
    };
    connection("disconnected");
    expect(details.hidden).toBe(true);
    connection("connected");
    expect(details.hidden).toBe(false);
    details.open = true;
    details.dispatchEvent(new Event("toggle"));
    connection("disconnected");
    connection("connected");
    expect(model.sent.filter(({ kind }) => kind === "rows")).toHaveLength(2);
    controller.abort();
  });

  it("leaves an opened row alone while it says the same, wherever others come in before it", () => {
    vi.useFakeTimers();
    try {
      const { el, model, rows, reply, replyWhole, close } = open("running");
      reply({ ...firstPage, rows: firstPage.rows.slice(1, 3) });
      rows()[0]?.click();
      replyWhole(1);
      const whole = [...el.querySelectorAll(".dw-whole:not([hidden]) *")];
      const copy = whole.find((node) => node.textContent === words.copy) as HTMLElement;
      copy.focus();
      model.tell({ completed: 200 });
      vi.advanceTimersByTime(2000);
      reply();
      expect(rows()).toHaveLength(8);
      expect([...el.querySelectorAll(".dw-whole:not([hidden]) *")]).toEqual(whole);
      expect(document.activeElement).toBe(copy);
      expect(model.sent.filter(({ kind }) => kind === "row")).toHaveLength(1);
      model.tell({ completed: 201 });
      vi.advanceTimersByTime(2000);
      reply({ ...firstPage, rows: firstPage.rows.slice(4) });
      expect(document.activeElement).toBe(rows()[1]);
      close();
    } finally {
      vi.useRealTimers();
    }
  });

  it("keeps to what is shown where there is no kernel to ask", () => {
    const { model, details, rows, reply, opened, close } = open("running");
    reply();
    model.trigger("comm_live_update");
    const asked = model.sent.length;
    rows()[0]?.click();
    expect([model.sent.length, opened()]).toEqual([asked, []]);
    expect((details.querySelector(".dw-filter") as HTMLElement).inert).toBe(true);
    close();
  });
});

describe("what others wrote", () => {
  it("is said to be blank where nothing of it is to be seen, and not kept where nobody has it", () => {
    const { el, model, rows, reply, close } = open();
    const asked = [null, "", " \n"].map((prompt, row) => ({ ...long(row), prompt, answer: row ? " " : "a" }));
    reply({ ...firstPage, rows: asked });
    const said = (name: string) => rows().map((row) => row.querySelector(`.dw-row-${name}`)?.textContent);
    expect(said("prompt")).toEqual([words.noPrompt, words.blank, words.blank]);
    expect(said("answer")).toEqual(["a", words.blank, words.blank]);
    rows()[1]?.click();
    const block = { title: "user", form: "text", text: "" } as const;
    const row = { ...(wholes[0] as Whole), row: 1, request: [block], answer: [block] };
    model.trigger("msg:custom", { kind: "row", id: model.asked("row").id, row } as Answer);
    expect([...el.querySelectorAll(".dw-text-none")].map((node) => node.textContent)).toEqual([
      words.blank,
      words.blank,
    ]);
    close();
  });

  it("is text, in lists and in rows", () => {
    const { el, rows, reply, replyWhole, close } = open();
    reply();
    rows()[3]?.click();
    replyWhole(3);
    expect(el.querySelector(".dw-reader :is(script, img, b, a, iframe)")).toBe(null);
    expect(el.querySelector(".dw-text")?.textContent).toBe(wholes[3]?.request[0]?.text);
    for (const node of el.querySelectorAll<HTMLElement>(".dw-row bdi, .dw-text"))
      expect(node.dir).toBe("auto");
    close();
  });

  it("is shown as a picture only where the picture is in the request", () => {
    const { el, rows, reply, replyWhole, close } = open();
    reply();
    rows()[5]?.click();
    replyWhole(5);
    const pictures = [...el.querySelectorAll("img")].map((image) => image.src.slice(0, 22));
    expect(pictures).toEqual(["data:image/png;base64,"]);
    expect(el.textContent).toContain("https://example.invalid/a.png");
    expect(el.textContent).toContain("data:image/svg+xml,<svg onload=alert(1)>");
    close();
  });

  it("is cut where it is long, and whole for whoever asks", () => {
    const { el, model, rows, reply, close } = open();
    reply();
    rows()[0]?.click();
    const text = "wo😀".repeat(262_145);
    const row = { ...(wholes[0] as Whole), answer: [{ title: "assistant", form: "text" as const, text }] };
    model.trigger("msg:custom", { kind: "row", id: model.asked("row").id, row });
    const shown = () =>
      [...el.querySelectorAll(".dw-blocks-answer .dw-text")].map((node) => node.textContent).join("");
    expect(shown()).toBe(text.slice(0, 20_000));
    [...el.querySelectorAll("button")].find((node) => node.textContent === words.whole(text.length))?.click();
    expect(shown()).toBe(text);
    close();
  });

  it("is copied as the text that it was, however it is laid out", async () => {
    const copied: string[] = [];
    vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => copied.push(text) } });
    const { el, model, rows, reply, replyWhole, close } = open();
    reply();
    rows()[1]?.click();
    replyWhole(1);
    const copy = [...el.querySelectorAll("button")].find((node) => node.textContent === words.copy);
    copy?.click();
    await vi.waitFor(() => expect(copy?.textContent).toBe(words.copied));
    expect(copied).toEqual([`user:\n${wholes[1]?.request[0]?.text}\n\nassistant:\nnegative`]);
    const answer = [
      { title: "assistant", form: "code" as const, text: '{\n  "n": 1\n}', exact: '{"n":1.0}' },
    ];
    rows()[2]?.click();
    model.trigger("msg:custom", {
      kind: "row",
      id: model.asked("row").id,
      row: { ...(wholes[2] as Whole), request: [], answer },
    });
    expect(el.querySelector(".dw-blocks-answer")?.textContent).toContain("\n");
    [...el.querySelectorAll("button")].find((node) => node.textContent === words.copy)?.click();
    await vi.waitFor(() => expect(copied[1]).toBe('assistant:\n{"n":1.0}'));
    vi.unstubAllGlobals();
    close();
  });
});
