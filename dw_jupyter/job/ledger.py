"""The answers of a job: on the disk, and in the frame that shows them."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from dw_jupyter.api.lines import read_blocks
from dw_jupyter.errors import JournalError
from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.ids import read_ids
from dw_jupyter.frames.inputs import read_prompts
from dw_jupyter.frames.metadata import Metadata
from dw_jupyter.frames.objects import Objects
from dw_jupyter.frames.results import Results, Status
from dw_jupyter.job.disk import KEEP, disk, write_whole
from dw_jupyter.job.journal import Journal, Kind
from dw_jupyter.job.record import JobRecord, ShardRecord

SHARES = "shares.npy"
ANSWERS: tuple[Kind, ...] = ("borrowed", "output", "error")
"""The files that say what became of the rows of one shard."""


class Listener(Protocol):
    """Told what a job has been answered."""

    def add(self, block: bytes, /) -> object:
        """A block of whole lines."""

    def reopen(self, rows: Positions, /) -> None:
        """Rows that are asked again."""


class Ledger:
    """What is known of each row of a job. Reading is for a worker thread; ``results`` may be used on any."""

    def __init__(self, journal: Journal) -> None:
        self.results = self._into = _empty(journal)
        """What is shown; what is read from the beginning is shown when it is read."""
        self._journal = journal
        self._lock = threading.Lock()
        self._prompts: Any = None
        self._metadata: Metadata | None = None
        self._read: dict[Path, int] = {}
        self._lines: dict[Path, int] = {}
        self._asked_again: set[int] = set()
        self._epochs: list[int] = []

    def reread(self) -> None:
        """Take in what is on the disk, from the beginning."""
        with self._lock:
            self._into = _empty(self._journal)
            self._read.clear()
            self._lines.clear()
            self._asked_again.clear()
            self._metadata = None
            self._take_in()
            self.results = self._into

    def read_more(self) -> None:
        """Take in what was written since, by whichever kernel, a block at a time."""
        self._journal.reload()
        if [shard.epoch for shard in self._journal.record.shards][: len(self._epochs)] != self._epochs:
            self.reread()  # failures that were taken back are gone from the files
        else:
            with self._lock:
                self._take_in()

    def _take_in(self) -> None:
        record = self._journal.record
        self._epochs = [shard.epoch for shard in record.shards]
        for step in self._story():
            if isinstance(step, Path):
                self._take_file(step)
            elif record.shards[step].again and step not in self._asked_again:
                self._asked_again.add(step)
                self._reopen(rows_of(self._journal, step))
        if record.finished is not None:
            self._close()

    def _take_file(self, path: Path) -> None:
        for block in read_blocks(path, start=self._read.get(path, 0)):
            self._add(path, block)

    def frame(self, index: pd.Index, *, meta: bool) -> pd.DataFrame:
        """The answers so far, with the metadata of each behind them where they are wanted.

        What tells them is read from the disk when they are first asked for, and kept from then on.
        """
        if not meta:
            return self.results.frame(index)
        with self._lock:
            if self._metadata is None:
                self._metadata = Metadata(self.results.rows, self._journal.ids)
                self._retell(self._metadata)
            return self._metadata.add_to(self.results.frame(index), self.results.shares)

    def objects(self, kind: type | None) -> list[object | None]:
        """The answer of each row as an instance of a class, or as a dict.

        Raises:
            SchemaError: it is no class for answers, or takes none of them.
        """
        results = self.results
        found = Objects(results.rows, self._journal.record.schema, kind, locate=self._journal.ids.locate)
        with self._lock:
            self._retell(found)
        return found.values(results.shares)

    def _retell(self, listener: Listener) -> None:
        """Tell another what the frame has been told."""
        for step in self._story():
            if isinstance(step, Path):
                for block in read_blocks(step):
                    listener.add(block)
            elif self._journal.record.shards[step].again:
                listener.reopen(rows_of(self._journal, step))

    def _story(self) -> Iterator[Path | int]:
        """The files of answers in the order in which they count, and the number of each shard before those of it."""
        shards = len(self._journal.record.shards)
        for number in range(shards):
            yield self._journal.path("reused", number)
            yield number
            yield from (self._journal.path(kind, number) for kind in ANSWERS)
        yield self._journal.path("reused", shards)

    def prompts(self) -> Any:
        """What each row asks, as a string array."""
        if self._prompts is None:
            numbers = range(len(self._journal.record.shards))
            blocks = (block for number in numbers for block in read_blocks(self._journal.requests_path(number)))
            self._prompts = pd.array(read_prompts(blocks)[: self.results.rows], dtype="string")
        return self._prompts

    def commonest_failure(self) -> str:
        """The reason that most of the failed rows give, ``""`` where none has failed."""
        frame = self.results.frame(pd.RangeIndex(self.results.rows))
        reasons = frame.loc[frame["dw_status"] == "failed", "dw_error"].value_counts()
        return str(reasons.index[0]) if len(reasons) else ""

    def fetched(self) -> tuple[int, int]:
        """Lines of output files, and of error files, that are on this machine."""
        output, error = (
            sum(count for path, count in self._lines.items() if path.name.startswith(kind))
            for kind in ("output", "error")
        )
        return output, error

    def append(self, path: Path, lines: bytes) -> None:
        """Keep lines that have come, on the disk first.

        Raises:
            JournalError: the disk does not take them.
        """
        with self._lock:
            self._journal.append(path, lines)
            self._add(path, lines)

    def _add(self, path: Path, lines: bytes) -> None:
        count = self._into.add(lines)
        if self._metadata is not None:
            self._metadata.add(lines)
        self._read[path] = self._read.get(path, 0) + len(lines)
        self._lines[path] = self._lines.get(path, 0) + count

    def _reopen(self, rows: Positions) -> None:
        self._into.reopen(rows)
        if self._metadata is not None:
            self._metadata.reopen(rows)

    def settle(self) -> None:
        """Give every row its last status, now that no more answers can come.

        What came late from a batch whose rows were asked again since does not count.
        """
        if any(shard.again for shard in self._journal.record.shards):
            self.reread()
        self._close()

    def _close(self) -> None:
        if not len(self._into.rows_of("pending")):
            return
        record = self._journal.record
        for number in reversed(range(len(record.shards))):  # a row that was asked again has the fate of the last time
            status, reason = fate(record.shards[number], record)
            self._into.close(rows_of(self._journal, number), status, reason)
        # Of rows with one custom_id, the service does not say which answer is whose.
        self._into.close(np.arange(record.rows), "missing", "another row has the same custom_id")


def rows_of(journal: Journal, number: int) -> Positions:
    """The rows that a shard asks for, in the order of its lines."""
    return rows_in(journal, journal.requests_path(number))


def rows_in(journal: Journal, path: Path) -> Positions:
    """The rows that the lines of a file are for, line by line; none where there is no such file."""
    with disk(journal.folder):
        return journal.ids.locate(list(ids_in(path)))


def ids_in(path: Path) -> Iterator[str | None]:
    """The ``custom_id`` of each line of a file; none where there is no such file."""
    for block in read_blocks(path):
        yield from read_ids(block)


def fate(shard: ShardRecord, record: JobRecord) -> tuple[Status, str]:
    """What became of the rows of an ended shard that have no line: a status and a reason."""
    batch = shard.batch
    if shard.error:
        what = shard.error.partition("\n")[0]
        return ("cancelled" if batch is None and what == CANCELLED_UNSENT else "missing"), what
    if batch is None:
        return "cancelled", CANCELLED_UNSENT
    if batch.cancelled_at is not None or batch.status == "cancelled":
        return "cancelled", "cancelled before it was answered"
    if batch.status == "expired":
        return "expired", f"not answered within its window of {record.window}"
    for error in (batch.errors and batch.errors.data) or []:
        if error.message:
            return "missing", f"the service failed the batch: {error.message}"
    return "missing", "the batch has ended, and the service gave no line for it"


CANCELLED_UNSENT = "Cancelled before it was sent."


def save_shares(shares: Positions, folder: Path) -> None:
    """Write down, for each row of a job, the one whose answer it has; it is on the disk when this returns."""
    content = io.BytesIO()
    np.save(content, shares)
    write_whole(folder / SHARES, content.getvalue())


def _empty(journal: Journal) -> Results:
    record = journal.record
    path = journal.folder / SHARES
    try:
        shares = np.load(path) if path.exists() else None
    except (OSError, ValueError, EOFError) as error:
        raise JournalError(f"{SHARES} of job {record.id} cannot be read: {error}"[:200], KEEP) from None
    return Results(record.rows, record.schema, shares=shares, locate=journal.ids.locate)
