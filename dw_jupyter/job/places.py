"""Where on the disk each row's request and answer are, so that any of a million rows is read at once."""

from __future__ import annotations

import copy
import mmap
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dw_jupyter.api.lines import read_blocks
from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.ids import positions_by_place, read_ids
from dw_jupyter.job.journal import REUSED_REQUESTS, Journal
from dw_jupyter.job.ledger import ANSWERS

_OFFSET_BITS = 40
"""A place is the number of a file, and in so many bits below it the offset of a line: a terabyte a file."""
_OFFSET = (1 << _OFFSET_BITS) - 1


@dataclass
class _File:
    path: Path
    asks: bool
    """Whether its lines are requests."""
    failures: bool
    """Whether it is an error file, whose lines give way to those of output files."""
    inode: int
    read: int = 0


class Places:
    """The place of each row's newest request line, and of the line that is its answer: 16 bytes a row.

    The files of the journal are the truth: what they say in which order is what the frame of answers says. They are
    read once, and then on from where the last look ended; not by two threads at once.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._ids = journal.ids
        self.changes = 0
        """Grows with what is read."""
        self._forget()

    def _forget(self) -> None:
        rows = self._journal.record.rows
        self.requests: Positions = np.full(rows, -1, dtype=np.int64)
        self.answers: Positions = np.full(rows, -1, dtype=np.int64)
        self._spare: list[tuple[Positions, Positions]] = []
        self._files: list[_File] = []
        self._numbers: dict[Path, int] = {}
        self._shards: list[tuple[int, str, int]] = []

    def update(self) -> None:
        """Take in what was written since; all of it anew where a file was put in the place of another."""
        record = self._journal.record
        shards = [(shard.epoch, shard.waits_for, shard.bytes) for shard in record.shards]
        if shards[: len(self._shards)] != self._shards or any(_inode(each.path) != each.inode for each in self._files):
            self._forget()
        known, self._shards = len(self._shards), shards
        self._take(self._journal.folder / REUSED_REQUESTS, self._put_requests)
        for number, shard in enumerate(record.shards):
            self._take(self._journal.path("reused", number), self._put_answers)
            if number >= known:
                asked = self._take(self._journal.requests_path(number), self._put_requests)
                if shard.again:  # what these rows had is taken back
                    self.answers[self.requests >> _OFFSET_BITS == asked] = -1
            for kind in ANSWERS:
                self._take(self._journal.path(kind, number), self._put_answers, failures=kind == "error")
        self._take(self._journal.path("reused", len(record.shards)), self._put_answers)

    def as_of_now(self) -> Places:
        """What later updates do not change: for a search, which may take long, while others read."""
        still = copy.copy(self)
        still.requests, still.answers = self.requests.copy(), self.answers.copy()
        still._files = [replace(file) for file in self._files]  # noqa: SLF001 - a copy of its own kind
        return still

    def line(self, place: int) -> bytes:
        """The line at a place, ``b""`` where there is none."""
        if place < 0:
            return b""
        with self._files[place >> _OFFSET_BITS].path.open("rb") as file:
            file.seek(place & _OFFSET)
            return file.readline()

    def answers_of(self, row: int) -> Iterator[bytes]:
        """The lines that may be the answer of a row, the likeliest first; more than one where a service gave more."""
        if self.answers[row] >= 0:
            yield self.line(int(self.answers[row]))
            for rows, places in self._spare:
                yield from (self.line(place) for place in places[rows == row].tolist())

    def search(self, needles: Sequence[bytes]) -> Iterator[tuple[Positions, list[bytes], bool]]:
        """The lines that have any of these bytes, in lower case, somewhere in them; block by block.

        Args:
            needles: in lower case.

        Yields:
            rows, a line of each as it was read, and whether they are requests. Lines that stand for no row are left
            out; so a row comes at most twice.
        """
        for number, file in enumerate(self._files):
            for start, block in _mapped(file):
                lower = block.lower()
                hits = np.unique(np.fromiter(_occurrences(lower, needles), dtype=np.int64))
                if not len(hits):
                    yield hits, [], file.asks
                    continue
                lines = [block[at : block.find(b"\n", at) + 1] for at in hits.tolist()]
                rows = np.concatenate([self._rows_of(line)[0] for line in lines])
                current = self.requests if file.asks else self.answers
                known = (rows >= 0) & (rows < len(current))
                known[known] = current[rows[known]] == (number << _OFFSET_BITS) + start + hits[known]
                yield rows[known], [line for line, one in zip(lines, known.tolist(), strict=True) if one], file.asks

    def _take(self, path: Path, put: Callable[[Positions, Positions], None], *, failures: bool = False) -> int:
        """Read a file from where the last look ended; the number by which places name it, -1 where there is none."""
        number = self._numbers.get(path, -1)
        if number < 0:
            inode = _inode(path)
            if inode is None:
                return -1
            number = self._numbers[path] = len(self._files)
            self._files.append(_File(path, put == self._put_requests, failures, inode))
        file = self._files[number]
        for block in read_blocks(path, start=file.read):
            rows, starts = self._rows_of(block)
            known = (rows >= 0) & (rows < len(self.requests))
            put(rows[known], (number << _OFFSET_BITS) + file.read + starts[known])
            file.read += len(block)
            self.changes += 1
        return number

    def _rows_of(self, block: bytes) -> tuple[Positions, Positions]:
        """The rows of the lines of a block, and where each line begins in it; blank lines left out."""
        starts = _line_starts(block)
        rows = positions_by_place(block, starts) if self._ids.given is None else None
        if rows is None:
            rows = self._ids.locate(read_ids(block))
            if len(rows) != len(starts):
                lines = block.split(b"\n")[:-1]
                starts = starts[[bool(line.strip()) for line in lines]]
        return rows, starts

    def _put_requests(self, rows: Positions, places: Positions) -> None:
        self.requests[rows] = places

    def _put_answers(self, rows: Positions, places: Positions) -> None:
        """The first line of a row stays, but that one of an output file beats one of an error file."""
        if not len(rows):
            return
        failures = self._files[int(places[0]) >> _OFFSET_BITS].failures
        had = self.answers[rows]
        free = had < 0
        if not failures:
            failed = np.array([file.failures for file in self._files])
            free |= failed[had >> _OFFSET_BITS]
        self.answers[rows[free][::-1]] = places[free][::-1]
        spare = self.answers[rows] != places
        if not failures and spare.any():
            self._spare.append((rows[spare], places[spare]))


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _line_starts(block: bytes) -> Positions:
    """The offsets at which the lines of a block of whole lines begin."""
    ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == 10)
    return np.concatenate([[0], ends[:-1] + 1]).astype(np.int64) if len(ends) else np.array([], np.int64)


_SEARCHED = 4 * 1024 * 1024


def _mapped(file: _File) -> Iterator[tuple[int, bytes]]:
    """What was read of a file, in large blocks of whole lines, each with its offset; none of one put in its place."""
    with file.path.open("rb") as handle:
        if not file.read or os.fstat(handle.fileno()).st_ino != file.inode:
            return
        with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as content:
            start = 0
            while start < file.read:
                end = min(file.read, start + _SEARCHED)
                if end < file.read:
                    end = content.find(b"\n", end, file.read) + 1 or file.read
                yield start, content[start:end]
                start = end


def _occurrences(block: bytes, needles: Sequence[bytes]) -> Iterator[int]:
    """Where the lines begin in which a needle occurs."""
    for needle in needles:
        at = block.find(needle)
        while at >= 0:
            yield block.rfind(b"\n", 0, at) + 1
            at = block.find(needle, block.find(b"\n", at) + 1 or len(block))
