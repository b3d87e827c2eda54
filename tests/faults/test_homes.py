from __future__ import annotations

import json
from pathlib import Path

import httpx
import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.errors import JournalError
from tests.faults.books import batches

FRAME = pd.DataFrame({"text": ["one", "two"]})


def test_a_home_that_cannot_be_written_is_said_before_anything_is_sent(
    http: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there can be no journal nothing is sent, and the error says where it was to be and how to change that."""
    (tmp_path / "file").touch()  # a file in the folder's place stops root too, which a mode does not
    monkeypatch.setenv("DW_JUPYTER_HOME", str(tmp_path / "file" / "home"))
    job = dw.submit(FRAME, "{{ text }}")
    with pytest.raises(JournalError, match="cannot be used: Not a directory") as caught:
        job.result(timeout=30)
    assert "DW_JUPYTER_HOME" in caught.value.todo
    assert job.snapshot.state == "failed"
    assert http.get("files").json()["data"] == list(batches(http)) == []


def test_the_journal_of_a_newer_version_is_left_alone(http: httpx.Client, own_home: Path) -> None:
    """A cell whose job a newer version of the package has begun sends nothing, changes nothing, and says what to do."""
    job = dw.submit(FRAME, "{{ text }}")
    job.result(timeout=60)
    path = own_home / "jobs" / job.id / "job.json"
    record = json.loads(path.read_bytes())
    path.write_text(json.dumps(record | {"version": 99, "rows": "of another kind"}))
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    with pytest.raises(JournalError, match="newer dw_jupyter"):
        dw.submit(FRAME, "{{ text }}").result(timeout=30)
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before
    assert len(dw.jobs()) == 0
    assert len(list(batches(http))) == 1


def test_a_torn_tail_is_fetched_again(http: httpx.Client, own_home: Path) -> None:
    """A job whose answers were torn in the middle of a write, and its record old, ends whole without asking again."""
    job = dw.submit(FRAME, "{{ text }}")
    job.result(timeout=60)
    folder = own_home / "jobs" / job.id
    output = folder / "output-000.jsonl"
    output.write_bytes(output.read_bytes()[:-40])
    record = json.loads((folder / "job.json").read_bytes())
    (folder / "job.json").write_text(json.dumps(record | {"finished": None, "state": "running"}))
    again = dw.submit(FRAME, "{{ text }}")
    assert again.result(timeout=60)["response"].tolist() == ["one", "two"]
    assert output.read_bytes().count(b"\n") == len(list(batches(http))) + 1 == 2
