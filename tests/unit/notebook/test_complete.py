from __future__ import annotations

import dataclasses
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter

from dw_jupyter.job import seen
from tests.unit.notebook.conftest import Notebook

FRAME = pd.DataFrame({"title": ["A"], "text": ["good"], "tags": ["x"], "any name": ["y"], 2024: [1], "if": ["z"]})


@dataclasses.dataclass
class Review:
    """An answer."""

    tone: str


@pytest.fixture
def shell(notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A shell with frames, schemas, variables and files, and without a network."""
    (tmp_path / "data").mkdir()
    (tmp_path / "rest.csv").write_text("first,second col\n1,2\n")
    (tmp_path / "my rest.jsonl").write_text('{"question": 1, "answer": 2}\n')
    FRAME.set_axis(list(map(str, FRAME.columns)), axis=1).to_parquet(tmp_path / "data" / "rest.parquet")
    (tmp_path / "data" / "notes.txt").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.setattr(seen, "models", {"local": ["smol-1", "smol-2"]})
    Answer = msgspec.defstruct("Answer", [("tone", str)])  # noqa: N806 - a class
    notebook.shell.user_ns.update(
        reviews=FRAME, records=[{"question": 1}], series=FRAME["text"], lines=["a", "b"], Review=Review,
        Answer=Answer, shots=[1], shape={"properties": {}}, number=3, pd=pd, len=len, _hidden=FRAME,
    )  # fmt: skip
    return notebook.shell


def complete(shell: Any, cell: str) -> list[str]:
    """What a front end would show at the ``¦``: each offer as the text that taking it would give."""
    before, after = cell.split("¦")
    with provisionalcompleter():
        offers = list(shell.Completer.completions(before + after, len(before)))
    taken = [before[: offer.start] + offer.text for offer in offers]
    beginning = max(before.rfind("\n"), before.rfind(" ")) + 1
    return [text[beginning:] for text in taken]


CASES = [
    ("%%dwbatch re¦", ["reviews", "records", "rest.csv"]),
    ("%%dwbatch 'my¦", ["'my rest.jsonl'"]),
    ("%%dwbatch my¦", ["'my rest.jsonl'"]),
    ("%%dwbatch data/¦", ["data/rest.parquet"]),
    ("%%dwbatch dat¦", ["data/"]),
    ("%%dwbatch _hid¦", []),
    ("%%dwbatch reviews --te¦", ["--temperature"]),
    ("%%dwbatch reviews --temperature 0 --te¦", []),
    ("%%dwbatch reviews --stop x --st¦", ["--stop"]),
    ("%%dwbatch reviews -m ¦", ["smol-1", "smol-2"]),
    ("%%dwbatch reviews --model=smol-2¦", ["--model=smol-2"]),
    ("%%dwbatch reviews -w ¦", ["24h", "1h"]),
    ("%%dwbatch reviews --on-missing s¦", ["skip"]),
    ("%%dwbatch reviews --on-missing=s¦", ["--on-missing=skip"]),
    ("%%dwbatch reviews --endpoint c¦", ["chat", "completions"]),
    ("%%dwbatch reviews --schema ¦", ["Review", "Answer", "shape"]),
    ("%%dwbatch reviews --schema Re¦\n{{ text }}", ["Review"]),
    ("%%dwbatch reviews --var ¦", ["reviews", "records", "series", "lines", "shots", "shape", "number"]),
    ("%%dwbatch reviews --keep t¦", ["title", "text", "tags"]),
    ("%%dwbatch reviews --keep title,t¦", ["title,text", "title,tags"]),
    ("%%dwbatch reviews --keep 'a¦", ["'any name'"]),
    ("%%dwbatch reviews --keep an¦", ["'any name'"]),
    ("%%dwbatch reviews --keep 2¦", []),
    ("%%dwbatch lines -o x\n{{ v¦ }}", ["value"]),
    ("%%dwbatch reviews --id ti¦", ["title"]),
    ("%%dwbatch reviews --set top¦", ["top_k=", "top_logprobs=", "top_p="]),
    ("%%dwbatch reviews --set seed=@t¦", ["seed=@title", "seed=@text", "seed=@tags"]),
    ('%%dwbatch reviews.query("stars > 3") -o x\nSay {{ ti¦ }}', ["title"]),
    ("%%dwbatch reviews\n{{ t¦", ["title", "text", "tags"]),
    ("%%dwbatch reviews --var shots\n{% for shot in s¦ %}", ["shots"]),
    ("%%dwbatch reviews\n{{ an¦ }}", ['row["any name"]']),
    ("%%dwbatch reviews\n{{ i¦ }}", ['row["if"]']),
    ('%%dwbatch reviews\n{{ row["an¦', ['row["any name"]']),
    ('%%dwbatch reviews\n{{ row["ti¦"] }}', ['row["title']),
    ("%%dwbatch reviews\n{{ row['ti¦'] }}", ["row['title"]),
    ("%%dwbatch reviews\n{{ row[20¦ }}", ["row[2024]"]),
    ("%%dwbatch reviews\n{{ title }} and\n{{ title + te¦ }}", ["text"]),
    ("%%dwbatch rest.csv\n{{ fi¦ }}", ["first"]),
    ("%%dwbatch 'my rest.jsonl'\n{{ qu¦ }}", ["question"]),
    ("%%dwbatch data/rest.parquet\n{{ ti¦ }}", ["title"]),
    ("%%dwbatch records\n{{ qu¦ }}", ["question"]),
    ("%%dwbatch series\n{{ te¦ }}", ["text"]),
    ("\n\n%%dwbatch reviews\n{{ ti¦ }}", ["title"]),
    ("%%dwbatch reviews \\\n  --te¦\n{{ text }}", ["--temperature"]),
    ("%%dwbatch reviews \\\n  -o x --keep ti¦", ["title"]),
    ("%%dwbatch \\\n  reviews\n{{ ti¦ }}", ["title"]),
    ("%dwbatch at¦", ["attach"]),
    ("x = %dwbatch jobs --st¦", ["--state"]),
    ("x = %dwbatch jobs --state ru¦", ["running"]),
    ("%dwbatch jobs --state=ru¦", ["--state=running"]),
    ("%dwbatch use ¦", ["cloud", "local"]),
    ("%dwbatch retry x --where le¦", ["length"]),
    ("%dwbatch forget x --y¦", ["--yes"]),
    ("    y = %dwbatch ca¦", ["cancel"]),
]


@pytest.mark.parametrize(("cell", "offered"), CASES, ids=[cell.replace("\n", " ⏎ ") for cell, _ in CASES])
def test_the_tab_key_offers_what_may_stand_there(cell: str, offered: list[str], shell: Any) -> None:
    """Sources, options and their values, columns in the braces, verbs and their words: with no network at all."""
    assert complete(shell, cell) == offered


NOTHING = [
    "%%dwbatch reviews\nGood ti¦",
    "%%dwbatch reviews\n{{ title }} ti¦",
    "%%dwbatch reviews\n{{ 'ti¦",
    "%%dwbatch reviews\n{{ title | ti¦",
    "%%dwbatch reviews\n{{ title.ti¦",
    "%%dwbatch reviews\n{% ti¦",
    "%%dwbatch nowhere\n{{ ti¦",
    "%%dwbatch nowhere.csv\n{{ ti¦",
    "%%dwbatch reviews --label ti¦",
    "%dwbatch nonesuch ti¦",
    "%dwbatch attach nonesuch¦",
    "tit¦",
]


@pytest.mark.parametrize("cell", NOTHING, ids=[cell.replace("\n", " ⏎ ") for cell in NOTHING])
def test_the_tab_key_is_quiet_elsewhere(cell: str, shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """In text, in quotes, behind a filter, or without a source, it offers none of ours and says nothing."""
    assert not {"title", "text", "reviews"} & set(complete(shell, cell))
    assert capsys.readouterr() == ("", "")


def test_a_broken_notebook_breaks_no_tab_key(shell: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Objects that raise when they are looked at keep nothing from being offered, and nothing is printed."""

    class Grumpy:
        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError(name)

    shell.user_ns["grumpy"] = Grumpy()
    assert "reviews" in complete(shell, "%%dwbatch ¦")
    assert "title" not in complete(shell, "%%dwbatch grumpy.x\n{{ ti¦")
    assert capsys.readouterr() == ("", "")


COLD = """
import os, sys
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from dw_jupyter.notebook import extension

shell = InteractiveShell(user_ns={})
extension.load(shell)
for cell in sys.argv[1:]:
    with provisionalcompleter():
        print([offer.text for offer in shell.Completer.completions(cell, len(cell))])
print([name for name in ("pandas", "numpy", "httpx", "ipywidgets", "dw_jupyter.job.handle") if name in sys.modules])
"""


def test_the_first_tab_of_a_notebook_is_light(tmp_path: Path) -> None:
    """Jobs, models, accounts and fields are offered before any of the engine is loaded, and no folder is made."""
    cells = ["%dwbatch status ", "%%dwbatch x -m ", "%dwbatch use ", "%%dwbatch x --set see", "%%dwbatch x -w "]

    def first_tab(home: Path) -> list[str]:
        own = {**os.environ, "DW_JUPYTER_HOME": str(home), "HOME": str(tmp_path)}
        return subprocess.check_output([sys.executable, "-c", COLD, *cells], env=own, text=True).splitlines()

    assert first_tab(tmp_path / "nothing")[2:] == ["['cloud', 'local']", "['seed=']", "['24h', '1h']", "[]"]
    assert not (tmp_path / "nothing").exists()
    for number, label in enumerate(["old", "new"]):
        folder = tmp_path / "home" / "jobs" / label
        folder.mkdir(parents=True)
        told = {"id": label, "label": label, "model": "m", "created": number, "version": 1}
        (folder / "job.json").write_text(json.dumps(told))
    (tmp_path / "home" / "jobs" / "broken").mkdir()
    (tmp_path / "home" / "jobs" / "broken" / "job.json").write_text("{")
    assert first_tab(tmp_path / "home")[:2] == ["['new', 'old']", "['m']"]
