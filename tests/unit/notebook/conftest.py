from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import traitlets
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dw_jupyter.notebook import extension
from tests.service_process import ServiceProcess, start_service


class KernelShell(InteractiveShell):
    """The shell of a kernel, as far as it is told from that of a terminal."""

    kernel = traitlets.Any()


class Notebook:
    """A fresh shell with the extension loaded; cells run as a person runs them."""

    def __init__(self) -> None:
        self.shell: Any = KernelShell(user_ns={})
        extension.load(self.shell)

    def run(self, cell: str) -> str:
        """Run a cell that must work; what it printed."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell)
        assert result.success, captured.stdout
        return str(captured.stdout)

    def value(self, cell: str) -> Any:
        """Run a cell that must work; what it gives."""
        with capture_output():
            result = self.shell.run_cell(cell)
        assert result.success
        return result.result

    def fail(self, cell: str) -> str:
        """Run a cell that must fail; what the person reads, without the name of the error."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell)
        assert not result.success
        # On a busy machine the view is shown before the refusal comes.
        said = re.search(r"^\w+Error: (.*)", str(captured.stdout).strip(), re.MULTILINE | re.DOTALL)
        assert said is not None, captured.stdout
        return said[1]


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    """A notebook of this test's own."""
    made = Notebook()
    yield made
    extension.unload(made.shell)
    made.shell.history_manager.end_session()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """An echo service for the whole file."""
    home: Path = tmp_path_factory.mktemp("service")
    with start_service(home, "--model", "echo") as running:
        yield running


@pytest.fixture
def account(service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> ServiceProcess:
    """The account in use is that service."""
    monkeypatch.setenv("DOUBLEWORD_API_BASE", service.base_url)
    monkeypatch.setenv("DOUBLEWORD_API_KEY", service.api_key)
    return service
