from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dw_jupyter import demo


def test_demo_refuses_a_page_that_cannot_be_written(environment: dict[str, str], tmp_path: Path) -> None:
    """A wrong ``--to`` is said in two lines before anything is started."""
    ran = subprocess.run(
        [sys.executable, "-m", "dw_jupyter", "demo", "--to", "nowhere/page.html"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert len(ran.stderr.splitlines()) == 2


def test_a_cell_that_raises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error is two lines, there are no counts, and the page shows the notebook as far as it came."""
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Title"}]
    for name, code in {"a": "print('before')", "b": r"raise ValueError('what\nto do\nmore')", "c": "1"}.items():
        empty: dict[str, Any] = {"execution_count": None, "metadata": {}, "outputs": []}
        cells.append({"cell_type": "code", "id": name, "source": code, **empty})
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "broken.ipynb").write_text(json.dumps(notebook))
    counts = demo._execute(tmp_path / "broken.ipynb", tmp_path / "page.html")
    assert counts is None
    said = capsys.readouterr()
    assert said.out.splitlines() == ["cell 1 of 3: Title", "    before", "cell 2 of 3: Title"]
    assert said.err.splitlines() == ["ValueError: what", "to do"]
    assert "to do" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_the_copy_for_lab_never_overwrites(tmp_path: Path) -> None:
    """An untouched copy is used again; beside one with changes another is made."""
    first = demo._copy_for_lab(tmp_path)
    assert (first / demo.NOTEBOOK).is_file()
    assert demo._copy_for_lab(tmp_path) == first
    (first / demo.NOTEBOOK).write_text("mine")
    second = demo._copy_for_lab(tmp_path)
    assert second != first
    assert (first / demo.NOTEBOOK).read_text() == "mine"
    assert demo._copy_for_lab(tmp_path) == second
