"""Rows that are under way in another job: its answers are taken over, and what it leaves unanswered is sent."""

from __future__ import annotations

import os

import numpy as np

from dw_jupyter.api.lines import LineFile
from dw_jupyter.errors import NoJobError
from dw_jupyter.frames.results import Results
from dw_jupyter.frames.shards import pick_lines
from dw_jupyter.job import cache
from dw_jupyter.job.disk import disk
from dw_jupyter.job.journal import REUSED_REQUESTS, Journal
from dw_jupyter.job.ledger import Ledger, rows_in, rows_of


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
        ours, theirs = cache.match_rows(cache.keys_of(journal), open_rows, other)
        self._source = cache.Source(other, ours, theirs, record.schema, ids=journal.ids)
        self._path = journal.path("borrowed", number)
        self._ledger = ledger

    def take(self) -> None:
        """Take over what has come since the last time.

        Raises:
            JournalError: the disk does not take it.
        """
        for lines in self._source.read():
            self._ledger.append(self._path, lines)


def release(journal: Journal, number: int, results: Results) -> None:
    """Let a shard go that waited: its request file keeps the lines of the rows that are still open.

    For whoever decides. It goes on waiting where the job that it waits for has been taken up again meanwhile.

    Raises:
        JournalError: the disk does not take it; it waits still.
    """
    shard = journal.record.shards[number]
    with disk(journal.folder):
        if not journal.cancel_asked and _runs(journal, shard.waits_for):
            return
        rows = rows_of(journal, number)
        left = np.isin(rows, results.rows_of("pending"))
        path = journal.requests_path(number)
        answered = LineFile(journal.folder / REUSED_REQUESTS)
        # A step that broke off has kept some of them already.
        for lines in pick_lines([path], ~left & ~np.isin(rows, rows_in(journal, answered.path))):
            answered.append(lines)
        aside = path.with_suffix(".left")
        with aside.open("wb") as file:
            for lines in pick_lines([path], left):
                file.write(lines)
            size = file.tell()
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        journal.record.reused += int(np.count_nonzero(~left))
        shard.requests, shard.bytes, shard.waits_for = int(np.count_nonzero(left)), size, ""
        journal.save()


def _runs(journal: Journal, other: str) -> bool:
    """Whether another job has not ended, as the disk knows; one that was forgotten has."""
    try:
        return bool(other) and Journal.load(journal.folder.parent / other).record.finished is None
    except NoJobError:
        return False
