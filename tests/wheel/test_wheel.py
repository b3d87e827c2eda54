from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.service_process import start_service, wait_until
from tests.small_model import home_with_weights

WHEEL = Path(os.environ.get("DW_JUPYTER_WHEEL", "not-built"))
VIEWS = [f"static/{name}.{kind}" for name in ("job_view", "panel") for kind in ("js", "css")]
PROGRAM = """
import pandas as pd, dw_jupyter as dw
assert "site-packages" in dw.__file__, dw.__file__
print(dw.__version__, dw.submit(pd.DataFrame({"text": ["it works"]}), "{{ text }}").result(60)["response"].item())
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the wheel and its demo extra, and no way to this checkout."""
    folder = tmp_path_factory.mktemp("clean")
    constraints = Path(__file__).parents[1] / "constraints.txt"
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, str(folder / "venv")], check=True)
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "-c", str(constraints), f"{WHEEL}[demo]"],
        check=True,
        env=os.environ | {"VIRTUAL_ENV": str(folder / "venv")},
    )
    return folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"


def test_the_wheel_holds_what_it_needs_and_nothing_else() -> None:
    """The front end, the notebooks with their data and the type marker travel; sources of the front end do not."""
    names = zipfile.ZipFile(WHEEL).namelist()
    for wanted in (*VIEWS, "py.typed", "notebooks/01_first_batch.ipynb"):
        assert f"dw_jupyter/{wanted}" in names
    assert "dw_jupyter/notebooks/data/reviews.csv" in names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"dw_jupyter"}
    assert not [name for name in names if name.endswith((".ts", ".pyc", ".map"))]


def test_the_wheel_works_away_from_the_checkout(python: Path, tmp_path: Path) -> None:
    """A job runs with the installed package alone."""
    with start_service(tmp_path / "service", "--model", "echo") as service:
        ran = subprocess.run(
            [str(python), "-W", "error", "-c", PROGRAM],
            cwd=tmp_path,
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            | {"DOUBLEWORD_API_BASE": service.base_url, "DOUBLEWORD_API_KEY": service.api_key},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith("it works\n")


def test_the_command_line_is_there(python: Path, tmp_path: Path) -> None:
    """`python -m dw_jupyter` of the wheel knows its commands."""
    ran = subprocess.run(
        [str(python), "-m", "dw_jupyter", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "demo" in ran.stdout
    assert "serve" in ran.stdout


def test_the_demo_runs_from_the_wheel(python: Path, tmp_path: Path) -> None:
    """The command says how far it is, prints the answers, counts the rows last, and writes a page that stands alone.

    It runs the notebook and the data that travel in the wheel, with the real small model, away from here, and ends the
    service that it started. A second demo says the same, and sends nothing again.
    """
    with home_with_weights(tmp_path / "home") as home:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        for _ in range(2):
            ran = subprocess.run(
                [str(python), "-m", "dw_jupyter", "demo"],
                cwd=tmp_path,
                env=environment | {"DW_JUPYTER_HOME": str(home)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert (ran.returncode, ran.stderr) == (0, "")
            lines = ran.stdout.splitlines()
            assert re.fullmatch(r"demo: 64 rows, 64 completed, 0 failed, \d+ s", lines[-1])
            assert lines[-2] == f"The executed notebook is {tmp_path / 'dw_jupyter_demo.html'}"
            assert any(re.fullmatch(r"cell 4 of \d+: Ask about every row", line) for line in lines)
            assert any(line.startswith("R001 ") and "completed" in line for line in lines)
            wait_until(lambda: not (home / "local" / "service.json").exists())
        assert len([path for path in (home / "jobs").iterdir() if re.fullmatch(r"[0-9a-f]+", path.name)]) == 2
    page = (tmp_path / "dw_jupyter_demo.html").read_text(encoding="utf-8")
    assert page.count("Done: 40 of 40 answered") == 2
    assert "Done: 24 of 24 answered" in page
    assert "data:image/png;base64," in page
    assert "json.dumps" not in page
    assert not re.findall(r"<script|<link|<iframe|src=[\"']?http|url\([\"']?http|@import", page)
