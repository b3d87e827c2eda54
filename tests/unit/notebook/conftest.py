from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from dw_jupyter.notebook import extension


class Notebook:
    """A fresh shell with the extension loaded; cells run as a person runs them."""

    def __init__(self) -> None:
        self.shell: Any = InteractiveShell(user_ns={})
        extension.load(self.shell)

    def run(self, cell: str) -> str:
        """Run a cell that must work; what it printed."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell)
        assert result.success, captured.stdout
        return str(captured.stdout)

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
