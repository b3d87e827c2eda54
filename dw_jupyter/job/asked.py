"""What a job has asked: which of its request files holds the line that a row was asked with last."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.shards import pick_lines
from dw_jupyter.job.journal import REUSED_REQUESTS, Journal
from dw_jupyter.job.ledger import rows_in

REUSED = -1
"""The number of the file of requests that other jobs have answered; the others have the numbers of their shards."""
_NONE = -2


class Asked:
    """The request files of a job, as they are on the disk now.

    A row that was asked again stands in several; the last of them counts.
    """

    def __init__(self, journal: Journal) -> None:
        numbers = range(len(journal.record.shards))
        self._paths: dict[int, Path] = {
            REUSED: journal.folder / REUSED_REQUESTS,
            **{number: journal.requests_path(number) for number in numbers},
        }
        self._rows = {number: rows_in(journal, path) for number, path in self._paths.items()}
        self._last = np.full(journal.record.rows, _NONE)
        for number, rows in self._rows.items():
            self._last[rows] = number

    def in_file(self, number: int) -> Positions:
        """The rows of a request file, in the order of its lines."""
        return self._rows[number]

    def last_in(self, number: int, rows: Positions) -> Positions:
        """Those of the rows that were asked last by this file."""
        found: Positions = rows[self._last[rows] == number]
        return found

    def lines(self, rows: Positions) -> Iterator[tuple[int, bytes]]:
        """The row and the request line, without its end, of each of these rows, as it was asked last."""
        for number, path in self._paths.items():
            of_file = self._rows[number]
            wanted = np.zeros(len(of_file), dtype=bool)
            found, places = np.unique(of_file, return_index=True)  # a row once, where its id is there twice
            wanted[places] = np.isin(found, self.last_in(number, rows))
            if wanted.any():
                lines = (line for block in pick_lines([path], wanted) for line in block.split(b"\n")[:-1])
                yield from zip(of_file[wanted].tolist(), lines, strict=True)
