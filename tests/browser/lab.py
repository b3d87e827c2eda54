"""A JupyterLab of this test's own and a notebook in one of its pages, driven as a person would drive it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

import httpx

from tests.service_process import ServiceProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

PATIENCE = 60.0
ROOT = Path(__file__).parents[2]
KERNEL = "dw-test"
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # How long a cell took is then in its metadata, as the kernel told it.
    "notebook-extension/tracker": {"recordTiming": True},
}
Host = Literal["jupyterlab", "notebook"]
_APPS: dict[Host, str] = {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}
_NOTEBOOK = "window.jupyterapp?.shell.currentWidget"
_SESSION = f"{_NOTEBOOK}.sessionContext.session"


class Lab:
    """JupyterLab, or Notebook 7, as a process, with folders and a kernel of its own. Use it as a context manager.

    Args:
        folder: where everything of it lives; notebooks are in ``folder / "notebooks"``.
        environment: what its kernels find beside the environment of this process.
        host: which of the two.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], *, host: Host = "jupyterlab") -> None:
        self._host = host
        self.notebooks = folder / "notebooks"
        self._folder = folder
        self._token = secrets.token_hex(8)
        self._environment = dict(environment)

    def __enter__(self) -> Self:
        self.notebooks.mkdir(parents=True)
        self.add_kernel(KERNEL)
        for name, values in SETTINGS.items():
            _write(self._folder / "settings/@jupyterlab" / f"{name}.jupyterlab-settings", values)
        folders = {"CONFIG_DIR": "config", "DATA_DIR": "data", "RUNTIME_DIR": "runtime"}
        folders |= {"LAB_SETTINGS_DIR": "settings", "LAB_WORKSPACES_DIR": "workspaces"}
        own = {f"JUPYTER{'' if name.startswith('LAB') else '_'}{name}": path for name, path in folders.items()}
        own |= {"IPYTHONDIR": "ipython", "HOME": "person"}
        environment = {
            **os.environ,
            **{name: str(self._folder / path) for name, path in own.items()},
            "PYTHONPATH": str(ROOT),
            "JUPYTER_PLATFORM_DIRS": "1",
            **self._environment,
        }
        with (self._folder / "lab.log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", self._host, "--no-browser", "--allow-root"),
                    *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0"),
                    f"--IdentityProvider.token={self._token}",
                    f"--ServerApp.root_dir={self.notebooks}",
                    f"--{_APPS[self._host]}.expose_app_in_browser=True",
                    "--LabApp.extension_manager=readonly",
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.address = self._wait_for_address()
        self.http = httpx.Client(
            base_url=self.address, headers={"Authorization": f"token {self._token}"}, trust_env=False, timeout=PATIENCE
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:  # a kernel's socket that never closes keeps it
            self._process.kill()
            self._process.wait(PATIENCE)

    def log(self) -> str:
        """What the server has said."""
        return (self._folder / "lab.log").read_text()

    def add_kernel(self, name: str, *packages: Path) -> None:
        """A kernel for notebooks that name it; what is in the folders of ``packages`` goes before what is installed."""
        python = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        paths = os.pathsep.join(map(str, (*packages, ROOT)))
        spec = {"argv": python, "display_name": name, "language": "python", "env": {"PYTHONPATH": paths}}
        _write(self._folder / "data/kernels" / name / "kernel.json", spec)

    def write(self, name: str, *cells: str, kernel: str = KERNEL) -> Path:
        """A new notebook of code cells; its path."""
        made: dict[str, object] = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": []}
        path = self.notebooks / name
        _write(
            path,
            {
                "cells": [{**made, "id": f"cell-{number}", "source": text} for number, text in enumerate(cells)],
                "metadata": {"kernelspec": {"name": kernel, "display_name": kernel, "language": "python"}},
                "nbformat": 4,
                "nbformat_minor": 5,
            },
        )
        return path

    @contextlib.contextmanager
    def open(
        self, browser: Browser, name: str, *, kernel: bool = True, width: int = 1100, scale: float = 1
    ) -> Iterator[Notebook]:
        """A notebook in a page of its own. Whatever the page asks for has to be on 127.0.0.1.

        Without a kernel in JupyterLab only. ``scale`` is pixels of the screen a pixel of the page.
        """
        context = browser.new_context(viewport={"width": width, "height": 1000}, device_scale_factor=scale)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        notebook = Notebook(page)
        if self._host == "notebook":
            page.goto(f"{self.address}/notebooks/{name}?token={self._token}")
        else:
            page.goto(f"{self.address}/lab/workspaces/{secrets.token_hex(4)}?token={self._token}")
            page.wait_for_function("window.jupyterapp?.restored")
            page.evaluate("() => window.jupyterapp.restored")
            preference = {} if kernel else {"shouldStart": False, "canStart": False}
            notebook.command("docmanager:open", path=name, factory="Notebook", kernelPreference=preference)
        notebook.wait_until_shown(kernel=kernel)
        yield notebook
        assert notebook.hosts == {"127.0.0.1"}
        context.close()

    def _wait_for_address(self) -> str:
        """Where the server listens: it chooses the port, and writes it down."""
        end = time.monotonic() + PATIENCE
        while True:
            for file in self._folder.glob("runtime/jpserver-*.json"):
                with contextlib.suppress(ValueError):  # it is being written
                    return f"http://127.0.0.1:{json.loads(file.read_text())['port']}"
            assert self._process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)


@contextlib.contextmanager
def served(folder: Path, service: ServiceProcess, host: Host) -> Iterator[Lab]:
    """A host whose kernels find the service by their environment."""
    environment = {
        "DOUBLEWORD_API_BASE": service.base_url,
        "DOUBLEWORD_API_KEY": service.api_key,
        "DW_JUPYTER_HOME": str(folder / "home"),
    }
    with Lab(folder, environment, host=host) as running:
        yield running
        assert service.api_key not in running.log()


class Notebook:
    """A notebook in a page.

    ``hosts`` are those that the page has asked, ``heard`` is all that went over its sockets and to its console.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hosts: set[str] = set()
        self.heard: list[bytes] = []
        page.on("request", lambda request: self._ask(request.url))
        page.on("console", lambda message: self._hear(message.text))
        page.on("websocket", self._listen)

    def command(self, name: str, **arguments: Any) -> None:
        """Run a command of JupyterLab, as its menus do, without waiting for its end."""
        self.page.evaluate("([name, args]) => { window.jupyterapp.commands.execute(name, args) }", [name, arguments])

    def wait_until_shown(self, *, kernel: bool = True) -> None:
        """Wait until the cells are drawn and the kernel is there."""
        self.page.wait_for_function(f"{_NOTEBOOK}?.context?.isReady")
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        if kernel:
            self.page.wait_for_function(f"['idle', 'busy'].includes({_SESSION}?.kernel?.status)")

    def select(self, cell: int) -> None:
        """Make a cell the active one, as a click beside it does."""
        self.page.evaluate(
            f"cell => {{ const {{ content }} = {_NOTEBOOK}; content.activeCellIndex = cell; content.deselectAll();"
            " content.mode = 'command'; content.activeCell.node.focus() }",
            cell,
        )

    def run(self, cell: int) -> None:
        """Run one cell, without waiting for its end."""
        self.select(cell)
        self.command("notebook:run-cell")

    def wait_until_idle(self) -> None:
        """Wait until no cell runs or waits to run."""
        self.page.wait_for_function(
            f"() => {_SESSION}.kernel.status === 'idle' &&"
            " ![...document.querySelectorAll('.jp-InputPrompt')].some(prompt => prompt.textContent.includes('*'))"
        )

    def restart_kernel(self) -> None:
        """Restart the kernel, and wait for the new one."""
        self.page.evaluate(f"() => {_SESSION}.kernel.restart()")
        self.page.wait_for_function(f"{_SESSION}.kernel.status === 'idle'")

    def output(self, cell: int) -> Locator:
        """What stands under a cell."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell).locator(".jp-OutputArea-child")

    def save(self) -> None:
        """Save, and wait until it is saved."""
        self.page.evaluate(f"() => {_NOTEBOOK}.context.save()")

    def _listen(self, socket: Any) -> None:
        self._ask(socket.url)
        socket.on("framesent", self._hear)
        socket.on("framereceived", self._hear)

    def _ask(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob"):
            self.hosts.add(str(urlsplit(url).hostname))

    def _hear(self, message: str | bytes) -> None:
        self.heard.append(message.encode() if isinstance(message, str) else message)


def until_moved_from(view: Locator, value: float) -> float:
    """Wait until the bar of a running view stands beyond ``value``; where it stands."""
    view.wait_for()
    moved = view.page.wait_for_function(
        """value => { const bar = document.querySelector('.dw-job[data-phase="running"] progress');
            return bar && bar.value > value && bar.value }""",
        arg=value,
    )
    return float(moved.json_value())


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
