from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dw_jupyter import demo
from tests.service_process import wait_until


def start(environment: dict[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "dw_jupyter", "demo", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_demo(environment: dict[str, str], home: Path, tmp_path: Path) -> None:
    """The command says how far it is, prints the answers, counts the rows last, and writes a page that stands alone.

    It ends the service that it started. A second demo says the same, and sends nothing again.
    """
    for _ in range(2):
        ran = start(environment, tmp_path, "--to", str(tmp_path))
        assert (ran.returncode, ran.stderr) == (0, "")
        lines = ran.stdout.splitlines()
        assert re.fullmatch(r"demo: 64 rows, 64 completed, 0 failed, \d+ s", lines[-1])
        assert lines[-2] == f"The executed notebook is {tmp_path / 'dw_jupyter_demo.html'}"
        assert any(re.fullmatch(r"cell 4 of \d+: Ask about every row", line) for line in lines)
        wait_until(lambda: not (home / "local" / "service.json").exists())
        assert any(line.startswith("R001 ") and "completed" in line for line in lines)
    assert len([path for path in (home / "jobs").iterdir() if re.fullmatch(r"[0-9a-f]+", path.name)]) == 2
    page = (tmp_path / "dw_jupyter_demo.html").read_text(encoding="utf-8")
    assert page.count("Done: 40 of 40 answered") == 2
    assert "Done: 24 of 24 answered" in page
    assert "data:image/png;base64," in page
    assert "json.dumps" not in page
    assert not re.findall(r"<script|<link|<iframe|src=[\"']?http|url\([\"']?http|@import", page)


def test_demo_refuses_a_page_that_cannot_be_written(environment: dict[str, str], tmp_path: Path) -> None:
    """A wrong ``--to`` is said in two lines before anything is started."""
    ran = start(environment, tmp_path, "--to", "nowhere/page.html")
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
