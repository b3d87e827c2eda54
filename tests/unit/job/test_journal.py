from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.api.lines import read_blocks
from dw_jupyter.errors import JournalError
from dw_jupyter.job import folders
from dw_jupyter.job.folders import publish, records, staging
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.record import JobRecord, ShardRecord, digest, new_token


def record(**changes: object) -> JobRecord:
    """The record of a job of two shards."""
    token = new_token()
    made = JobRecord(
        id="",
        digest=digest("local", "abc"),
        account="local",
        key_hash="k",
        label="reviews → labels",
        endpoint="/v1/chat/completions",
        window="24h",
        model="m",
        rows=3,
        json_schema=None,
        token=token,
        shards=[
            ShardRecord(requests=2, bytes=100, first=0, token=f"{token}-000"),
            ShardRecord(requests=1, bytes=50, first=2, token=f"{token}-001"),
        ],
        created=1.0,
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def test_a_record_comes_back_as_it_was_saved(own_home: Path) -> None:
    """What is published can be loaded by id, equal in every field, for this user alone."""
    with staging(own_home) as folder:
        journal, new = publish(folder, record(), fresh=False)
    assert new
    loaded = Journal.load(own_home / "jobs" / journal.record.id)
    assert loaded.record == journal.record
    assert [r.id for r in records(own_home)] == [journal.record.id]
    if os.name == "posix":
        assert stat.S_IMODE((own_home / "jobs").stat().st_mode) == 0o700


def test_the_same_requests_are_the_same_job(own_home: Path) -> None:
    """A second cell finds the first one's folder; `fresh` makes a new one, which later cells then find."""
    ids = []
    for fresh in (False, False, True, False, True):
        with staging(own_home) as folder:
            journal, new = publish(folder, record(), fresh=fresh)
        ids.append((journal.record.id, new))
    stem = record().digest[:12]
    assert ids == [(stem, True), (stem, False), (f"{stem}-2", True), (f"{stem}-2", False), (f"{stem}-3", True)]
    assert not list((own_home / "jobs").glob(".new-*"))


def test_another_account_is_another_job() -> None:
    """The same requests sent to another account have another digest."""
    assert digest("local", "abc") != digest("work", "abc")


@given(lines=st.lists(st.binary(max_size=9).map(lambda b: b.replace(b"\n", b"") + b"\n")), tail=st.binary(max_size=9))
def test_a_torn_tail_is_cut_off_before_the_next_line(
    lines: list[bytes], tail: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """After a kill in the middle of a write the cursor counts whole lines, and the next line starts a line."""
    folder = tmp_path_factory.mktemp("job")
    torn = tail.replace(b"\n", b"")
    path = folder / "output-000.jsonl"
    path.write_bytes(b"".join(lines) + torn)
    assert b"".join(read_blocks(path)) == b"".join(lines)
    journal = Journal(folder, record())
    assert journal.cursor(path) == len(lines)
    journal.append(path, b"next\n")
    assert path.read_bytes() == b"".join([*lines, b"next\n"])
    assert journal.cursor(path) == len(lines) + 1


def test_a_full_disk_is_a_clear_error_and_harms_nothing(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A save that fails half-way leaves the old record whole and no file beside it."""
    with staging(own_home) as folder:
        journal, _ = publish(folder, record(), fresh=False)
    before = (journal.folder / "job.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    journal.record.state = "running"
    with pytest.raises(JournalError) as caught:
        journal.save()
    assert "No space left on device" in caught.value.what
    assert "DW_JUPYTER_HOME" in caught.value.todo
    assert (journal.folder / "job.json").read_bytes() == before
    assert sorted(path.name for path in journal.folder.iterdir()) == ["job.json"]


def test_what_cannot_be_read_is_said(own_home: Path) -> None:
    """A journal that is missing, damaged or newer than this package has an error of its own, and is left alone."""
    jobs = folders.jobs_folder(own_home)
    with pytest.raises(JournalError, match="There is no job"):
        Journal.load(jobs / "gone")
    (jobs / "bad").mkdir()
    (jobs / "bad" / "job.json").write_bytes(b'{"torn')
    with pytest.raises(JournalError, match="cannot be read"):
        Journal.load(jobs / "bad")
    (jobs / "new").mkdir()
    Journal(jobs / "new", record(version=99)).save()
    with pytest.raises(JournalError, match="newer dw_jupyter"):
        Journal.load(jobs / "new")
    assert records(own_home) == []


def test_the_journal_holds_no_key_and_no_address(own_home: Path) -> None:
    """The record names the account and nothing that opens it."""
    with staging(own_home) as folder:
        journal, _ = publish(folder, record(), fresh=False)
    text = (journal.folder / "job.json").read_text()
    assert '"account": "local"' in text
    assert "http" not in text
    assert "key" not in text.replace("key_hash", "")
