"""Request files: lines gathered into as many files as the service's limits ask for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

import numpy as np
import numpy.typing as npt

from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.limits import Limits

_BUFFER = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One request file, whole and on the disk."""

    path: Path
    requests: int
    bytes: int
    first: int
    """The position of the row that its first line is for."""


class ShardWriter:
    """Writes ``requests-000.jsonl``, ``requests-001.jsonl`` … into a folder, a new one where a limit would be passed.

    The first one has the number ``begin``.

    Used as a context: the last file is whole once it is left without an error. After an error the folder holds files
    that are not whole.
    """

    def __init__(self, folder: Path, limits: Limits, *, begin: int = 0) -> None:
        self.shards: list[Shard] = []
        self._begin = begin
        self._folder = folder
        self._limits = limits
        self._file: BinaryIO | None = None
        self._parts: list[bytes] = []
        self._held = 0
        self._requests = 0
        self._bytes = 0
        self._first = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._finish()
        elif self._file:
            self._file.close()

    def write(self, parts: tuple[bytes, ...], length: int, *, row: int) -> None:
        """Add the line of a row, given in parts of this length together; it ends in a newline and fits in a file."""
        if self._requests == self._limits.requests or self._bytes + length > self._limits.file_bytes:
            self._finish()
        if not self._requests:
            self._first = row
        self._requests += 1
        self._bytes += length
        self._parts += parts
        self._held += length
        if self._held > _BUFFER:
            self._flush()

    def _flush(self) -> None:
        if self._file is None:
            self._file = (self._folder / f"requests-{self._begin + len(self.shards):03d}.jsonl").open("wb")
        self._file.write(b"".join(self._parts))
        self._parts.clear()
        self._held = 0

    def _finish(self) -> None:
        if not self._requests:
            return
        self._flush()
        with cast(BinaryIO, self._file) as file:
            file.flush()
            os.fsync(file.fileno())
            path = Path(file.name)
        self.shards.append(Shard(path=path, requests=self._requests, bytes=self._bytes, first=self._first))
        self._file = None
        self._requests = self._bytes = 0


def deal(files: Iterable[Path], piles: Positions, folder: Path, limits: Limits) -> list[list[Shard]]:
    """Deal the lines of request files out to piles, each in files of its own in ``folder``.

    Args:
        files: the request files of a job, a line a row, in the order of the rows.
        piles: for each row the number of its pile; -1 to leave its line out.
        folder: where ``pile-0``, ``pile-1`` … are made.
        limits: of one file.
    """
    with contextlib.ExitStack() as stack:
        writers = []
        for number in range(int(piles.max(initial=-1)) + 1):
            pile = folder / f"pile-{number}"
            pile.mkdir()
            writers.append(stack.enter_context(ShardWriter(pile, limits)))
        row = 0
        for path in files:
            with path.open("rb") as lines:
                for line in lines:
                    if piles[row] >= 0:
                        writers[piles[row]].write((line,), len(line), row=row)
                    row += 1
    return [writer.shards for writer in writers]


def pick_lines(files: Iterable[Path], wanted: npt.NDArray[np.bool_]) -> Iterator[bytes]:
    """Some of the lines of request files, in blocks of whole lines.

    Args:
        files: request files.
        wanted: for each of their lines, from the first of the first file on, whether it is wanted.
    """
    held: list[bytes] = []
    size = 0
    choices = iter(wanted.tolist())
    for path in files:
        with path.open("rb") as lines:
            for line in lines:
                if next(choices):
                    held.append(line)
                    size += len(line)
                if size > _BUFFER:
                    yield b"".join(held)
                    held.clear()
                    size = 0
    if held:
        yield b"".join(held)
