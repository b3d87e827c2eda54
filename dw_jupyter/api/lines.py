"""Files of whole lines on disk, which grow at their end and are never torn."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

BLOCK = 256 * 1024


class LineFile:
    """A file that only whole lines are added to. There need be none yet."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lines: int | None = None

    @property
    def lines(self) -> int:
        """Whole lines in the file. A torn tail, left by a kill in the middle of a write, is cut off first."""
        if self._lines is None:
            self._lines = _mend(self.path)
        return self._lines

    def first(self) -> bytes:
        """The first line, with its end; empty where there is none."""
        if not self.lines:
            return b""
        with self.path.open("rb") as file:
            return file.readline()

    def append(self, lines: bytes) -> None:
        """Add whole lines; they are on the disk when this returns."""
        before = self.lines
        self._lines = None  # a write that fails half-way leaves a torn tail, to be cut off before the next
        with self.path.open("ab") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        self._lines = before + lines.count(b"\n")


def read_blocks(path: Path, *, start: int = 0) -> Iterator[bytes]:
    """The whole lines of a file, if there is one, from a byte on, in blocks of a quarter of a megabyte.

    The file is not changed. Blocks begin where the last ended; a torn tail is left for the next time.
    """
    held = b""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        file.seek(start)
        while block := file.read(BLOCK):
            cut = block.rfind(b"\n") + 1
            if cut:
                yield held + block[:cut]
                held = block[cut:]
            else:
                held += block


def _mend(path: Path) -> int:
    try:
        file = path.open("r+b")
    except FileNotFoundError:
        return 0
    with file:
        lines = whole = position = 0
        while block := file.read(BLOCK):
            lines += block.count(b"\n")
            last = block.rfind(b"\n")
            if last >= 0:
                whole = position + last + 1
            position += len(block)
        if whole < position:
            file.truncate(whole)
    return lines
