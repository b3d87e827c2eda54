"""The built job view in a plain page with a small fake model, in real Chromium.

``job_view.html`` dresses the page as one of the hosts; the states are those of ``tests/view_states.json``.
"""

from __future__ import annotations

import json
import re
import runpy
import subprocess
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from dw_jupyter.job.snapshot import Snapshot
from dw_jupyter.notebook.static_html import render_html
from tests.browser import plain_page
from tests.browser.plain_page import AXE, HOSTS, ROOT, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, JSHandle, Page

CASES = {case["name"]: case for case in json.loads((ROOT / "tests/view_states.json").read_text("utf-8"))}
REPLIES = json.loads((ROOT / "tests/view_replies.json").read_text("utf-8"))["asked"]
opened = partial(plain_page.opened, now=CASES["running"]["now"])  # states are as old as they say


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the page is served."""
    with serve("job_view.html") as address:
        yield address


def show(page: Page, name: str) -> JSHandle:
    """Renders a state in a view of its own and gives the page's handle of it."""
    return page.evaluate_handle("([state, replies]) => window.show(state, replies)", [CASES[name]["state"], REPLIES])


def read(page: Page, name: str = "completed with failures") -> JSHandle:
    """Renders a state with its rows to be read."""
    view = show(page, name)
    page.get_by_text("Read the rows").last.click()
    page.locator(".dw-row").first.wait_for()
    return view


@pytest.mark.parametrize("host", HOSTS)
def test_axe_finds_nothing_in_any_state(browser: Browser, address: str, host: str) -> None:
    """In every host's colours each state, each row to be read, and the view of a lost kernel pass axe's rules."""
    with opened(browser, address, host, reduced_motion="reduce") as page:
        page.add_script_tag(path=AXE)
        for name in CASES:
            show(page, name)
        show(page, "running")
        page.get_by_role("button", name="Cancel", exact=True).last.click()
        for row in range(len(REPLIES) - 4):
            read(page)
            page.locator(".dw-reader").last.locator(".dw-row").nth(row).click()
            page.locator(".dw-reader").last.locator(".dw-text").first.wait_for()
        show(page, "running").evaluate("view => view.lose()")
        found = page.evaluate("async () => (await axe.run('main')).violations")
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_every_state_reads_in_order(browser: Browser, address: str) -> None:
    """The accessible tree of each state holds its words, and a Cancel button while it can be cancelled."""
    with opened(browser, address) as page:
        for name, case in CASES.items():
            show(page, name)
            view = page.locator("main > div").last
            state = case["state"]
            for words in (state["headline"], state["label"], state["note"], state["error"], *state["details"]):
                assert words in view.inner_text()
            bar = view.get_by_role("progressbar", name="Rows done")
            assert bar.get_attribute("aria-valuetext") == state["headline"]
            assert (bar.get_attribute("value") is None) == (state["phase"] == "preparing")
            assert view.get_by_role("button", name="Cancel", exact=True).count() == state["cancellable"]


def test_cancel_by_keyboard_alone(browser: Browser, address: str) -> None:
    """Tab reaches Cancel, which asks; the focus stays while it waits and is with the view at the end."""
    with opened(browser, address) as page:
        view = show(page, "running")
        page.keyboard.press("Tab")
        assert page.locator("button:focus-visible").inner_text() == "Cancel"
        page.keyboard.press("Enter")
        assert page.get_by_role("group", name="Cancel 355 waiting rows? What is answered is kept.").is_visible()
        assert page.locator("button:focus").inner_text() == "No"
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        page.keyboard.press("Space")
        assert view.evaluate("view => view.sent") == [{"kind": "cancel"}]
        assert page.locator("button:focus").inner_text() == "Cancelling…"
        view.evaluate("(view, state) => view.set(state)", CASES["cancelling"]["state"])
        assert page.locator("button:focus").is_visible()
        view.evaluate("(view, state) => view.set(state)", CASES["cancelled"]["state"])
        assert page.locator(".dw-job:focus").is_visible()
        assert page.get_by_role("button").all_inner_texts() == ["Retry 358 unanswered rows", "Open in panel"]
        assert page.get_by_role("status").first.inner_text() == CASES["cancelled"]["state"]["headline"]


def test_a_double_click_cancels_nothing(browser: Browser, address: str) -> None:
    """The answer that changes nothing comes where Cancel was."""
    with opened(browser, address) as page:
        view = show(page, "running")
        cancel = page.get_by_role("button", name="Cancel", exact=True)
        before = cancel.bounding_box()
        cancel.dblclick()
        assert view.evaluate("view => view.sent") == []
        cancel.click()
        assert page.get_by_role("button", name="No").bounding_box() == before


def test_numbers_grow_without_moving_anything(browser: Browser, address: str) -> None:
    """From the first row to the last, no part of the legend and no edge of the view moves."""
    boxes = """() => [...document.querySelectorAll(
        '.dw-job, .dw-mark, .dw-bar, .dw-buttons *, .dw-label, .dw-summary')].map(node => {
        const box = node.getBoundingClientRect(); return [box.x, box.y, box.width].map(Math.round) })"""
    with opened(browser, address, viewport={"width": 900, "height": 400}) as page:
        state = CASES["running"]["state"]
        view = show(page, "running")
        seen = set()
        for completed in (0, 9, 10, 99, 100, 497):
            counts = {"completed": completed, "failed": completed // 9, "waiting": 500 - completed}
            headline = f"{completed} of 500 answered"
            view.evaluate("(view, state) => view.set(state)", {**state, **counts, "headline": headline})
            seen.add(json.dumps(page.evaluate(boxes)))
        assert len(seen) == 1
        assert page.locator(".dw-job").bounding_box()["height"] <= 150  # type: ignore[index] # it is visible


@pytest.mark.parametrize("width", [360, 620, 900])
def test_what_says_most_has_the_first_line(browser: Browser, address: str, width: int) -> None:
    """The share stands beside the first part of the legend, and a headline that one line has room for is on one."""
    with opened(browser, address, viewport={"width": width, "height": 600}) as page:
        for name in ("running", "running large", "completed with failures"):
            show(page, name)
            view = page.locator("main > div").last
            first, share = (view.locator(part).first.bounding_box() for part in (".dw-parts > .dw-item", ".dw-percent"))
            assert first
            assert share
            assert first["y"] == pytest.approx(share["y"], abs=2)
            lines = view.locator(".dw-headline").evaluate("node => node.getBoundingClientRect().height / 20")
            assert lines == (2 if width == 360 and name == "running large" else 1)


@pytest.mark.parametrize("zoom", [1, 2])
def test_nothing_overflows_a_narrow_output(browser: Browser, address: str, zoom: int) -> None:
    """In 400 px, and there at 200 % zoom, no state is cut off or scrolls sideways."""
    with opened(browser, address, viewport={"width": 400, "height": 600}) as page:
        page.evaluate("zoom => { document.body.style.zoom = zoom }", zoom)
        for name in CASES:
            show(page, name)
        for row in (2, 3, 4, 5):
            read(page)
            page.locator(".dw-reader").last.locator(".dw-row").nth(row).click()
            page.locator(".dw-reader").last.locator(".dw-text").first.wait_for()
        wide = "() => [...document.querySelectorAll('.dw-job')].map(v => v.scrollWidth - v.clientWidth)"
        assert set(page.evaluate(wide)) == {0}
        assert page.evaluate("document.documentElement.scrollWidth") <= 400


def test_forced_colours_and_vscode_keep_text_on_its_background(browser: Browser, address: str) -> None:
    """VS Code's white box is painted over; in forced colours the three parts still differ by shape."""
    with opened(browser, address, "vscode-dark") as page:
        show(page, "running")
        assert page.locator(".dw-job").evaluate("v => getComputedStyle(v).backgroundColor") == "rgb(31, 31, 31)"
    with opened(browser, address, forced_colors="active") as page:
        show(page, "running")
        marks = page.locator(".dw-mark").evaluate_all(
            """marks => marks.map(mark => { const style = getComputedStyle(mark);
                return [style.borderRadius, style.borderStyle, style.backgroundImage !== 'none'].join() })"""
        )
        assert len(set(marks)) == 3
        box = page.locator(".dw-job").evaluate("v => getComputedStyle(v).borderColor")
        assert box == page.locator(".dw-headline").evaluate("v => getComputedStyle(v).color")
        read(page)
        reason = page.locator(".dw-reason").first
        reason.click()
        colours = "node => getComputedStyle(node).backgroundColor"
        assert reason.evaluate(colours) != page.locator(".dw-reason").last.evaluate(colours), "what is chosen is seen"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_saved_form_has_its_parts_in_forced_colours(browser: Browser, address: str, scheme: str) -> None:
    """The bar's parts and the marks keep a fill that is not the page's, and the bar an edge."""
    host = "plain-dark" if scheme == "dark" else "plain"
    with opened(browser, address, host, forced_colors="active") as page:
        form = render_html(Snapshot(**CASES["completed with failures"]["snapshot"]))
        page.evaluate("html => { document.querySelector('main').innerHTML = html }", form)
        track = page.locator("main [style*=outline]")
        canvas = page.locator("main > div").evaluate("node => getComputedStyle(node).backgroundColor")
        fills = page.locator("main [style*='forced-color-adjust']").evaluate_all(
            "nodes => nodes.map(node => getComputedStyle(node)).map(s => s.backgroundImage + s.backgroundColor)"
        )
        assert len(fills) == 4
        assert all(fill != f"none{canvas}" for fill in fills)
        text = page.locator("main strong").evaluate("node => getComputedStyle(node).color")
        assert track.evaluate("node => getComputedStyle(node).outlineColor") == text


def test_rows_are_read_by_keyboard_alone(browser: Browser, address: str) -> None:
    """Tab and arrows go from the view to a row, Enter opens it, Escape closes it, and the focus is where it was."""
    with opened(browser, address) as page:
        show(page, "completed with failures")
        keyboard = page.keyboard

        def focused(text: str) -> None:
            expect(page.locator(":focus")).to_contain_text(text)

        keyboard.press("Tab")
        focused("Retry")
        keyboard.press("Tab")
        focused("Open in panel")
        keyboard.press("Tab")
        focused("Read the rows")
        keyboard.press("Enter")
        page.locator(".dw-row").first.wait_for()
        for _ in range(4):
            keyboard.press("Tab")
        keyboard.press("Tab")
        focused("B0000")
        keyboard.press("ArrowDown")
        focused("B0001")
        keyboard.press("Enter")
        expect(page.get_by_role("group", name="Answer")).to_contain_text("negative")
        keyboard.press("Tab")
        focused("Copy as text")
        keyboard.press("Escape")
        focused("B0001")
        expect(page.get_by_role("group", name="Answer")).to_have_count(0)


def test_a_row_stays_in_sight_when_a_long_one_above_it_closes(browser: Browser, address: str) -> None:
    """Who opens the row below one that fills many screens goes on reading where the focus is."""
    with opened(browser, address) as page:
        read(page)
        page.add_style_tag(content=".dw-rows { max-block-size: 60px !important }")
        row = page.locator(".dw-row")
        row.nth(2).click()
        page.locator(".dw-blocks-answer").wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.locator(".dw-blocks-answer", has_text="</pre>").wait_for()
        within = """row => {
            const [inner, outer] = [row, row.closest('.dw-rows')].map(node => node.getBoundingClientRect());
            return inner.top >= outer.top && inner.bottom <= outer.bottom
        }"""
        assert row.nth(3).evaluate(within)


def test_rows_are_found_by_a_word_and_by_a_reason(browser: Browser, address: str) -> None:
    """What is typed is searched, what is found is counted, and a reason is a button."""
    with opened(browser, address) as page:
        read(page)
        search = page.get_by_role("searchbox", name="Search in prompts and answers")
        search.fill("ZÜRICH")
        search.press("Enter")
        expect(page.locator(".dw-found")).to_contain_text("1 of 1 row")
        search.fill("nowhere")
        search.press("Enter")
        expect(page.locator(".dw-found")).to_have_text("No row has this.")
        assert page.locator(".dw-row").count() == 0
        assert page.get_by_role("list", name="Why rows have no answer").get_by_role("button").count() == 2
        page.get_by_role("button", name="Clear").click()
        expect(page.locator(".dw-found")).to_contain_text("of 8 rows")
        expect(search).to_be_focused()
        assert search.input_value() == ""


def test_what_others_wrote_is_text_however_hostile(browser: Browser, address: str) -> None:
    """Markup, script, terminal codes, marks of direction and a megabyte do nothing but stand there, in a blink."""
    hostile = REPLIES[0]["answer"]["rows"]["rows"][3]["prompt"]
    with opened(browser, address) as page:
        view = read(page)
        for row in range(8):
            page.locator(".dw-row").nth(row).click()
            page.locator(".dw-text").first.wait_for()
        page.locator(".dw-row").nth(3).click()
        assert page.locator(".dw-row-prompt").nth(3).evaluate("node => node.textContent") == hostile
        assert page.locator(".dw-text").first.evaluate("node => node.textContent") == hostile
        assert page.locator(".dw-reader :is(script, iframe, a, b, object, form)").count() == 0
        images = "() => [...document.querySelectorAll('img')].every(image => image.src.startsWith('data:image/png;'))"
        assert page.evaluate(images)
        view.evaluate(
            """view => { const id = view.sent.findLast(wish => wish.kind === 'row').id;
                const text = '\u202e<b>'.repeat(262144);
                view.answer({ kind: 'row', id, row: { row: 3, label: 'l', status: 'completed', reason: '',
                    request: [], answer: [{ title: 'assistant', form: 'text', text }], rest: [] } }) }"""
        )
        page.get_by_role("button", name="Show all 1,048,576 characters").click()
        shown = "nodes => nodes.map(node => node.textContent.length).reduce((sum, length) => sum + length)"
        assert page.locator(".dw-text").evaluate_all(shown) == 1_048_576
        assert page.title() == "Job view"


def test_a_settled_form_is_a_view_while_there_is_a_kernel(browser: Browser, address: str) -> None:
    """The form that is saved gives way to the view of its job, to read and to retry; without a kernel it is back."""
    snapshot = Snapshot(**CASES["completed with failures"]["snapshot"])
    with opened(browser, address) as page:
        view = show(page, "completed with failures")
        life = view.evaluate_handle(
            "(view, html) => view.settle(html)", render_html(snapshot, place=view.evaluate("v => v.place"))
        )
        assert page.locator("[data-dw-view]").is_hidden()
        page.get_by_text("Read the rows").click()
        page.locator(".dw-row").nth(1).click()
        page.get_by_role("button", name="Retry 3 failed").click()
        assert view.evaluate("view => view.sent.at(-1)") == {"kind": "retry"}
        view.evaluate("(view, state) => view.set(state)", CASES["running"]["state"])
        expect(page.locator(".dw-headline")).to_have_text("142 of 500 answered, 3 failed")
        view.evaluate("(view, state) => view.set(state)", CASES["completed"]["state"])
        life.evaluate("life => life.abort()")
        assert page.locator(".dw-job").count() == 0
        assert page.locator("[data-dw-view]").is_visible()


def test_the_end_takes_nothing_that_was_opened_or_typed(browser: Browser, address: str) -> None:
    """When the output of a job becomes its settled form, the open row, the search and the focus are as they were."""
    snapshot = Snapshot(**CASES["completed with failures"]["snapshot"])
    with opened(browser, address) as page:
        view = read(page, "running")
        page.locator(".dw-row").nth(1).click()
        expect(page.get_by_role("group", name="Answer")).to_contain_text("negative")
        page.clock.install()
        page.clock.pause_at(datetime.now().astimezone() + timedelta(minutes=1))  # what is typed waits for more
        page.get_by_role("searchbox").fill("zurich")
        asked = len(view.evaluate("view => view.sent"))
        view.evaluate("(view, html) => view.settle(html)", render_html(snapshot, place=view.evaluate("v => v.place")))
        expect(page.get_by_role("searchbox")).to_be_focused()
        assert page.get_by_role("searchbox").input_value() == "zurich"
        expect(page.get_by_role("group", name="Answer")).to_contain_text("negative")
        page.keyboard.press("Enter")
        assert [wish["kind"] for wish in view.evaluate("(view, from) => view.sent.slice(from)", asked)] == ["rows"]


def test_the_focus_is_kept_in_a_shadow_root(browser: Browser, address: str) -> None:
    """In marimo too the focus goes on where its button or its row is no more, and is there again with the view."""
    with opened(browser, address, "marimo") as page:
        view = read(page)
        focused = page.locator(".dw-row:focus")
        page.locator(".dw-row").nth(6).focus()
        fewer = {**REPLIES[0]["answer"]["rows"], "rows": REPLIES[0]["answer"]["rows"]["rows"][:3]}
        view.evaluate(
            """(view, rows) => view.answer({ kind: 'rows', rows,
                id: view.sent.findLast(wish => wish.kind === 'rows').id })""",
            fewer,
        )
        expect(focused).to_contain_text("B0002")
        page.keyboard.press("ArrowUp")
        page.evaluate("() => new Promise(done => setTimeout(done))")  # what has lost the focus is forgotten then
        view.evaluate("view => view.again()")
        expect(focused).to_contain_text("B0001")
        page.get_by_role("button", name="Retry 3 failed").focus()
        view.evaluate("(view, state) => view.set(state)", CASES["running"]["state"])
        expect(page.locator(".dw-job")).to_be_focused()


def test_a_lost_view_keeps_what_needs_no_kernel(browser: Browser, address: str) -> None:
    """A row and the line that brings the job back can be copied; the focus goes to the view, and no rate is claimed."""
    with opened(browser, address) as page:
        view = read(page)
        page.locator(".dw-row").nth(1).click()
        page.get_by_role("button", name="Copy as text").focus()
        view.evaluate("view => view.lose()")
        expect(page.get_by_role("button", name="Copy as text")).to_be_focused()
        assert page.locator(".dw-button:visible").all_inner_texts() == ["Copy line", "Copy as text"]
        expect(page.locator(".dw-job")).to_contain_text("took 4 min")

        running = show(page, "running")
        page.get_by_role("button", name="Cancel", exact=True).focus()
        running.evaluate("view => view.lose()")
        lost = page.locator(".dw-job").last
        expect(lost).to_be_focused()
        assert "rows/s" not in lost.inner_text()
        assert lost.get_by_role("status").last.inner_text() == "The kernel restarted."


def test_a_page_that_is_written_from_the_right_leaves_the_words_in_order(browser: Browser, address: str) -> None:
    """In a page of Hebrew or Arabic the words of a view are English still, and what others wrote has its own way."""
    with opened(browser, address) as page:
        page.evaluate("document.documentElement.dir = 'rtl'")
        view = show(page, "running")
        view.evaluate("(view, state) => view.set(state)", {**CASES["running"]["state"], "label": "שלום"})
        direction = "node => getComputedStyle(node).direction"
        assert page.locator(".dw-headline").evaluate(direction) == "ltr"
        assert page.locator(".dw-label").evaluate(direction) == "rtl"
        first, last = (page.locator(".dw-parts > .dw-item").nth(place).bounding_box() for place in (0, 2))
        assert first
        assert last
        assert first["x"] < last["x"]


def test_the_views_are_small() -> None:
    """Each module with its style sheet is at most 60 kB, minified."""
    esbuild = [str(ROOT / "js/node_modules/.bin/esbuild"), "--minify"]
    for module in (ROOT / "dw_jupyter/static").glob("*.js"):
        minified = [subprocess.run([*esbuild, file], check=True, capture_output=True).stdout
                    for file in (module, module.with_suffix(".css"))]  # fmt: skip
        assert sum(map(len, minified)) <= 60_000


def test_the_bundle_is_one_module_that_names_no_address() -> None:
    """What is built imports nothing, names no address, and is from the sources that are there."""
    hook = runpy.run_path(str(ROOT / "js/hatch_build.py"))
    sources = hook["hash_of_sources"](ROOT / "js")
    for name in hook["BUILT"]:
        built = ROOT / "dw_jupyter/static" / name
        text = built.read_text("utf-8")
        assert hook["is_fresh"](built, sources)
        assert "://" not in text.replace("http://www.w3.org/2000/svg", "")  # the name of a vocabulary, asked of nobody
        assert not re.search(r"^\s*(import\b|@import)|\bimport\(", text, re.MULTILINE)
