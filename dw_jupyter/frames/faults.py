"""What is wrong with a file of requests, or with a table and its prompt: every fault, with its place."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

BLANK, MESSAGES = "blank", "messages"
"""The kinds of what is worth knowing and no reason not to send the file: a line that the service passes over, and a
request that it takes although it will fail."""
NOTES = (BLANK, MESSAGES)
FIRST = 3
"""Places that are named of many."""


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing that is wrong. ``place`` is the line of a file or the position of a row; ``None`` for the whole."""

    place: int | None
    kind: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """All faults that say the same: how many there are, and the places of the first `FIRST`."""

    text: str
    count: int
    places: tuple[int, ...]
    """Empty for the whole."""
    blocking: bool
    """Whether it keeps the whole from being sent."""


class Faults:
    """Faults in the order of their places. A million of them take some 12 MB: they share their texts."""

    def __init__(self) -> None:
        self._places = array("q")
        self._codes = array("I")
        self._known: dict[tuple[str, str], int] = {}
        self._texts: list[tuple[str, str]] = []
        self.blocking = 0
        """How many of them keep the whole from being sent."""

    def add(self, place: int | None, kind: str, text: str) -> None:
        """Take note of a fault."""
        code = self._known.setdefault((kind, text), len(self._texts))
        if code == len(self._texts):
            self._texts.append((kind, text))
        self._places.append(-1 if place is None else place)
        self._codes.append(code)
        self.blocking += kind not in NOTES

    def sort(self) -> None:
        """Put them in order; of one place they stay as they were found."""
        order = np.argsort(np.array(self._places, np.int64), kind="stable").tolist()
        self._places = array("q", [self._places[each] for each in order])
        self._codes = array("I", [self._codes[each] for each in order])

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Fault]:
        for place, code in zip(self._places, self._codes, strict=True):
            kind, text = self._texts[code]
            yield Fault(place=None if place < 0 else place, kind=kind, text=text)

    @property
    def different(self) -> int:
        """How many different things they say."""
        return len(self._texts)

    def findings(self, start: int, count: int) -> list[Finding]:
        """Some of the different things that they say, in the order in which each is first said."""
        codes = np.array(self._codes, np.int64)
        together = np.argsort(codes, kind="stable")
        starts = np.flatnonzero(np.diff(codes[together], prepend=-1))
        ends = np.append(starts[1:], len(codes))
        found = []
        for each in np.argsort(together[starts], kind="stable")[start : start + count].tolist():
            members = together[starts[each] : min(ends[each], starts[each] + FIRST)].tolist()
            places = (self._places[member] for member in members)
            kind, text = self._texts[self._codes[members[0]]]
            found.append(
                Finding(
                    text=text,
                    blocking=kind not in NOTES,
                    count=int(ends[each] - starts[each]),
                    places=tuple(place for place in places if place >= 0),
                )
            )
        return found

    def first(self) -> Fault | None:
        """The first that keeps the whole from being sent."""
        return next((fault for fault in self if fault.kind not in NOTES), None)

    def frame(self, place: str) -> pd.DataFrame:
        """One row a fault: the place in a column of that name, the kind, and what is wrong in words."""
        rows = list(self)
        places = pd.array([fault.place for fault in rows], dtype="Int64")
        return pd.DataFrame(
            {
                place: places,
                "kind": pd.array([fault.kind for fault in rows], dtype="string"),
                "fault": pd.array([fault.text for fault in rows], dtype="string"),
            }
        )
