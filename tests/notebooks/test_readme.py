from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import dw_jupyter as dw
from dw_jupyter.notebook.magic import DWBatch
from dw_jupyter.notebook.options import cell_parser
from dw_jupyter.notebook.verbs import VERBS
from tests.service_process import start_service

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs(environment: dict[str, str]) -> None:
    """The script is run as it stands, with the small model, and classifies its two reviews."""
    (script,) = [block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "dw.submit" in block]
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"0 +positive +completed", ran.stdout)
    assert re.search(r"1 +negative +completed", ran.stdout)


def test_the_drill_of_the_readme_fails_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of its rows, without those that only take their time, one is answered by a retry and the others fail again."""
    (cell,) = [block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "drill" in block]
    names: dict[str, list[str]] = {}
    exec(cell, names)
    rows = [text for text in names["drill"] if not text.startswith("wait")]
    with start_service(tmp_path / "service", "--model", "echo") as service:
        monkeypatch.setenv("DOUBLEWORD_API_BASE", service.base_url)
        monkeypatch.setenv("DOUBLEWORD_API_KEY", service.api_key)
        job = dw.submit(rows, "{{ value }}")
        before = job.result()["dw_status"].value_counts()
        job.retry()
        after = job.result()["dw_status"].value_counts()
    assert (before["completed"], before["failed"]) == (20, 21)
    assert (after["completed"], after["failed"]) == (21, 20)


def test_the_readme_names_every_option_and_command() -> None:
    """What the cell and the commands understand is what the README lists."""
    for action in cell_parser()._actions:
        assert all(f"`{name}" in README or f" {name} " in README for name in action.option_strings), action.dest
    for verb in VERBS:
        assert re.search(rf"`(%dwbatch )?{verb}\b", README), verb


def test_the_readmes_commands_are_whole() -> None:
    """Both commands stand in the README as a person copies them, one line each."""
    lines = README.splitlines()
    (demo,) = [line for line in lines if line.endswith("uv run --extra demo python -m dw_jupyter demo")]
    assert demo.startswith("(python3 -m venv")
    assert "bash tests/run" in lines


def test_the_manual_of_the_cell_is_what_help_shows() -> None:
    """`%%dwbatch?` shows an example, every option and every command."""
    manual = DWBatch.dwbatch.__doc__ or ""
    assert "Classify the sentiment of this review: {{ text }}" in manual
    assert all(name in manual for action in cell_parser()._actions for name in action.option_strings)
    assert all(f"%dwbatch {verb}" in manual for verb in VERBS)
