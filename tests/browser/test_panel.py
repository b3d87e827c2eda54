"""The built panel in a plain page with a small fake model, in real Chromium.

``panel.html`` dresses the page as one of the hosts; the states are those of ``tests/panel_states.json``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.plain_page import AXE, HOSTS, ROOT, opened, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, JSHandle, Page

CASES = {case["name"]: case["state"] for case in json.loads((ROOT / "tests/panel_states.json").read_text("utf-8"))}
FAULTS = [{"place": f"line {number}", "text": f'"custom_id" number {number} is empty.'} for number in range(1, 51)]
FOUND = {"requests": 2000, "models": [["m", 2000]], "faults": 0, "blocking": 0, "refusal": "", "sendable": True}
ANSWERS: dict[str, Any] = {
    "offer": {"done": {"models": ["m", "n"], "windows": ["24h", "1h"], "tables": ["reviews"], "trouble": ""}},
    "check": {"done": {**FOUND, "page": []}},
    "estimate": {"done": {"text": "About $0.50, by the service's rough guess."}},
    "submit": {"done": {"job": "91aa0a7d2e9b", "note": "The same requests were sent before."}},
    "cancel": {"done": {}},
}
BAD = {**ANSWERS, "check": {"done": {**FOUND, "faults": 120, "blocking": 120, "sendable": False, "page": FAULTS}}}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the page is served."""
    with serve("panel.html") as address:
        yield address


def show(page: Page, name: str, answers: dict[str, Any] = ANSWERS) -> JSHandle:
    """Renders a state in a panel of its own and gives the page's handle of it."""
    return page.evaluate_handle("([state, answers]) => window.show(state, answers)", [CASES[name], answers])


def check_a_file(page: Page) -> None:
    """Open the form of the last panel and check a file that the kernel finds by its path."""
    panel = page.locator(".dw-panel").last
    panel.get_by_role("button", name="Send requests").click()
    panel.get_by_label("Or a path on the kernel's machine").fill("requests.jsonl")
    panel.get_by_role("button", name="Check").click()
    panel.locator(".dw-line-summary").wait_for()


@pytest.mark.parametrize("host", HOSTS)
def test_axe_finds_nothing_in_any_state(browser: Browser, address: str, host: str) -> None:
    """In every host's colours each state, open rows, questions, the form and a lost kernel pass axe."""
    with opened(browser, address, host, reduced_motion="reduce") as page:
        page.add_script_tag(path=AXE)
        for name in CASES:
            show(page, name)
        several = page.locator(".dw-panel").first
        for row in range(7):
            several.locator(".dw-entry-head").nth(row).click()
        several.get_by_role("button", name="Cancel").first.click()
        several.get_by_role("button", name="Forget").first.click()
        check_a_file(page)
        show(page, "nothing yet", BAD)
        check_a_file(page)
        panel = page.locator(".dw-panel").last
        panel.get_by_label("A table with a prompt").check()
        show(page, "active only").evaluate("panel => panel.lose()")
        found = page.evaluate("async () => (await axe.run('main')).violations")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_every_state_reads_in_order(browser: Browser, address: str) -> None:
    """The accessible tree has a button a job that names it and says how it stands, beside sums and filters."""
    with opened(browser, address) as page:
        for name, state in CASES.items():
            show(page, name)
            panel = page.get_by_role("group", name="Jobs and batches").last
            for words in (*state["totals"], state["trouble"]):
                assert words in panel.inner_text()
            jobs = panel.get_by_role("list", name="Jobs and batches, newest first").get_by_role("button")
            assert jobs.count() == len(state["rows"])
            for index, row in enumerate(state["rows"]):
                said = jobs.nth(index).inner_text()
                assert " ".join(row["label"].split()) in " ".join(said.split())
                assert row["headline"] in said
                assert row["cost"] in said
                assert row["origin"] in said
            assert panel.get_by_role("group", name="Which jobs").is_visible()
            assert panel.get_by_role("group", name="Pages").is_visible() == (state["pages"] > 1)


def test_a_whole_visit_by_keyboard_alone(browser: Browser, address: str) -> None:
    """Open a job, cancel it after the question, check, price and send a file: Tab, Enter, Space, arrows, Escape.

    The focus goes to the job's line when there is nothing more to press, and to its neighbour when the job goes.
    """
    with opened(browser, address) as page:
        panel = show(page, "several")
        focused = page.locator(":focus")

        def tab_to(words: str, key: str = "Tab") -> None:
            for _ in range(60):
                page.keyboard.press(key)
                if page.evaluate("document.activeElement.innerText.trim()").startswith(words):
                    return
            raise AssertionError(f"Tab does not reach {words}")

        tab_to("reviews → labels")
        page.keyboard.press("Enter")
        tab_to("Cancel")
        page.keyboard.press("Enter")
        assert focused.inner_text() == "No"
        page.keyboard.press("Escape")
        assert focused.inner_text() == "Cancel"
        wishes = "panel => panel.sent.map(({ kind }) => kind).filter(kind => kind !== 'look' && kind !== 'open')"
        for _ in range(9):  # a key that is held down
            page.keyboard.press("Enter")
        assert panel.evaluate(wishes) == []
        assert focused.inner_text() == "No"
        page.keyboard.press("Shift+Tab")
        assert focused.inner_text() == "Yes, cancel"
        page.keyboard.press("Enter")
        assert panel.evaluate(wishes) == ["cancel"]

        first, *others = CASES["several"]["rows"]
        cancelled = {**first, "phase": "cancelled", "actions": ["retry", "forget"]}
        for rows, heir in [([*others, cancelled], first), (others, others[-1])]:
            panel.evaluate("(panel, state) => panel.set(state)", {**CASES["several"], "rows": rows})
            assert focused.inner_text().startswith(heir["label"])

        tab_to("Send requests", "Shift+Tab")
        page.keyboard.press("Enter")
        tab_to("Choose a file")
        page.keyboard.press("Tab")
        page.keyboard.type("requests.jsonl")
        page.keyboard.press("Enter")
        page.locator(".dw-line-summary", has_text="2,000 requests, no fault. All ask m.").wait_for()
        tab_to("See cost")
        page.keyboard.press("Enter")
        page.locator(".dw-line-cost", has_text="About $0.50").wait_for()
        tab_to("Send")
        page.keyboard.press("Enter")
        page.locator(".dw-form", has_text="The same requests were sent before.").wait_for()
        assert panel.evaluate(wishes) == ["cancel", "offer", "check", "estimate", "submit"]


def test_updates_keep_the_focus_what_is_open_and_what_is_typed(browser: Browser, address: str) -> None:
    """A tick that moves every row leaves the caret in the middle of a word, and rows open."""
    with opened(browser, address) as page:
        panel = show(page, "several")
        page.locator(".dw-entry-head").nth(4).click()
        page.get_by_label("Name for the job").fill("labels")
        page.keyboard.press("ArrowLeft")
        state = CASES["several"]
        panel.evaluate("(panel, state) => panel.set(state)", {**state, "rows": state["rows"][::-1]})
        page.keyboard.type("x")
        assert page.get_by_label("Name for the job").input_value() == "labelxs"
        assert page.locator(".dw-entry-body:visible").count() == 1


@pytest.mark.parametrize("zoom", [1, 2])
def test_nothing_overflows_a_narrow_output(browser: Browser, address: str, zoom: int) -> None:
    """In 400 px, and there at 200 % zoom, neither list nor form is cut off or scrolls sideways."""
    with opened(browser, address, viewport={"width": 400, "height": 600}) as page:
        page.evaluate("zoom => { document.body.style.zoom = zoom }", zoom)
        for name in CASES:
            show(page, name, BAD)
            panel = page.locator(".dw-panel").last
            if panel.locator(".dw-entry-head").count():
                panel.locator(".dw-entry-head").first.click()
        check_a_file(page)
        page.locator(".dw-panel").last.get_by_label("A table with a prompt").check()
        show(page, "nothing yet", BAD)
        check_a_file(page)
        wide = "() => [...document.querySelectorAll('.dw-panel')].map(view => view.scrollWidth - view.clientWidth)"
        assert set(page.evaluate(wide)) == {0}
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_forced_colours_keep_the_states_apart(browser: Browser, address: str) -> None:
    """Without colours the marks of the states still differ by shape, and VS Code's white box is painted over."""
    with opened(browser, address, forced_colors="active") as page:
        show(page, "several")
        marks = page.locator(".dw-entry").evaluate_all(
            """rows => rows.map(row => { const style = getComputedStyle(row.querySelector('.dw-entry-mark'));
                const failures = row.dataset.phase === 'completed' && 'failures' in row.dataset;
                return [failures ? 'failures' : row.dataset.phase, [
                    style.borderRadius, style.blockSize, style.backgroundImage !== 'none',
                    style.backgroundColor !== 'rgba(0, 0, 0, 0)'].join()] })"""
        )
        shapes = dict(marks)
        told_apart = {shapes[phase] for phase in ("queued", "running", "completed", "failures", "failed", "cancelled")}
        assert len(told_apart) == 6
    with opened(browser, address, "vscode-dark") as page:
        show(page, "several")
        assert page.locator(".dw-panel").evaluate("v => getComputedStyle(v).backgroundColor") == "rgb(31, 31, 31)"


def test_a_file_is_dropped_and_chosen(browser: Browser, address: str) -> None:
    """A chosen file goes to the kernel in parts of a megabyte and is checked when all of it is there."""
    part: dict[str, Any] = {"part": {"done": {}}}
    with opened(browser, address) as page:
        panel = show(page, "nothing yet", {**ANSWERS, **part})
        page.get_by_role("button", name="Send requests").click()
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose a file").click()
        chooser.value.set_files({"name": "big.jsonl", "mimeType": "", "buffer": b"x" * 2_500_000})
        page.locator(".dw-line-summary").wait_for()
        parts = panel.evaluate("panel => panel.sent.filter(({ kind }) => kind === 'part').map(({ bytes }) => bytes)")
        assert parts == [2**20, 2**20, 2_500_000 - 2**21]
        assert page.locator(".dw-drop-said").inner_text() == "big.jsonl"


def test_hostile_words_stay_words(browser: Browser, address: str) -> None:
    """Markup in labels, tags, notes, faults and models draws nothing, and long ones push nothing out."""
    hostile = "<img src=x onerror=window.broken=1>"
    check = {**FOUND, "models": [[hostile, 1]], "faults": 1, "page": [{"place": hostile, "text": hostile}]}
    offer = {"models": [hostile], "windows": [hostile], "tables": [hostile], "trouble": hostile}
    with opened(browser, address) as page:
        show(page, "hostile", {"offer": {"done": offer}, "check": {"done": check}})
        page.locator(".dw-entry-head").click()
        check_a_file(page)
        assert page.locator(".dw-panel img, .dw-panel script, .dw-panel b, .dw-panel i").count() == 0
        assert page.evaluate("window.broken") is None
        assert hostile in page.locator(".dw-faults").inner_text()
