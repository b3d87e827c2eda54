"""Journeys in real JupyterLab: a real kernel, a real service, real Chromium, and the file that is saved."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
from playwright.sync_api import expect

from tests.browser.lab import Lab, Notebook, served, until_moved_from
from tests.service_process import ServiceProcess

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

ROWS = 160
SETUP = f"""%load_ext dw_jupyter
import pandas as pd
reviews = pd.DataFrame({{"text": [f"Review {{n}}" for n in range({ROWS})]}}, index=pd.RangeIndex(1, {ROWS + 1}))"""
CELL = '%%dwbatch reviews -o labels -j job --schema "sentiment: positive|negative"'
FATES = 'labels["dw_status"].value_counts().to_dict()'


def test_from_run_all_to_the_file_that_somebody_else_opens(browser: Browser, lab: Lab, service: ServiceProcess) -> None:
    """The cell ends at once, the bar moves while other cells run, the frame fills, and what is saved needs nothing."""
    path = lab.write(
        "first.ipynb",
        SETUP + '\nreviews.loc[7, "text"] = "fail 400"',
        f"{CELL}\n{{{{ text }}}}",
        "import time\nwhile not job.counts.completed: time.sleep(0.05)",
        FATES,
        "answered = await job",
        f'{FATES}, answered.equals(labels), labels.index.equals(reviews.index), labels.loc[7, "dw_status"]',
    )
    with lab.open(browser, path.name) as notebook:
        notebook.command("notebook:run-all-cells")
        view = notebook.page.locator(".dw-job")
        early = until_moved_from(view, 0)
        assert until_moved_from(view, early) < 1

        # Run All goes on to the end while this looks on.
        expect(notebook.output(1)).to_contain_text(f"Done: {ROWS - 1} of {ROWS} answered, 1 failed")
        notebook.wait_until_idle()
        notebook.save()
        heard = b"".join(notebook.heard)

    _, cell, _, meanwhile, _, end = json.loads(path.read_text())["cells"]
    said, partly = (text_of(output) for output in meanwhile["outputs"])
    assert re.match(rf"labels: \d+ of {ROWS} answered", said)
    assert 0 < count(partly, "completed") < ROWS
    assert count(partly, "pending") == ROWS - count(partly, "completed") - count(partly, "failed")
    (whole,) = (text_of(output) for output in end["outputs"])
    assert whole.endswith("True, True, 'failed')")
    assert (count(whole, "completed"), count(whole, "failed")) == (ROWS - 1, 1)

    (settled,) = cell["outputs"]
    assert set(settled["data"]) == {"text/html", "text/plain"}
    assert settled["metadata"] == {}
    assert service.api_key not in path.read_text()
    assert b"dwbatch" in heard  # it is the kernel's channel that was listened to
    assert service.api_key.encode() not in heard

    # Somebody else gets the file: not trusted, because not signed here, and without a kernel.
    sent = json.loads(path.read_text())
    sent["metadata"]["title"] = "Sent by mail"
    copy = path.with_name("sent.ipynb")
    copy.write_text(json.dumps(sent))
    with lab.open(browser, copy.name, kernel=False) as notebook:
        expect(notebook.output(1)).to_contain_text(f"Done: {ROWS - 1} of {ROWS} answered, 1 failed")
        assert painted(notebook.output(1)) == ["99.38%", "0.62%", "9px", "9px"]
        expect(notebook.page.locator("body")).not_to_contain_text("Error displaying widget")
        expect(notebook.page.locator(".jp-StatusBar-TextItem", has_text="No Kernel")).to_be_visible()


def test_cancel_by_keyboard_keeps_what_was_answered(browser: Browser, lab: Lab) -> None:
    """Tab goes from the cell to Cancel, which asks; the job ends as cancelled and keeps its answered rows."""
    path = lab.write("cancel.ipynb", SETUP, f"{CELL}\nCancelled: {{{{ text }}}}", FATES)
    with lab.open(browser, path.name) as notebook:
        keyboard = notebook.page.keyboard
        notebook.run(0)
        notebook.wait_until_idle()
        notebook.select(1)
        keyboard.press("Control+Enter")
        until_moved_from(notebook.page.locator(".dw-job"), 0)
        pressed = notebook.page.locator("button:focus", has_text="Cancel")
        for _ in range(5):
            if not pressed.count():
                keyboard.press("Tab")
        expect(pressed).to_be_visible()
        keyboard.press("Enter")
        expect(notebook.page.locator("button:focus")).to_have_text("No")
        keyboard.press("Shift+Tab")
        keyboard.press("Enter")

        expect(notebook.output(1)).to_contain_text("Cancelled: ")
        notebook.run(2)
        notebook.wait_until_idle()
        fates = notebook.output(2).last.inner_text()
        assert 0 < count(fates, "completed") < ROWS
        assert count(fates, "cancelled") == ROWS - count(fates, "completed")
        assert notebook.output(2).first.inner_text().startswith("labels: cancelled: ")


def test_a_reloaded_page_and_a_new_kernel_find_the_job_again(
    browser: Browser, lab: Lab, service: ServiceProcess
) -> None:
    """After a reload the view is live; after a restart it says what to do, and the same cell attaches: one batch."""
    path = lab.write("again.ipynb", SETUP, f"{CELL}\nAgain: {{{{ text }}}}", f"await job\n{FATES}")
    with service.http() as http, lab.open(browser, path.name) as notebook:
        before = batches(http)
        notebook.run(0)
        notebook.run(1)
        view = notebook.page.locator(".dw-job")
        seen = until_moved_from(view, 0)
        notebook.save()
        (saved,) = json.loads(path.read_text())["cells"][1]["outputs"]
        assert set(saved["data"]) == {"text/html", "text/plain"}, "where nobody has a kernel, a widget is an error"
        said = "".join(saved["data"]["text/plain"])
        assert re.match(rf"\d+ of {ROWS} answered", said), "what is saved is not of the first moment"
        assert "dw.attach(" in said
        notebook.page.reload()
        notebook.wait_until_shown()
        until_moved_from(view, seen)

        notebook.restart_kernel()
        expect(view).to_contain_text("run in a cell: import dw_jupyter as dw; dw.attach(")
        expect(view.get_by_role("button")).to_have_text(["Copy line"])
        for cell in range(3):
            notebook.run(cell)
        expect(notebook.output(1)).to_contain_text(f"Done: {ROWS} of {ROWS} answered")
        expect(notebook.output(1)).to_contain_text("attached to its job")
        notebook.wait_until_idle()
        assert count(notebook.output(2).last.inner_text(), "completed") == ROWS
        assert len(batches(http) - before) == 1


def test_a_job_is_read_and_retried_in_jupyterlab(browser: Browser, lab: Lab) -> None:
    """The rows stay open through the end, the retry, a reload; without its kernel the cell shows the settled form."""
    read_and_retry(browser, lab, tokens=99)


def test_a_job_is_read_and_retried_in_notebook_7(browser: Browser, tmp_path: Path, service: ServiceProcess) -> None:
    """The same in Notebook 7."""
    with served(tmp_path, service, "notebook") as notebook:
        read_and_retry(browser, notebook, tokens=98)


def read_and_retry(browser: Browser, lab: Lab, *, tokens: int) -> None:
    """Read the rows of a job while it runs, at its end and after a reload; retry it, and take its kernel away.

    The service fails a row once for each number of ``tokens``.
    """
    setup = SETUP + '\nreviews.loc[3, "text"] = "fail 400 once"'
    path = lab.write("read.ipynb", setup, f"{CELL} --max-tokens {tokens}\n{{{{ text }}}}")
    with lab.open(browser, path.name) as notebook:
        notebook.run(0)
        notebook.run(1)
        view, page = notebook.page.locator(".dw-job"), notebook.page
        until_moved_from(view, 0)
        page.get_by_text("Read the rows").click()
        expect(page.locator(".dw-row")).to_have_count(50)
        page.locator(".dw-row").nth(1).focus()

        # The live view gives way to the settled form, and shows itself in its place.
        expect(view.locator(".dw-headline")).to_have_text(f"Done: {ROWS - 1} of {ROWS} answered, 1 failed")
        expect(page.locator("[data-dw-view]")).to_be_hidden()
        expect(page.locator(".dw-job:focus-within, .dw-job:focus")).to_be_visible()
        keys_stay_in_the_view(notebook, path)
        page.get_by_role("searchbox").fill("REVIEW 141")
        expect(page.locator(".dw-row")).to_have_count(1)
        page.locator(".dw-row").click()
        expect(page.get_by_role("group", name="Answer")).to_contain_text('"sentiment":')
        notebook.save()
        (settled,) = json.loads(path.read_text())["cells"][1]["outputs"]
        assert set(settled["data"]) == {"text/html", "text/plain"}

        page.get_by_role("button", name="Retry 1 failed").click()
        expect(view.locator(".dw-headline")).to_have_text(f"Done: {ROWS} of {ROWS} answered")
        expect(page.get_by_role("button", name="Retry")).to_have_count(0)
        notebook.save()
        (settled,) = json.loads(path.read_text())["cells"][1]["outputs"]
        assert f"Done: {ROWS} of {ROWS} answered" in "".join(settled["data"]["text/plain"])

        page.reload()
        notebook.wait_until_shown()
        page.get_by_text("Read the rows").click()
        page.get_by_role("combobox", name="Which rows").select_option("answered")
        expect(page.locator(".dw-found")).to_contain_text(f"of {ROWS} rows")

        notebook.restart_kernel()
        expect(view).to_have_count(0)
        expect(page.locator("[data-dw-view]")).to_be_visible()


def keys_stay_in_the_view(notebook: Notebook, path: Path) -> None:
    """What a key means to a row, a list of choices or a field is done there; Ctrl+S is the notebook's still."""
    page, keyboard = notebook.page, notebook.page.keyboard
    before = [cell["id"] for cell in json.loads(path.read_text())["cells"]]
    row = page.locator(".dw-row:focus")
    page.locator(".dw-row").nth(1).focus()
    for key in ("x", "a", "b", "d", "d", "0", "Shift+M", "Control+Backspace", "ArrowDown"):
        keyboard.press(key)
    expect(row.locator(".dw-row-label")).to_have_text("3")
    keyboard.press("Enter")
    expect(page.locator(".dw-whole:visible")).to_contain_text("fail 400 once")
    keyboard.press("Escape")
    expect(page.locator(".dw-whole:visible")).to_have_count(0)
    page.get_by_role("combobox", name="Which rows").focus()
    keyboard.type("ab")
    page.get_by_role("searchbox").focus()
    keyboard.type("bxa")
    keyboard.press("Control+a")
    keyboard.press("Backspace")
    keyboard.press("ArrowUp")
    expect(page.get_by_role("searchbox")).to_have_value("")
    expect(page.get_by_role("searchbox")).to_be_focused()
    with page.expect_response(lambda answer: answer.request.method == "PUT" and path.name in answer.url):
        keyboard.press("Control+s")
    assert [cell["id"] for cell in json.loads(path.read_text())["cells"]] == before
    page.get_by_role("combobox", name="Which rows").select_option("all rows")


def painted(output: Locator) -> list[str]:
    """The widths of what is filled with a colour of its own: the parts of the bar, then the marks."""
    return list(
        output.locator("[style*=width]").evaluate_all(
            """nodes => nodes.filter(node => /rgb\\(/.test(getComputedStyle(node).backgroundColor))
                .map(node => node.style.width)"""
        )
    )


def batches(http: httpx.Client) -> set[str]:
    """The ids of all batches in the service's books."""
    return {batch["id"] for batch in http.get("batches", params={"limit": 100}).json()["data"]}


def text_of(output: dict[str, Any]) -> str:
    """The text of an output in a file, on one line; a file holds it as a list of lines."""
    return " ".join("".join(output["text"] if "text" in output else output["data"]["text/plain"]).split())


def count(fates: str, status: str) -> int:
    """A number out of what ``FATES`` shows."""
    found = re.search(rf"'{status}': (\d+)", fates)
    assert found, fates
    return int(found[1])
