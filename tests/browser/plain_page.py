"""A plain page that shows what is built, dressed as one of the hosts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
AXE = ROOT / "js/node_modules/axe-core/axe.min.js"
HOSTS = ["plain", "plain-dark", "jupyterlab-light", "jupyterlab-dark", "vscode-dark"]


class Files(SimpleHTTPRequestHandler):
    """Serves the page at ``/`` and what is built under ``/static``, quietly."""

    def translate_path(self, path: str) -> str:
        """Where a path lies on disk."""
        name = urlsplit(path).path
        return str(ROOT / "dw_jupyter" / name[1:] if name.startswith("/static/") else self.directory)

    def log_message(self, *_message: object) -> None:
        """Says nothing."""


@contextmanager
def serve(page: str) -> Iterator[str]:
    """Serve a page of this folder; its address."""
    handler = partial(Files, directory=str(Path(__file__).with_name(page)))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@contextmanager
def opened(
    browser: Browser, address: str, host: str = "plain", *, now: float | None = None, **options: Any
) -> Iterator[Page]:
    """A page in the dress of a host; it may ask 127.0.0.1 only, and no script of it may fail.

    ``now`` is what its clock says, in epoch seconds.
    """
    context = browser.new_context(color_scheme="dark" if host == "plain-dark" else "light", **options)
    page = context.new_page()
    page.set_default_timeout(30_000)
    asked: list[str] = []
    faults: list[str] = []
    page.on("request", lambda request: asked.append(str(urlsplit(request.url).hostname)))
    page.on("pageerror", lambda error: faults.append(str(error)))
    if now is not None:
        page.clock.set_fixed_time(now)
    page.goto(f"{address}?host={host}")
    page.wait_for_function("window.ready")
    yield page
    assert set(asked) == {"127.0.0.1"}
    assert faults == []
    context.close()
