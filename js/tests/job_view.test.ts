import { beforeEach, describe, expect, it, vi } from "vitest";
import cases from "../../tests/view_states.json";
import view from "../src/job_view";
import type { JobState } from "../src/state";
import { words } from "../src/words";
import { FakeModel } from "./fake_model";

const state = (name: string) => cases.find((one) => one.name === name)?.state as JobState;

function show(
  name: string,
  { passSignal = true, manager }: { passSignal?: boolean; manager?: unknown } = {},
) {
  const el = document.body.appendChild(document.createElement("div"));
  const model = new FakeModel(state(name));
  model.widget_manager = manager;
  const controller = new AbortController();
  const cleanup = view.render({ model, el, ...(passSignal ? { signal: controller.signal } : {}) });
  const find = (selector: string) => el.querySelector(selector) as HTMLElement;
  const button = (text: string) =>
    [...el.querySelectorAll("button")].find(
      (each) => each.textContent === text && !each.closest("[hidden]"),
    ) as HTMLButtonElement;
  return { el, model, controller, cleanup, find, button };
}

beforeEach(() => document.body.replaceChildren());

describe("a tick", () => {
  it("changes the nodes that are there and makes none anew", () => {
    const { el, model, find } = show("running");
    const before = [...el.querySelectorAll("*")];
    model.tell({ headline: "143 of 500 answered, 3 failed", completed: 143, waiting: 354 });
    expect([...el.querySelectorAll("*")]).toEqual(before);
    expect(find(".dw-headline").textContent).toBe("143 of 500 answered, 3 failed");
    expect(find(".dw-parts").textContent).toBe("143 answered3 failed354 waiting");
    expect((find("progress") as HTMLProgressElement).value).toBeCloseTo(143 / 500);
  });

  it("is told to screen readers only where the phase changes", () => {
    const { model, find } = show("queued");
    const announced = () => find(".dw-spoken[role=status]").textContent;
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

  it("rounds the share that is done down", () => {
    const { model, find } = show("running");
    model.tell({ completed: 498, failed: 1, total: 500 });
    expect(find(".dw-percent").textContent).toBe("99 %");
  });

  it("draws how fast rows come, and says it", () => {
    const { model, find } = show("running");
    model.tell({ pulse: [1, 2.5, 2] });
    expect(find(".dw-pulse-line").getAttribute("d")?.split("L")).toHaveLength(3);
    expect(find(".dw-pulse svg").getAttribute("aria-hidden")).toBe("true");
    expect(find(".dw-pulse .dw-spoken").textContent).toBe(words.pulse(1, 2.5));
    model.tell({ pulse: [] });
    expect(find(".dw-pulse").hidden).toBe(true);
  });
});

describe("Cancel", () => {
  it("asks, and cancels once where the answer is yes", () => {
    const { model, button, find } = show("running");
    button(words.cancel).click();
    expect(model.sent).toEqual([]);
    expect(find(".dw-asking").getAttribute("aria-label")).toBe(
      "Cancel 355 waiting rows? What is answered is kept.",
    );
    expect(document.activeElement).toBe(button(words.no));
    button(words.yes).click();
    const pressed = button(words.cancelling);
    pressed.click();
    model.tell({ completed: 150 });
    expect(model.sent).toEqual([{ kind: "cancel" }]);
    expect(pressed.getAttribute("aria-disabled")).toBe("true");
    expect(document.activeElement).toBe(pressed);
  });

  it("changes nothing where the answer is no, or Escape", () => {
    const { model, button, find } = show("running");
    for (const answer of [
      () => button(words.no).click(),
      () => find(".dw-asking").dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" })),
    ]) {
      button(words.cancel).click();
      answer();
      expect(document.activeElement).toBe(button(words.cancel));
    }
    expect(model.sent).toEqual([]);
  });

  it("comes back where the service did not cancel, and goes when the job ends", () => {
    const { model, button, find } = show("running");
    button(words.cancel).click();
    button(words.yes).click();
    model.tell(state("cancelling"));
    model.tell(state("running"));
    expect(button(words.cancel).getAttribute("aria-disabled")).toBe("false");
    model.tell(state("completed"));
    expect(find(".dw-cancel").hidden).toBe(true);
  });

  it("can be pressed in a retry of a job that has ended before it could be cancelled", () => {
    const { model, button } = show("running");
    button(words.cancel).click();
    button(words.yes).click();
    model.tell(state("completed with failures"));
    model.tell(state("running"));
    expect(button(words.cancel).getAttribute("aria-disabled")).toBe("false");
  });

  it("takes its question away when the job ends meanwhile", () => {
    const { model, button, find } = show("running");
    button(words.cancel).click();
    model.tell(state("completed"));
    expect(find(".dw-asking").hidden).toBe(true);
  });

  it("says why it could not, and can be pressed again", () => {
    const { model, button, find } = show("running");
    button(words.cancel).click();
    button(words.yes).click();
    model.trigger("msg:custom", { kind: "refused", wish: "cancel", why: "The disk is full." });
    expect(button(words.cancel).getAttribute("aria-disabled")).toBe("false");
    expect(find(".dw-job").textContent).toContain("The disk is full.");
  });
});

describe("Retry", () => {
  it("says how many, and waits for the kernel to begin", () => {
    const { model, button } = show("completed with failures");
    button("Retry 3 failed").click();
    button(words.retrying).click();
    expect(model.sent.filter(({ kind }) => kind === "retry")).toHaveLength(1);
    model.tell({ ...state("running"), retryable: 0 });
    expect(button(words.retrying)).toBe(undefined);
    model.tell(state("completed with failures"));
    expect(button("Retry 3 failed").getAttribute("aria-disabled")).toBe("false");
  });

  it("says why it was refused, aloud too, until something is pressed or the job is taken up again", () => {
    const { model, button, find } = show("cancelled");
    const why = "Another kernel drives the job.";
    button("Retry 358 unanswered rows").click();
    const refuse = () => model.trigger("msg:custom", { kind: "refused", wish: "retry", why });
    refuse();
    expect(button("Retry 358 unanswered rows").getAttribute("aria-disabled")).toBe("false");
    model.tell({ details: ["a late count"] });
    expect(find(".dw-job").textContent).toContain(why);
    expect(find(".dw-spoken[role=status]").textContent).toBe(why);
    const shown = () => find(".dw-line-trouble:not([hidden]) > span")?.textContent;
    button("Retry 358 unanswered rows").click();
    expect(shown()).toBe(undefined);
    refuse();
    expect(shown()).toBe(why);
    model.tell(state("completed with failures"));
    expect(shown()).toBe(why);
    model.tell(state("running"));
    expect(shown()).toBe(undefined);
  });
});

it("offers the panel once the job has an id", () => {
  const { model, button } = show("running");
  model.tell({ openable: false });
  expect(button(words.open)).toBe(undefined);
  model.tell({ openable: true });
  button(words.open).click();
  expect(model.sent).toEqual([{ kind: "open" }]);
});

it("gives the line that opens a panel where none is open, to be copied as it is", async () => {
  const copied: string[] = [];
  vi.stubGlobal("navigator", { clipboard: { writeText: async (text: string) => copied.push(text) } });
  const { model, button, find } = show("running");
  button(words.open).click();
  const line = "%dwbatch panel";
  model.trigger("msg:custom", { kind: "refused", wish: "open", why: "No panel is open.", line });
  expect(find(".dw-spoken[role=status]").textContent).toBe("No panel is open. %dwbatch panel");
  expect(find("code").textContent).toBe(line);
  button(words.copyLine).click();
  await vi.waitFor(() => expect(copied).toEqual([line]));
  model.trigger("msg:custom", { kind: "opened" }); // the cell was run
  expect(button(words.copied)).toBe(undefined);
  vi.unstubAllGlobals();
});

describe("the age of a state", () => {
  it("is said where the service should have been heard again, by the kernel's clock", () => {
    vi.useFakeTimers({ now: 5_000_000 });
    try {
      const { model, el } = show("running");
      model.tell({ updated: 1000, pace: 15 }); // the kernel's clock is over an hour behind
      vi.advanceTimersByTime(19_000);
      expect(el.textContent).not.toContain("ago");
      vi.advanceTimersByTime(3_000);
      expect(el.textContent).toContain("Updated 22 s ago");
      model.tell({ trouble: "The service does not answer." });
      expect(el.textContent).toContain("Updated 22 s ago");
      model.tell({ updated: 1022 });
      expect(el.textContent).not.toContain("ago");
      model.tell(state("completed"));
      vi.advanceTimersByTime(99_000);
      expect(el.textContent).not.toContain("ago");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("a view that goes", () => {
  it("leaves no listener behind when its signal aborts", () => {
    const { model, controller, button } = show("running");
    const cancel = button(words.cancel);
    controller.abort();
    cancel.click();
    expect([model.listeners, model.sent]).toEqual([[], []]);
  });

  it("cleans up by itself where the host passes no signal", () => {
    const { model, cleanup } = show("running", { passSignal: false });
    cleanup();
    expect(model.listeners).toEqual([]);
  });
});

describe("the kernel", () => {
  const session = () => {
    const slots = new Set<() => void>();
    const signal = {
      connect: (slot: () => void) => slots.add(slot),
      disconnect: (slot: () => void) => slots.delete(slot),
    };
    const kernel = { id: "first", status: "idle", connectionStatus: "connected" };
    const sessionContext = {
      session: { kernel } as { kernel: typeof kernel | null } | null,
      statusChanged: signal,
      kernelChanged: signal,
      connectionStatusChanged: signal,
    };
    const change = () => {
      for (const slot of slots) slot();
    };
    return { manager: { context: { sessionContext } }, sessionContext, kernel, slots, change };
  };

  it("greys and says how to go on when it restarts, and is itself again when a state comes", () => {
    const { model, find } = show("running");
    model.trigger("comm_live_update");
    expect(find(".dw-line-lost > span").textContent).toBe(`${words.restarted} ${words.again}`);
    expect(find(".dw-line-lost > code").textContent).toBe(words.attach(model.state.job));
    expect(find(".dw-spoken[role=status]").textContent).toBe(words.restarted);
    expect(find(".dw-job").hasAttribute("data-lost")).toBe(true);
    model.tell({ completed: 150 });
    expect(find(".dw-line-lost").hidden).toBe(true);
  });

  it("is missed aloud where the job was under way, or where the focus is, and nowhere else", () => {
    const ended = show("completed");
    const focused = show("completed");
    focused.button(words.open).focus();
    for (const { model } of [ended, focused]) model.trigger("comm_live_update");
    const said = [ended, focused].map(({ find }) => find(".dw-spoken[role=status]").textContent);
    expect(said).toEqual(["", words.restarted]);
    expect(document.activeElement).toBe(focused.find(".dw-job"));
  });

  it("that runs a cell is waited for in words, until a wish has had its effect", () => {
    vi.useFakeTimers();
    try {
      const { model, find, button } = show("running");
      const waiting = () => find(".dw-line-waiting").textContent;
      button(words.cancel).click();
      button(words.yes).click();
      vi.advanceTimersByTime(500);
      expect(waiting()).toBe("");
      vi.advanceTimersByTime(600);
      model.tell({ completed: 150 });
      expect(waiting()).toBe(words.unheard);
      model.tell(state("cancelling"));
      expect(waiting()).toBe("");
      model.tell(state("completed with failures"));
      for (const refused of [true, false]) {
        button("Retry 3 failed").click();
        vi.advanceTimersByTime(1100);
        expect(waiting()).toBe(words.unheard);
        if (refused) model.trigger("msg:custom", { kind: "refused", wish: "retry", why: "No." });
        else model.trigger("comm_live_update");
        expect(waiting()).toBe("");
      }
      model.tell({});
      button(words.open).click();
      vi.advanceTimersByTime(1100);
      expect(waiting()).toBe(words.unheard);
      model.trigger("msg:custom", { kind: "opened" });
      expect(waiting()).toBe("");
      expect(vi.getTimerCount()).toBe(1); // that of the age
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    [
      "is dead",
      (host: ReturnType<typeof session>) => Object.assign(host.kernel, { status: "dead" }),
      `${words.gone} ${words.again}`,
    ],
    [
      "is shut down",
      (host: ReturnType<typeof session>) => Object.assign(host.sessionContext, { session: null }),
      `${words.gone} ${words.again}`,
    ],
    [
      "cannot be reached",
      (host: ReturnType<typeof session>) => Object.assign(host.kernel, { connectionStatus: "disconnected" }),
      words.unreachable,
    ],
  ])("greys where it %s, as far as the host knows", (_, lose, said) => {
    const host = session();
    const { find, controller } = show("running", { manager: host.manager });
    host.change();
    expect(find(".dw-line-lost").hidden).toBe(true);
    lose(host);
    host.change();
    expect(find(".dw-line-lost > span").textContent).toBe(said);
    controller.abort();
    expect(host.slots.size).toBe(0);
  });

  it.each([
    [
      "another one is started in its place",
      (host: ReturnType<typeof session>) => {
        host.sessionContext.session = null;
        host.change();
        host.sessionContext.session = { kernel: { ...host.kernel, id: "second" } };
      },
    ],
    [
      "another one is chosen",
      (host: ReturnType<typeof session>) => {
        host.sessionContext.session = { kernel: { ...host.kernel, id: "second" } };
      },
    ],
    [
      "it is said to be idle again after its death",
      (host: ReturnType<typeof session>) => {
        host.kernel.status = "dead";
        host.change();
        host.kernel.status = "idle";
      },
    ],
  ])("is lost for good where %s", (_, replace) => {
    const host = session();
    const { find } = show("running", { manager: host.manager });
    replace(host);
    host.change();
    expect(find(".dw-line-lost > span").textContent).toBe(`${words.gone} ${words.again}`);
    expect(find(".dw-job").hasAttribute("data-lost")).toBe(true);
  });

  it("is back when the connection is", () => {
    const host = session();
    const { find } = show("running", { manager: host.manager });
    host.kernel.connectionStatus = "disconnected";
    host.change();
    host.kernel.connectionStatus = "connected";
    host.change();
    expect(find(".dw-job").hasAttribute("data-lost")).toBe(false);
  });
});

it("shows markup in what a job says as text", () => {
  const { el, find } = show("hostile");
  expect(el.querySelector("img, script, b")).toBe(null);
  expect(find(".dw-label").textContent).toBe(state("hostile").label);
  expect(find(".dw-line-note:not([hidden])").parentElement?.textContent).toContain(state("hostile").note);
});
