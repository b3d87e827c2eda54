"""What was asked before: answers of earlier jobs, found by the hashes of their requests.

Beside each journal lies a file of sorted hashes. It has one writer, follows from the journal, and is made again when
it is missing; deleting any of them costs nothing but time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dw_jupyter.api.lines import LineFile, read_blocks
from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.hashes import Keys, load_keys, match, rehash, save_keys
from dw_jupyter.frames.ids import RowIds
from dw_jupyter.frames.reuse import Gleaner
from dw_jupyter.frames.schema import Schema
from dw_jupyter.job.folders import records
from dw_jupyter.job.journal import REUSED_REQUESTS, Journal, Kind
from dw_jupyter.job.record import JobRecord

KEYS = "cache.npy"
_ANSWERS: tuple[Kind, ...] = ("output", "borrowed", "reused")


@dataclass(frozen=True, kw_only=True)
class Found:
    """What earlier jobs have of a new one's requests."""

    reused: Positions = field(default_factory=lambda: np.array([], np.int64))
    """Rows whose answer is there."""
    waiting: dict[str, Positions] = field(default_factory=dict)
    """Rows that are under way in another job, by its id."""


def candidates(home: Path, account: str) -> list[JobRecord]:
    """The jobs whose answers another job of the account may have, the newest first."""
    return [record for record in records(home) if record.account == account and not record.foreign]


def waiting_for(job: str, others: list[JobRecord]) -> set[str]:
    """A job, and those that wait for it, directly or through others: it must not wait for them."""
    found = {job}
    while more := {
        other.id for other in others if other.id not in found and any(s.waits_for in found for s in other.shards)
    }:
        found |= more
    return found


def find(
    keys: Keys,
    rows: Positions,
    earlier: list[JobRecord],
    *,
    jobs: Path,
    schema: Schema | None,
    into: Path,
    ids: RowIds,
) -> Found:
    """Look requests up in earlier jobs, and write the answers that are there to ``into``.

    Args:
        keys: all requests of the job.
        rows: those that are looked up.
        earlier: `candidates`, the newest first.
        jobs: the folder that they are in.
        schema: what an answer has to fit.
        into: a file; answers are added to it.
        ids: of the requests.
    """
    answers = LineFile(into)
    reused: list[Positions] = []
    waiting: dict[str, Positions] = {}
    for record in earlier:
        journal = Journal(jobs / record.id, record)
        ours, theirs = match_rows(keys, rows, journal)
        if not len(ours):
            continue
        source = Source(journal, ours, theirs, schema, ids=ids)
        for lines in source.read():
            answers.append(lines)
        left = source.wanted
        reused.append(np.setdiff1d(ours, left))
        settled = ours
        if record.finished is None:
            waiting[record.id] = left
        else:
            settled = reused[-1]
        rows = np.setdiff1d(rows, settled)
    return Found(reused=np.concatenate([*reused, np.array([], np.int64)]), waiting=waiting)


def match_rows(keys: Keys, rows: Positions, other: Journal) -> tuple[Positions, Positions]:
    """Those of the rows that another job asks too, and its rows, pair by pair.

    Args:
        keys: all requests of this job: the second of three that are the same is told by the first.
        rows: which rows.
        other: the other job.
    """
    ours, theirs = match(keys, keys_of(other))
    wanted = np.isin(ours, rows)
    return ours[wanted], theirs[wanted]


class Source:
    """The answers of another job, as lines of this one, while they come.

    Args:
        journal: the other job.
        ours: rows of this job.
        theirs: the rows of the other that ask the same, one each.
        schema: what an answer has to fit.
        ids: of this job's requests.
    """

    def __init__(
        self, journal: Journal, ours: Positions, theirs: Positions, schema: Schema | None, *, ids: RowIds
    ) -> None:
        target = np.full(journal.record.rows, -1, dtype=np.int64)
        target[theirs] = ours
        self._journal = journal
        self._gleaner = Gleaner(target, schema, theirs=journal.ids, ours=ids)
        self._read: dict[Path, int] = {}

    @property
    def wanted(self) -> Positions:
        """Rows of this job that have found no answer yet."""
        return self._gleaner.wanted

    def read(self) -> Iterator[bytes]:
        """The answers that have come since the last time, in blocks of whole lines."""
        for path in answer_files(self._journal):
            for block in read_blocks(path, start=self._read.get(path, 0)):
                self._read[path] = self._read.get(path, 0) + len(block)
                if lines := self._gleaner.take(block):
                    yield lines


def answer_files(journal: Journal) -> list[Path]:
    """The files that hold a job's answers: what was asked last first, since it is what the job shows."""
    shards = len(journal.record.shards)
    later = ((kind, number) for number in reversed(range(shards)) for kind in _ANSWERS)
    return [journal.path("reused", shards), *(journal.path(kind, number) for kind, number in later)]


def keys_of(journal: Journal) -> Keys:
    """The keys of a job's requests, made again from its request files where there are none."""
    path = journal.folder / KEYS
    keys = load_keys(path)
    if keys is None:
        # All that lie there: rows that a retry asks otherwise have no key, also while the record knows nothing of it.
        files = [journal.folder / REUSED_REQUESTS, *sorted(journal.folder.glob("requests-*.jsonl"))]
        blocks = (block for file in files for block in read_blocks(file))
        keys = rehash(blocks, definite=journal.record.definite, locate=journal.ids.locate)
        with contextlib.suppress(OSError):
            save_keys(keys, path)
    return keys
