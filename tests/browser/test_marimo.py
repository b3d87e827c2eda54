"""A job and the panel in marimo, which shows widgets by itself: a real server, a real service, real Chromium."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser.lab import PATIENCE, Notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.service_process import ServiceProcess

ROWS = 400
ADDRESS = re.compile(r"URL: http://[^:]+:([0-9]+)")
PROGRAM = f"""
import marimo
app = marimo.App()

@app.cell
def _():
    import dw_jupyter as dw
    job = dw.submit([{{"text": f"say {{n}}"}} for n in range({ROWS})], "{{{{ text }}}}", label="rows")
    job
    return (dw, job)

@app.cell
def _(dw):
    dw.panel(globals())
    return ()
"""


@contextlib.contextmanager
def served(folder: Path, service: ServiceProcess) -> Iterator[str]:
    """The program as an app on a port of its own; its address."""
    (folder / "notebook.py").write_text(PROGRAM)
    environment = {
        "DOUBLEWORD_API_BASE": service.base_url,
        "DOUBLEWORD_API_KEY": service.api_key,
        "DW_JUPYTER_HOME": str(folder / "home"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "marimo", "run", "--headless", "--no-token", "--host", "127.0.0.1", "notebook.py"],
        env={**os.environ, **environment}, cwd=folder, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    with server:
        assert server.stdout
        try:
            yield next(f"http://127.0.0.1:{found[1]}" for line in server.stdout if (found := ADDRESS.search(line)))
        finally:
            server.terminate()
        assert service.api_key not in server.stdout.read()


def test_a_job_and_the_panel_are_live_in_marimo(browser: Browser, tmp_path: Path, service: ServiceProcess) -> None:
    """The view moves, is cancelled, read and retried by its buttons, and the panel follows."""
    with served(tmp_path, service) as address:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        notebook = Notebook(page)
        page.goto(address)
        view, panel = page.locator(".dw-job"), page.locator(".dw-panel")
        headline = view.locator(".dw-headline")
        expect(headline).to_contain_text(f"of {ROWS} answered", timeout=PATIENCE * 1000)
        seen = headline.inner_text()
        expect(headline).not_to_have_text(seen)
        expect(headline).to_contain_text(f"of {ROWS} answered")

        view.get_by_role("button", name="Cancel").click()
        view.get_by_role("button", name="Yes, cancel").click()
        expect(headline).to_contain_text("Cancelled: ")
        expect(panel).to_contain_text("Cancelled: ")
        view.get_by_text("Read the rows").click()
        view.locator(".dw-row").first.click()
        expect(view.get_by_role("group", name="Answer")).to_contain_text("say 0")
        view.get_by_role("button", name="Retry").click()
        expect(headline).to_contain_text(f"of {ROWS} answered")
        page.close()
    assert notebook.hosts == {"127.0.0.1"}
    assert service.api_key.encode() not in b"".join(notebook.heard)
