"""A job's rows to read: page by page, found by status, by reason or by a word, and one of them whole.

For worker threads: everything here reads files. Work and memory of a page do not grow with the rows of the job, but
for its index (`Places`), which is made at the first page.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.exchange import Block, read_answer, read_request
from dw_jupyter.frames.inputs import read_prompts
from dw_jupyter.frames.lines import outcome, read_lines
from dw_jupyter.frames.reasons import find_reason, group_reasons
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.ledger import SHARES, Ledger
from dw_jupyter.job.places import Places

PAGE = 50
EXCERPT = 300
"""Characters of a prompt or an answer in a list."""
MOST_FOUND = 5_000
"""Rows that a search finds at most: who has as many looks for another word."""
LONGEST_SEARCH = 10.0
"""Seconds after which a search tells what it has found."""


class Row(TypedDict):
    """One row of a page, its texts cut to ``EXCERPT`` characters. ``answer`` of a row that has none is the reason."""

    row: int
    label: str
    status: str
    prompt: str
    answer: str


class Page(TypedDict):
    """Some of the rows that were asked for. ``total`` is a least number where ``more`` is set."""

    start: int
    total: int
    more: bool
    rows: list[Row]


class Whole(TypedDict):
    """One row whole."""

    row: int
    label: str
    status: str
    reason: str
    request: list[Block]
    answer: list[Block]
    rest: list[Block]
    """The other fields of both."""


class SupersededError(Exception):
    """Who asked for a page has asked for another meanwhile."""

    def __init__(self) -> None:
        super().__init__("Another page was asked for.")


class Reader:
    """Reads the rows of one job.

    Args:
        journal: the job.
        ledger: what is known of each row.
        index: what the user calls the rows.
    """

    def __init__(self, journal: Journal, ledger: Ledger, index: pd.Index) -> None:
        self._ledger = ledger
        self._index = index
        self._places = Places(journal)
        path = journal.folder / SHARES
        self._shares: Positions | None = np.load(path) if path.exists() else None
        self._lock = threading.Lock()
        self._found: tuple[tuple[str, int], Positions, bool] | None = None

    def page(
        self,
        *,
        status: str = "",
        group: str = "",
        code: str = "",
        message: str = "",
        text: str = "",
        start: int = 0,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Page:
        """Up to ``PAGE`` rows from the ``start``-th of those that are meant, in the order of the source.

        Args:
            status: only rows of this ``dw_status``.
            group: with ``code`` and ``message``, only rows of one of the `reasons`: its ``kind``.
            code: that of the reason.
            message: likewise.
            text: only rows that have this in their prompt, their answer or the reason why there is none; case and
                the order of the rows in the files do not matter.
            start: how many rows to pass over.
            wanted: whether whoever asked still waits for it.

        Raises:
            SupersededError: it was not wanted any more before it was found.
        """
        with self._lock:
            self._places.update()
            fates = self._ledger.results.fates()
            meant = np.ones(len(fates), dtype=bool) if not status else (fates["dw_status"] == status).to_numpy()
            if group:
                meant &= find_reason(fates, group, code, message)
            if text.strip():
                found, more = self._search(text.strip(), wanted)
                rows = found[meant[found]]
            else:
                rows, more = np.flatnonzero(meant), False
            shown = rows[start : start + PAGE]
            return {
                "start": start,
                "total": len(rows),
                "more": more,
                "rows": [self._excerpt(row, fates) for row in shown.tolist()],
            }

    def whole(self, row: int) -> Whole:
        """One row with all that was asked and answered.

        Raises:
            IndexError: there is no such row.
        """
        if not 0 <= row < len(self._index):
            raise IndexError(f"There is no row {row}.")
        with self._lock:
            self._places.update()
            status, reason = _fate(self._ledger.results.fates(), row)
            request, answer = self._lines(row, status)
        asked, settings = read_request(request) if request else ([], [])
        answered, facts = read_answer(answer) if answer else ([], [])
        return {
            "row": row,
            "label": str(self._index[row]),
            "status": status,
            "reason": reason,
            "request": asked,
            "answer": answered,
            "rest": [*settings, *facts],
        }

    def warm(self) -> None:
        """Take in what is on the disk, so that the first page comes at once."""
        with self._lock:
            self._places.update()

    def reasons(self) -> list[dict[str, Any]]:
        """Why rows have no answer, the commonest first: ``kind``, ``code`` of HTTP, ``message``, number of ``rows``."""
        groups = group_reasons(self._ledger.results.fates())
        return [
            {"kind": kind, "code": "" if pd.isna(code) else str(code), "message": message, "rows": rows}
            for kind, code, message, rows in groups[["kind", "status", "message", "rows"]].itertuples(index=False)
        ]

    def _lines(self, row: int, status: str) -> tuple[bytes, bytes]:
        """The request and the answer of a row. One that waits has no answer yet, whatever it had before."""
        own = row if self._shares is None else int(self._shares[row])
        lines = list(self._places.answers_of(own)) if status in ("completed", "failed") else []
        answers = (line for line in lines if _is_answer(line)) if len(lines) > 1 and status == "completed" else iter(())
        return self._places.line(int(self._places.requests[own])), next(answers, lines[0] if lines else b"")

    def _excerpt(self, row: int, fates: pd.DataFrame) -> Row:
        status, reason = _fate(fates, row)
        request, answer = self._lines(row, status)
        (prompt,) = _said([request], asks=True) if request else [""]
        (said,) = _said([answer], asks=False) if answer and not reason else [reason]
        return {
            "row": row,
            "label": str(self._index[row]),
            "status": status,
            "prompt": prompt[:EXCERPT],
            "answer": said[:EXCERPT],
        }

    def _search(self, text: str, wanted: Callable[[], bool]) -> tuple[Positions, bool]:
        """The rows with a text, and whether there may be more: found by their bytes, and then looked at."""
        state = text, int(np.count_nonzero(self._places.answers >= 0))
        if self._found is not None and self._found[0] == state:
            return self._found[1:]
        folded = text.casefold()
        found: set[int] = set()
        end = time.monotonic() + LONGEST_SEARCH
        for rows, lines, asks in self._places.search(_needles(text)):
            if not wanted():
                raise SupersededError
            said = _said(lines, asks=asks)
            found.update(row for row, one in zip(rows.tolist(), said, strict=True) if folded in one.casefold())
            if len(found) > MOST_FOUND or time.monotonic() > end:
                break
        own = np.array(sorted(found), dtype=np.int64)
        rows = own if self._shares is None else np.flatnonzero(np.isin(self._shares, own))
        self._found = state, rows, len(found) > MOST_FOUND or time.monotonic() > end
        return self._found[1:]


def _is_answer(line: bytes) -> bool:
    return any(outcome(each)[0] is not None for each in read_lines(line)[0])


def _said(lines: list[bytes], *, asks: bool) -> list[str]:
    """What each of some request lines asks, or what each of some result lines answers."""
    if asks:
        return [prompt or "" for line in lines for prompt in _prompts(line)]
    texts = []
    for line in lines:
        records, _ = read_lines(line)
        text, reason = outcome(records[0]) if records else ("", "")
        texts.append(reason if text is None else text)
    return texts


def _fate(fates: pd.DataFrame, row: int) -> tuple[str, str]:
    """Status of a row, and the reason why it has no answer, ``""`` where it has one or waits."""
    reason: Any = fates["dw_error"].iat[row]
    return str(fates["dw_status"].iat[row]), "" if pd.isna(reason) else str(reason)


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
