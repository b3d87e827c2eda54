"""Rows that are under way in another job: its answers are taken over, and what it leaves unanswered is sent."""

from __future__ import annotations

import os

import numpy as np

from dw_jupyter.frames.hashes import match
from dw_jupyter.frames.results import Results
from dw_jupyter.job import cache
from dw_jupyter.job.journal import Journal, disk
from dw_jupyter.job.ledger import REUSED, Ledger, rows_of


class Borrowed:
    """The answers that another job gets for the rows of one shard of this one.

    Args:
        journal: this job.
        number: the shard.
        other: the other job.
        ledger: takes the answers.
    """

    def __init__(self, journal: Journal, number: int, other: Journal, ledger: Ledger) -> None:
        record = journal.record
        open_rows = np.intersect1d(rows_of(journal, number), ledger.results.rows_of("pending"))
        keys = cache.keys_of(journal)
        ours, theirs = match(keys[np.isin(keys["row"], open_rows)], cache.keys_of(other))
        self._source = cache.Source(other, ours, theirs, record.schema)
        self._path = journal.folder / REUSED
        self._ledger = ledger

    def take(self) -> None:
        """Take over what has come since the last time.

        Raises:
            JournalError: the disk does not take it.
        """
        for lines in self._source.read():
            self._ledger.append(self._path, lines)


def release(journal: Journal, number: int, results: Results) -> None:
    """Let a shard go that waited: its request file keeps the lines of the rows that are still open."""
    shard = journal.record.shards[number]
    rows = rows_of(journal, number)
    left = np.isin(rows, results.rows_of("pending"))
    path = journal.requests_path(number)
    aside = path.with_suffix(".left")
    with disk(journal.folder):
        with path.open("rb") as lines, aside.open("wb") as file:
            for line, kept in zip(lines, left.tolist(), strict=True):
                if kept:
                    file.write(line)
            size = file.tell()
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    journal.record.reused += int(np.count_nonzero(~left))
    shard.requests, shard.bytes, shard.waits_for = int(np.count_nonzero(left)), size, ""
    journal.save()
