import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import panel from "../src/panel";
import type { OpenRow } from "../src/panel/state";
import { words } from "../src/panel/words";
import { words as shared } from "../src/words";
import { FakePanel, settle, show, slim, state } from "./fake_panel";

const labels = (rows: HTMLElement[]) => rows.map((row) => row.querySelector(".dw-entry-label")?.textContent);

beforeEach(() => {
  document.body.replaceChildren();
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

describe("the list", () => {
  it("shows the rows of the state in its order, and says what the kernel says", () => {
    const { all, find } = show("several");
    const rows = state("several").rows;
    expect(labels(all(".dw-entry"))).toEqual(rows.map((row) => row.label));
    expect(all(".dw-entry-headline").map((one) => one.textContent)).toEqual(rows.map((row) => row.headline));
    expect(all(".dw-entry-cost").map((one) => one.textContent)).toEqual(rows.map((row) => row.cost));
    expect(find(".dw-panel-header .dw-phrases").children).toHaveLength(state("several").totals.length);
  });

  it("changes a tick in the nodes that are there", () => {
    const { el, model, all } = show("several");
    const before = [...el.querySelectorAll("*")];
    model.tellRows((row) => ({ headline: `${row.headline}!`, completed: row.completed + 1 }));
    expect([...el.querySelectorAll("*")]).toEqual(before);
    expect(all(".dw-entry-headline")[0]?.textContent).toBe("142 of 500 answered, 3 failed!");
  });

  it("tells which rows are open, and fills one when the kernel tells what only an open row shows", () => {
    const { model, heads, find } = show("several");
    const whole = model.state.rows[0] as OpenRow;
    model.tell({ rows: [slim(whole)] });
    heads()[0]?.click();
    expect(model.wishes("open").at(-1)).toMatchObject({ id: whole.id, open: true });
    expect(find(".dw-entry-body > .dw-line-note").textContent).toBe(words.asked);
    expect(find(".dw-entry-rest").hidden).toBe(true);
    model.tell({ rows: [whole] });
    expect(find(".dw-entry-rest").textContent).toContain(whole.details[0]);
    expect(find(".dw-entry-body > .dw-line-note").hidden).toBe(true);
    heads()[0]?.click();
    expect(model.wishes("open").at(-1)).toMatchObject({ id: whole.id, open: false });
  });

  it("is drawn with those rows open that the kernel holds open, after a reload too, and takes no focus", () => {
    const model = new FakePanel(state("several"));
    const second = model.state.rows[1] as OpenRow;
    model.opened.add(second.id);
    const { heads, find } = show("several", { model });
    expect(heads().map((head) => head.getAttribute("aria-expanded"))).toEqual(
      model.state.rows.map((row) => String(row === second)),
    );
    expect(find(".dw-entry-rest").textContent).toContain(second.details[0]);
    expect(document.activeElement).toBe(document.body);
    expect(model.wishes("open")).toEqual([]);
  });

  it("closes a row at Escape, from wherever in it, and its line has the focus", () => {
    const { model, heads, button, all } = show("several");
    heads()[0]?.click();
    button(words.cancel).click();
    const leave = () =>
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
    leave(); // this one is the question's
    expect(all(".dw-entry-body:not([hidden])")).toHaveLength(1);
    leave();
    expect(all(".dw-entry-body:not([hidden])")).toHaveLength(0);
    expect(document.activeElement).toBe(heads()[0]);
    expect(model.wishes("open").at(-1)).toMatchObject({ open: false });
  });

  it("moves a row with the focus in it, and what is open stays open", () => {
    const { model, all, heads } = show("several");
    heads()[1]?.click();
    heads()[1]?.focus();
    const focused = document.activeElement;
    model.tell({ rows: [...model.state.rows].reverse() });
    expect(document.activeElement).toBe(focused);
    expect(all(".dw-entry-body:not([hidden])")).toHaveLength(1);
    expect(labels(all(".dw-entry")).at(-2)).toBe(state("several").rows[1]?.label);
    model.tell({ rows: model.state.rows.slice(0, 3) });
    expect(all(".dw-entry")).toHaveLength(3);
  });

  it("tells screen readers of what ends, and of no other tick", () => {
    const { model, find } = show("several");
    const said = () => find("[role=status]").textContent;
    model.tellRows(() => ({ headline: "200 of 500 answered" }));
    expect(said()).toBe("");
    model.tellRows((row) =>
      row.label.startsWith("reviews") ? { phase: "completed", headline: "Done" } : {},
    );
    expect(said()).toBe("reviews → labels: Done");
    model.tellRows((row) => (row.phase === "completed" ? {} : { phase: "cancelled", headline: "Over" }));
    expect(said()).toMatch(/^tickets → topics: Over\. .*old notes: Over/);
  });

  it("says nothing of a job that comes back to the page as another", () => {
    const { model, find } = show("several");
    const { rows } = model.state;
    model.tell({ rows: rows.slice(1) });
    model.tell({ rows: [{ ...rows[0], phase: "completed" } as OpenRow, ...rows.slice(1)] });
    expect(find("[role=status]").textContent).toBe("");
  });

  it("is gone through by arrows", () => {
    const { heads } = show("several");
    heads()[0]?.focus();
    for (const [key, place] of [
      ["ArrowDown", 1],
      ["ArrowUp", 0],
      ["ArrowUp", 0],
      ["End", 9],
      ["ArrowDown", 9],
      ["Home", 0],
    ] as const) {
      document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      expect(document.activeElement).toBe(heads()[place]);
    }
  });

  it("says why it is empty", () => {
    expect(show("nothing yet").find(".dw-nothing").textContent).toBe(words.empty);
    expect(show("no match").find(".dw-nothing").textContent).toBe(words.noMatch);
    const { find, model } = show("nothing yet");
    model.tell({ complete: false });
    expect(find(".dw-nothing").hidden).toBe(true);
    expect(find(".dw-panel-body > .dw-phrases").textContent).toContain(words.asking);
  });

  it("turns pages, and cannot go beyond the last", () => {
    const { model, button, find } = show("the second page of sixty");
    expect(find(".dw-where").textContent).toBe("26–50 of 60");
    button(words.older).click();
    expect(model.wishes("list").at(-1)).toMatchObject({ page: 2 });
    model.tell({ page: 2 });
    button(words.older).click();
    expect(model.wishes("list")).toHaveLength(1);
    expect(show("several").find(".dw-pager").hidden).toBe(true);
  });

  it("shows markup in what jobs say as text", () => {
    const { el, heads, find } = show("hostile");
    heads()[0]?.click();
    expect(el.querySelector("img, script, b, i")).toBe(null);
    expect(find(".dw-entry-label").textContent).toBe(state("hostile").rows[0]?.label);
    expect(find(".dw-entry-rest").textContent).toContain("<script>alert(3)</script>");
  });
});

describe("narrowing", () => {
  it("asks once a person stops typing, and at once for the rest", () => {
    const { model, find, button } = show("several");
    const type = (selector: string, text: string) => {
      const input = find(selector) as HTMLInputElement;
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    for (const text of ["r", "re", "rev"]) type(".dw-panel-search", text);
    vi.advanceTimersByTime(300);
    expect(model.wishes("list")).toHaveLength(1);
    type(".dw-filters select", "active");
    type(".dw-dates label:nth-child(1) input", "2026-02-01");
    type(".dw-dates label:nth-child(2) input", "2026-02-01");
    vi.advanceTimersByTime(10);
    const wish = model.wishes("list").at(-1);
    expect(wish).toMatchObject({ group: "active", text: "rev", page: 0 });
    expect((wish?.until as number) - (wish?.since as number)).toBe(24 * 60 * 60);
    button(words.clear).click();
    expect(model.wishes("list").at(-1)).toMatchObject({ group: "", text: "", since: null, until: null });
  });
});

describe("a view of a panel beside another", () => {
  it("follows what the other narrows to, but where somebody types, or has just asked for something", async () => {
    const { model, find } = show("several");
    const text = find(".dw-panel-search") as HTMLInputElement;
    const tell = (said: string) =>
      model.tell({ narrowing: { group: "", text: said, since: null, until: null } });
    tell("a");
    expect(text.value).toBe("a");
    text.focus();
    tell("b");
    expect(text.value).toBe("a");
    text.value = "mine";
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.blur();
    tell("c");
    expect(text.value).toBe("mine");
    vi.advanceTimersByTime(300);
    tell("d");
    expect(text.value).toBe("mine");
    await model.answer("list", {});
    tell("e");
    expect(text.value).toBe("e");
  });

  it("forgets what was being typed when it turns to a job", () => {
    const { model, find } = show("several");
    const text = find(".dw-panel-search") as HTMLInputElement;
    text.value = "other";
    text.dispatchEvent(new Event("input", { bubbles: true }));
    model.trigger("msg:custom", { kind: "show", id: "91aa0a7d2e9b" });
    vi.advanceTimersByTime(300);
    expect(model.wishes("list")).toEqual([]);
  });
});

describe("a panel that is drawn again", () => {
  it("shows what the list is narrowed to", () => {
    const { model, find, button } = show("several");
    const [since, until] = [new Date("2026-02-01T00:00"), new Date("2026-02-04T00:00")].map(
      (date) => +date / 1000,
    );
    const narrowing = { group: "failed", text: "x", since: since ?? null, until: until ?? null };
    model.tell({ narrowing });
    const again = show("several", { model });
    const value = (selector: string) => (again.find(selector) as HTMLInputElement).value;
    expect([value(".dw-filters select"), value(".dw-panel-search")]).toEqual(["failed", "x"]);
    expect(value(".dw-dates label:nth-child(1) input")).toBe("2026-02-01");
    expect(value(".dw-dates label:nth-child(2) input")).toBe("2026-02-03");
    expect(button(words.clear, again.el)).toBeTruthy();
    expect((find(".dw-panel-search") as HTMLInputElement).value).toBe("x"); // in the other view too
    again.button(words.clear).click();
    expect(model.wishes("list").at(-1)).toMatchObject({ group: "", text: "", since: null, until: null });
  });
});

describe("the focus", () => {
  it("goes to the job that takes the place of a forgotten one, and last to the words for none", async () => {
    const { model, heads, button, find } = show("several");
    const { rows } = model.state;
    heads()[4]?.click();
    button(words.forget).click();
    button(words.forgetYes).click();
    await model.answer("forget", {});
    expect(find("[role=status]").textContent).toBe(words.forgotten(rows[4]?.label ?? ""));
    model.tell({ rows: rows.filter((_, index) => index !== 4) });
    expect(document.activeElement).toBe(heads()[4]);
    model.tell({ rows: rows.slice(0, 2) });
    expect(document.activeElement).toBe(heads()[1]);
    model.tell({ rows: [], matching: 0 });
    expect(document.activeElement).toBe(find(".dw-nothing"));
  });

  it("goes to its job's line when an action has nothing more to press", async () => {
    const { model, heads, button } = show("several");
    heads()[0]?.click();
    button(words.cancel).click();
    model.tellRows((row) => ({ actions: row.actions.filter((action) => action !== "cancel") }));
    expect(document.activeElement).toBe(heads()[0]);
  });

  it("stays in the panel when that is closed or its kernel is lost, and the reason is said", async () => {
    for (const [end, why] of [
      [({ button }: ReturnType<typeof show>) => button(words.close).click(), words.closed("%dwbatch panel")],
      [
        ({ model }: ReturnType<typeof show>) => model.trigger("comm_live_update"),
        words.restarted("%dwbatch panel"),
      ],
    ] as const) {
      const shown = show("several");
      shown.button(words.close).focus();
      end(shown);
      await settle();
      expect(document.activeElement).toBe(shown.find(".dw-panel"));
      expect(shown.find("[role=status]").textContent).toBe(why);
    }
  });
});

describe("a row's actions", () => {
  it("asks once before it cancels, then says at once that it does", async () => {
    const { model, heads, button } = show("several");
    heads()[0]?.click();
    button(words.cancel).click();
    expect(model.wishes("cancel")).toEqual([]);
    expect(document.activeElement).toBe(button(words.cancelNo));
    button(words.cancelYes).click();
    expect(model.wishes("cancel")).toHaveLength(1);
    expect(model.wishes("cancel")[0]).toMatchObject({ id: state("several").rows[0]?.id });
    button(words.cancelling).click();
    expect(model.wishes("cancel")).toHaveLength(1);
    model.tellRows(() => ({}));
    expect(button(words.cancelling).getAttribute("aria-disabled")).toBe("true");
    await model.answer("cancel", {});
    expect(button(words.cancel).getAttribute("aria-disabled")).toBe("false");
  });

  it("is taken back by Keep it and by Escape, and the focus goes back", () => {
    const { model, heads, button, find } = show("several");
    heads()[4]?.click();
    const forget = button(words.forget);
    forget.click();
    button(words.forgetNo).click();
    expect(document.activeElement).toBe(forget);
    forget.click();
    find(".dw-asking:not([hidden])").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect(document.activeElement).toBe(forget);
    expect(model.wishes("forget")).toEqual([]);
  });

  it("says what the kernel refuses, and how many rows a retry asks", async () => {
    const { model, heads, button, find } = show("several");
    heads()[4]?.click();
    button(words.retry(12)).click();
    expect(button(words.retrying)).toBeTruthy();
    await model.refuse("retry", "The service is not there.", "Try again.");
    expect(find(".dw-actions .dw-line-error").textContent).toBe("The service is not there.\nTry again.");
    expect(find("[role=status]").textContent).toContain("The service is not there.");
    expect(button(words.retry(12))).toBeTruthy();
  });

  it("offers the line that attaches under a name that Python can bind", async () => {
    const { heads, button, find } = show("several");
    const copied: string[] = [];
    const write = vi.spyOn(navigator.clipboard, "writeText").mockImplementation(async (text) => {
      copied.push(text);
    });
    heads()[0]?.click();
    const name = find(".dw-attach-name") as HTMLInputElement;
    name.value = "my labels";
    button(words.copy).click();
    expect(find(".dw-line-copied").textContent).toBe(words.badName);
    name.value = "größe_2";
    button(words.copy).click();
    await settle();
    expect(copied).toEqual(["größe_2 = %dwbatch attach 4f1c0a7d2e9b"]);
    expect(find(".dw-line-copied").textContent).toBe(words.copied);
    write.mockRejectedValue(new Error("not over https"));
    button(words.copy).click();
    await settle();
    expect(find(".dw-line-copied").textContent).toBe(words.copyByHand);
    expect((find(".dw-attach-call") as HTMLInputElement).value).toBe(
      "größe_2 = %dwbatch attach 4f1c0a7d2e9b",
    );
    find(".dw-attach-call").dispatchEvent(new Event("blur"));
    expect((find(".dw-attach-call") as HTMLInputElement).value).toBe("= %dwbatch attach 4f1c0a7d2e9b");
  });
});

describe("the form", () => {
  const good = {
    requests: 2,
    models: [["m", 2]],
    faults: 0,
    blocking: 0,
    refusal: "",
    sendable: true,
    page: [],
  };
  const type = (input: HTMLElement, text: string, event = "input") => {
    (input as HTMLInputElement).value = text;
    input.dispatchEvent(new Event(event, { bubbles: true }));
  };

  function open() {
    const shown = show("several");
    shown.button(words.send).click();
    return { ...shown, path: shown.find(".dw-source-file > .dw-labelled input") };
  }

  it("offers what there is, and checks a path once it is given", async () => {
    const { model, path, find, button, all } = open();
    await model.answer("offer", {
      models: ["m", "n"],
      windows: ["24h", "1h"],
      tables: ["reviews"],
      trouble: "",
    });
    expect(all(".dw-choices select option").map((one) => one.textContent)).toEqual([
      words.asInFile,
      "m",
      "n",
    ]);
    expect(button(words.submit).getAttribute("aria-disabled")).toBe("true");
    type(path, "a.jsonl");
    type(path, "a.jsonl", "change");
    expect(model.wishes("check").at(-1)).toMatchObject({
      source: { kind: "path", path: "a.jsonl" },
      model: "",
      window: "24h",
    });
    await model.answer("check", good);
    expect(find(".dw-line-summary").textContent).toBe("2 requests, no fault. All ask m.");
    button(words.cost).click();
    await model.answer("estimate", { text: "About $1.00" });
    expect(find(".dw-line-cost").textContent).toBe("About $1.00");
    button(words.submit).click();
    button(words.submit).click();
    expect(model.wishes("submit")).toHaveLength(1);
    await model.answer("submit", { job: "x", note: "Sent before." });
    expect(find(".dw-form .dw-line-note:not([hidden])").textContent).toBe("Sent before.");
    expect(button(words.submit).getAttribute("aria-disabled")).toBe("true");
  });

  it("takes back what was said of a draft that has changed, also what comes too late", async () => {
    const { model, path, find, button } = open();
    type(path, "a.jsonl", "change");
    await model.answer("check", good);
    type(path, "b.jsonl");
    expect(find(".dw-line-summary").hidden).toBe(true);
    expect(button(words.submit).getAttribute("aria-disabled")).toBe("true");
    type(path, "b.jsonl", "change");
    const late = model.wishes("check").at(-1)?.request;
    type(path, "c.jsonl");
    model.trigger("msg:custom", { kind: "answer", request: late, done: good });
    await settle();
    expect(find(".dw-line-summary").hidden).toBe(true);
  });

  it("tells how a sending went, whatever is changed meanwhile", async () => {
    const { model, path, find, button } = open();
    type(path, "a.jsonl", "change");
    await model.answer("check", good);
    button(words.submit).click();
    expect(find(".dw-source").inert).toBe(true);
    type(find(".dw-suggesting input"), "1h", "change");
    type(path, "b.jsonl", "change");
    expect(model.wishes("check")).toHaveLength(1);
    await model.refuse("submit", "The window is closed.", "Choose another.");
    expect(find(".dw-form > .dw-line-error").textContent).toBe("The window is closed.\nChoose another.");
    expect(find(".dw-source").inert).toBe(false);
    expect(button(words.submit).getAttribute("aria-disabled")).toBe("true");
    button(words.check).click();
    expect(model.wishes("check").at(-1)?.source).toEqual({ kind: "path", path: "b.jsonl" });
  });

  it("says of a file that can be sent whether there is something to know of it, and of another how much is wrong", async () => {
    const { model, path, find } = open();
    const remark = { place: "line 2", text: "A blank line: the service passes over it." };
    for (const [found, said] of [
      [
        { ...good, faults: 1, page: [remark] },
        "2 requests, no fault that keeps them from being sent. All ask m.",
      ],
      [
        { ...good, requests: 0, faults: 1, blocking: 1, sendable: false },
        "1 fault. Nothing can be sent until it is mended.",
      ],
    ] as const) {
      type(path, "a.jsonl", "change");
      await model.answer("check", found);
      expect(find(".dw-line-summary").textContent).toBe(said);
    }
  });

  it("lists every fault, page by page", async () => {
    const { model, path, button, all, find } = open();
    const page = (from: number) =>
      Array.from({ length: 50 }, (_, index) => ({ place: `line ${from + index}`, text: "<b>bad</b>" }));
    type(path, "a.jsonl", "change");
    await model.answer("check", {
      ...good,
      check: 7,
      faults: 100,
      blocking: 100,
      sendable: false,
      page: page(1),
    });
    expect(all(".dw-faults > .dw-item")).toHaveLength(50);
    button(words.more(50)).click();
    expect(model.wishes("faults").at(-1)).toMatchObject({ check: 7, offset: 50 });
    await model.answer("faults", { page: page(51) });
    expect(all(".dw-faults > .dw-item")).toHaveLength(100);
    expect(find(".dw-faults > :last-child").textContent).toBe("line 100<b>bad</b>");
    expect(find(".dw-faults b")).toBe(null);
    expect(button(words.submit).getAttribute("aria-disabled")).toBe("true");
  });

  it("sends a table with its prompt, and says where none can be found", async () => {
    const { model, find, button, all } = open();
    await model.answer("offer", { models: [], windows: [], tables: null, trouble: "" });
    const [, table] = all(".dw-radios input") as HTMLInputElement[];
    if (table) table.checked = true;
    table?.dispatchEvent(new Event("change", { bubbles: true }));
    expect(find(".dw-source-table .dw-line-note").textContent).toBe(words.noTables);
    type(find(".dw-source-table input"), "reviews");
    type(find(".dw-prompt"), "{{ text }}");
    button(words.check).click();
    expect(model.wishes("check").at(-1)?.source).toEqual({
      kind: "table",
      name: "reviews",
      prompt: "{{ text }}",
    });
  });

  it("brings a dropped file to the kernel in parts, each when the one before is there", async () => {
    vi.useRealTimers();
    const { model, find } = open();
    const path = find(".dw-source-file .dw-labelled .dw-field") as HTMLInputElement;
    path.value = "another.jsonl";
    const file = new File([new Uint8Array(2.5 * 1024 * 1024)], "big.jsonl");
    const drop = new Event("drop", { bubbles: true, cancelable: true }) as Event & { dataTransfer?: object };
    drop.dataTransfer = { files: [file] };
    find(".dw-drop").dispatchEvent(drop);
    expect(drop.defaultPrevented).toBe(true);
    for (let part = 0; part < 3; part++) {
      await vi.waitFor(() => expect(model.wishes("part")).toHaveLength(part + 1));
      await model.answer("part", {});
    }
    await vi.waitFor(() => expect(model.wishes("check")).toHaveLength(1));
    expect(model.wishes("part").map(({ offset, buffers }) => [offset, buffers[0]?.byteLength])).toEqual([
      [0, 1048576],
      [1048576, 1048576],
      [2097152, 524288],
    ]);
    expect(model.wishes("check")[0]?.source).toMatchObject({ kind: "upload", name: "big.jsonl" });
    expect(find(".dw-drop-said").textContent).toBe("big.jsonl");
    expect(path.value).toBe("");
  });
});

describe("the kernel", () => {
  it("is waited for in words, and no more once it answers", async () => {
    const { model, button, find } = show("the second page of sixty");
    const waiting = () => find(".dw-panel-body > .dw-line-waiting");
    button(words.older).click();
    vi.advanceTimersByTime(500);
    expect(waiting().hidden).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(waiting().textContent).toBe(shared.unheard);
    vi.advanceTimersByTime(10_000);
    expect(waiting().textContent).toBe(`${shared.unheard} ${words.waitingLong("%dwbatch panel")}`);
    await model.answer("list", {});
    vi.advanceTimersByTime(500);
    expect(waiting().hidden).toBe(true);
  });

  it("is said to be gone when it restarts, with the line that brings the panel back", async () => {
    const { model, find, heads, button } = show("several");
    heads()[4]?.click();
    button(words.retry(12)).click();
    model.trigger("comm_live_update");
    await settle();
    expect(find(".dw-panel > .dw-line-lost").textContent).toBe(words.restarted("%dwbatch panel"));
    expect(find(".dw-panel-body").inert).toBe(true);
    expect(find(".dw-actions .dw-line-error").textContent).toBe(words.restarted("%dwbatch panel"));
    model.tell({});
    expect(find(".dw-panel-body").inert).toBe(false);
    expect(find(".dw-panel > .dw-line-lost").hidden).toBe(true);
  });

  it("may answer after a short disconnection", async () => {
    const slots: (() => void)[] = [];
    const signal = { connect: (slot: () => void) => slots.push(slot), disconnect: () => {} };
    const kernel = { id: "k", status: "idle", connectionStatus: "connected" };
    const model = new FakePanel(state("several"));
    model.widget_manager = { context: { sessionContext: { session: { kernel }, statusChanged: signal } } };
    const { heads, button, find } = show("several", { model });
    heads()[4]?.click();
    button(words.retry(12)).click();
    for (const is of ["disconnected", "connected"]) {
      kernel.connectionStatus = is;
      for (const slot of slots) slot();
    }
    await settle();
    expect(button(words.retrying)).toBeTruthy();
    await model.answer("retry", {});
    expect(find(".dw-actions .dw-line-error").hidden).toBe(true);
    expect(button(words.retry(12))).toBeTruthy();
  });

  it("is told while somebody looks, and when nobody does", () => {
    const { model, controller } = show("several");
    const told = () =>
      model.sent.map(({ kind }) => kind).filter((kind) => ["look", "rest", "leave"].includes(kind));
    expect(told()).toEqual(["look"]);
    vi.advanceTimersByTime(60_000);
    const visibility = vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    vi.advanceTimersByTime(60_000);
    visibility.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    controller.abort();
    expect(told()).toEqual(["look", "look", "rest", "rest", "look", "leave"]);
    visibility.mockRestore();
  });

  it("says how old what is shown is", () => {
    const { model, find } = show("several");
    const age = () => find(".dw-panel-body > .dw-phrases").textContent;
    vi.advanceTimersByTime(14_500);
    expect(age()).toContain("updated 14 s ago");
    model.trigger("change:looked");
    expect(age()).toContain("updated just now");
  });

  it("may turn the panel to a job, also to one that comes a moment later", () => {
    const { model, heads, find } = show("several");
    const text = find(".dw-panel-search") as HTMLInputElement;
    text.value = "other";
    model.trigger("msg:custom", { kind: "show", id: "91aa0a7d2e9b" });
    expect(document.activeElement).toBe(heads()[4]);
    expect(heads()[4]?.getAttribute("aria-expanded")).toBe("true");
    expect(text.value).toBe("");
    model.trigger("msg:custom", { kind: "show", id: "new" });
    model.tell({
      rows: [{ ...(state("several").rows[0] as never as object), id: "new" } as never, ...model.state.rows],
    });
    expect(document.activeElement).toBe(heads()[0]);
  });
});

describe("a panel that goes", () => {
  it("leaves no listener and no timer behind", () => {
    const { model, controller, heads } = show("several");
    heads()[0]?.click();
    controller.abort();
    expect(model.listeners).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("cleans up by itself where the host passes no signal", () => {
    const { model, cleanup } = show("several", { passSignal: false });
    cleanup();
    expect(model.listeners).toEqual([]);
  });

  it("is replaced by its table when it is closed, and says so where the host shows no notebook", () => {
    const { model, button, find } = show("several");
    button(words.close).click();
    expect(model.wishes("close")).toHaveLength(1);
    model.trigger("msg:custom", { kind: "settled", view: "mine", data: {} });
    expect(find(".dw-panel > .dw-line-lost").textContent).toBe(words.closed("%dwbatch panel"));
    expect(find(".dw-panel-body").inert).toBe(true);
  });

  it("stays closed whatever the kernel still tells, and says that it has gone", () => {
    const { model, button, find } = show("several");
    button(words.close).click();
    expect(model.sent.slice(-2).map(({ kind }) => kind)).toEqual(["close", "leave"]);
    model.tellRows(() => ({ headline: "later" }));
    vi.advanceTimersByTime(200_000);
    expect(find(".dw-panel-body").inert).toBe(true);
    expect(find(".dw-panel-body").textContent).not.toContain("later");
    expect(model.sent.at(-1)?.kind).toBe("leave");
  });

  it("says that it is not there while no output shows it, and is there again with what was typed", async () => {
    vi.useRealTimers();
    const model = new FakePanel(state("several"));
    const controller = new AbortController();
    panel.initialize({ model, signal: controller.signal });
    const place = document.createElement("div");
    place.innerHTML = '<div data-dw-view="here"></div>';
    const turn = () => new Promise((done) => setTimeout(done));
    for (let times = 0; times < 3; times++) {
      document.body.append(place);
      await turn();
      place.remove();
      await turn();
    }
    const el = document.body.appendChild(document.createElement("div"));
    const output = new AbortController();
    panel.render({ model, el, signal: output.signal });
    const search = el.querySelector("[type=search]") as HTMLInputElement;
    search.value = "labels";
    output.abort();
    expect(el.children).toHaveLength(0);
    document.body.append(place);
    await turn();
    expect(place.querySelectorAll(".dw-panel")).toHaveLength(1);
    expect(place.querySelector("[type=search]")).toBe(search);
    expect(model.wishes("look")).toHaveLength(1); // one panel was drawn, and kept
    place.remove();
    document.dispatchEvent(new Event("visibilitychange"));
    expect(model.sent.at(-1)?.kind).toBe("leave");
    controller.abort();
    expect(model.listeners).toEqual([]);
  });
});
