"""The rows of a job that have a text in what they ask or were answered, found in its files."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable

import numpy as np

from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.inputs import read_prompts
from dw_jupyter.frames.lines import outcome, read_lines
from dw_jupyter.frames.reasons import Mask
from dw_jupyter.job.places import Places

MOST_FOUND = 5_000
"""Rows that a search finds at most: who has as many looks for another word."""
LONGEST_SEARCH = 10.0
"""Seconds after which a search tells what it has found."""


class SupersededError(Exception):
    """Who asked for a page has asked for another meanwhile."""

    def __init__(self) -> None:
        super().__init__("Another page was asked for.")


class Search:
    """Finds texts, and remembers what it found last: the next page is of the same."""

    def __init__(self) -> None:
        self._last: tuple[tuple[str, int, bytes], Positions, bool] | None = None

    def find(self, text: str, places: Places, among: Mask, wanted: Callable[[], bool]) -> tuple[Positions, bool]:
        """The rows with a text of their own, ascending, and whether there may be more.

        Args:
            text: not empty; case does not matter.
            places: do not change meanwhile.
            among: only these rows are looked at.
            wanted: whether whoever asked still waits for it.

        Raises:
            SupersededError: it was not wanted any more before it was found.
        """
        state, last = (text, places.changes, among.tobytes()), self._last
        if last is not None and last[0] == state:
            return last[1:]
        folded = text.casefold()
        found: set[int] = set()
        end = time.monotonic() + LONGEST_SEARCH
        # Found by their bytes, and then looked at.
        for rows, lines, asks in places.search(_needles(text)):
            if not wanted():
                raise SupersededError
            meant = among[rows].tolist()
            said = said_in(list(itertools.compress(lines, meant)), asks=asks)
            found.update(row for row, one in zip(rows[meant].tolist(), said, strict=True) if folded in one.casefold())
            if len(found) > MOST_FOUND or time.monotonic() > end:
                break
        more = len(found) > MOST_FOUND or time.monotonic() > end
        rows = np.array(sorted(found), dtype=np.int64)
        self._last = state, rows, more
        return rows, more


def said_in(lines: list[bytes], *, asks: bool) -> list[str]:
    """What each of some request lines asks, or what each of some result lines answers."""
    if asks:
        return [prompt or "" for line in lines for prompt in _prompts(line)]
    texts = []
    for line in lines:
        records, _ = read_lines(line)
        text, reason = outcome(records[0]) if records else ("", "")
        texts.append(reason if text is None else text)
    return texts


def _prompts(line: bytes) -> list[str | None]:
    try:
        return read_prompts([line])
    except ValueError:
        return [line.decode("utf-8", "replace")]


def _needles(text: str) -> list[bytes]:
    """The ways in which a text may stand in a line of JSON, in lower case as far as ASCII goes."""
    variants = (text, text.lower(), text.upper(), text.capitalize(), text.title())
    quoted = [json.dumps(each, ensure_ascii=plain)[1:-1] for each in variants for plain in (True, False)]
    return sorted({each.encode("utf-8", "surrogatepass").lower() for each in quoted})
