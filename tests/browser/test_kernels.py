"""The same journey in each ipykernel that people have: they hear a click in a busy cell at different times.

The newest is in the environment of the tests; folders of the others come by ``DW_JUPYTER_TEST_IPYKERNELS``.
"""

from __future__ import annotations

import os
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, until_moved_from

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_FOLDERS = filter(None, os.environ.get("DW_JUPYTER_TEST_IPYKERNELS", "").split(os.pathsep))
OLDER = {folder.rpartition("-")[2]: Path(folder) for folder in _FOLDERS}
HEARS_AT_ONCE = ("7.0", "7.1", "7.2", "7.3")
"""Versions that hear a click on a thread of their own; the others hear it when a cell that blocks has ended."""
ROWS = 1000
SETUP = f"""%load_ext dw_jupyter
import pathlib, time, ipykernel, pandas as pd
reviews = pd.DataFrame({{"text": [f"Review {{n}}" for n in range({ROWS})]}})
ipykernel.__version__"""


@pytest.mark.parametrize("version", [installed("ipykernel"), *OLDER])
def test_a_job_and_the_panel_while_a_cell_blocks(browser: Browser, lab: Lab, version: str) -> None:
    """Views move on and acknowledge a click at once; what the kernel does about it may wait, and is said to."""
    at_once = version.startswith(HEARS_AT_ONCE)
    lab.add_kernel(version, *([OLDER[version]] if version in OLDER else []))
    path = lab.write(
        f"kernel-{version}.ipynb",
        SETUP,
        "%dwbatch panel",
        f"%%dwbatch reviews -o labels -j job\nWith {version}: {{{{ text }}}}",
        "while not pathlib.Path('go').exists(): time.sleep(0.05)\npathlib.Path('go').unlink()\njob.snapshot.state",
        kernel=version,
    )
    with lab.open(browser, path.name) as notebook:
        page, view, panel = (notebook.page, *(notebook.page.locator(name) for name in (".dw-job", ".dw-panel")))
        listed = panel.get_by_role("list", name="Jobs and batches, newest first").get_by_role("listitem")
        for cell in range(3):
            notebook.run(cell)
        seen = until_moved_from(view, 0)
        expect(notebook.output(0).last).to_contain_text(f"'{version}'")

        notebook.save()
        page.reload()
        notebook.wait_until_shown()
        seen = until_moved_from(view, seen)
        expect(listed.first).to_contain_text(f"of {ROWS:,} answered")

        notebook.run(3)
        expect(page.locator(".jp-InputPrompt", has_text="*")).to_have_count(1)
        panel.get_by_label("Search label, model, id or tag").fill("no such job")
        view.get_by_role("button", name="Cancel").click()
        view.get_by_role("button", name="Yes, cancel").click()
        if at_once:
            expect(listed).to_have_count(0)
            expect(view).to_contain_text("Cancelled: ")
        else:
            expect(view.get_by_role("button", name="Cancelling…")).to_be_visible()
            for waiting in (view, panel):
                expect(waiting).to_contain_text("Sent. A kernel that is busy with a cell")
            until_moved_from(view, until_moved_from(view, seen))
        (path.parent / "go").touch()
        expect(notebook.output(3).last).to_contain_text("'cancelled'" if at_once else "'running'")
        expect(view).to_contain_text("Cancelled: ")
        expect(listed).to_have_count(0)
        for waiting in (view, panel):
            expect(waiting).not_to_contain_text("Sent. A kernel that is busy with a cell")

        page.get_by_text("Read the rows").click()
        page.locator(".dw-row").first.click()
        expect(page.get_by_role("group", name="Answer")).to_contain_text(f"With {version}: Review 0")

        view.get_by_role("button", name="Retry").click()
        until_moved_from(view, 0)
        notebook.restart_kernel()
        expect(view).to_contain_text("run in a cell: import dw_jupyter as dw; dw.attach(")
        expect(panel).to_contain_text("Load the extension, then run %dwbatch panel: the jobs go on.")
