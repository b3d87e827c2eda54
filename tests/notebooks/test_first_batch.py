from __future__ import annotations

import re
from typing import Any

import nbformat
import pytest

from tests.notebooks.manual import NOTEBOOKS, execute, printed, read, value

VIEWS = ("classify", "classify-again", "extract-python")


@pytest.fixture(scope="module")
def executed(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The cells of the notebook by id."""
    return execute("01_first_batch.ipynb", folder=tmp_path_factory.mktemp("manual"), environment=environment)


def test_every_row_is_answered(executed: dict[str, Any]) -> None:
    """Reviews and packages are all answered, and each kind well above chance."""
    assert printed(executed["check"]) == "All 64 rows were answered.\n"
    right = {}
    for cell in ("score-labels", "score-pythons"):
        counts = re.match(r"(\d+) of (\d+) answers", printed(executed[cell]))
        assert counts is not None
        right[cell] = int(counts[1]) / int(counts[2])
    assert right["score-labels"] >= 0.75, right
    assert right["score-pythons"] >= 0.75, right


def test_the_frame_fills_while_cells_run(executed: dict[str, Any]) -> None:
    """A cell between the question and its answers sees some rows answered and others pending, and is told."""
    early = executed["look-at-labels"]
    assert re.fullmatch(r"labels: \d+ of 40 answered\n", printed(early))
    assert "completed" in value(early)
    assert "pending" in value(early)


def test_the_views_settle(executed: dict[str, Any]) -> None:
    """What is saved of a view is HTML and text, which need neither kernel nor script, and says that the job is done."""
    for cell in VIEWS:
        (output,) = executed[cell].outputs
        assert set(output.data) == {"text/html", "text/plain"}
        assert output.data["text/plain"].startswith("Done: ")
        assert "<script" not in output.data["text/html"]


def test_the_same_cell_attaches(executed: dict[str, Any]) -> None:
    """The second run of a cell finds the job of the first: the machine has one job of that name."""
    assert value(executed["same-job"]) == "True"
    assert "nothing is sent again" in executed["classify-again"].outputs[0].data["text/html"]
    assert value(executed["list-jobs"]).count("reviews → labels") == 1


@pytest.mark.parametrize("name", sorted(path.name for path in NOTEBOOKS.glob("*.ipynb")))
def test_a_notebook_is_saved_clean(name: str) -> None:
    """The manual travels without outputs, and every cell has the name by which tests find it."""
    notebook = read(name)
    nbformat.validate(notebook)
    assert notebook.nbformat_minor == 5
    for cell in notebook.cells:
        assert re.fullmatch(r"[a-z-]+", cell.id)
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
