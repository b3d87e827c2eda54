"""A job's rows to read: page by page, found by status, by reason or by a word, and one of them whole.

For worker threads: everything here reads files. What is read of them for a page does not grow with the rows of the job,
but for its index (`Places`), which is made at the first page; which rows are meant takes a byte a row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.exchange import Block, read_answer, read_request
from dw_jupyter.frames.lines import outcome, read_lines
from dw_jupyter.frames.reasons import Mask, Reasons
from dw_jupyter.frames.results import Results
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.ledger import SHARES, Ledger
from dw_jupyter.job.places import Places
from dw_jupyter.job.search import Search, said_in

PAGE = 50
EXCERPT = 300
"""Characters of a prompt or an answer in a list."""
MOST_REASONS = 20
"""Reasons that come with a page, the commonest."""


class Row(TypedDict):
    """One row of a page, its texts cut to ``EXCERPT`` characters.

    ``prompt`` is None where the request is not kept, and ``answer`` of a row that has none is the reason.
    """

    row: int
    label: str
    status: str
    prompt: str | None
    answer: str


class Reason(TypedDict):
    """Why ``rows`` rows have no answer; ``code`` is of HTTP, ``""`` where there is none.

    ``said`` is what they say, with ``N`` and ``…`` for what differs from row to row.
    """

    kind: str
    code: str
    message: str
    said: str
    rows: int


class Page(TypedDict):
    """Some of the rows that were asked for. ``total`` is a least number where ``more`` is set."""

    start: int
    total: int
    more: bool
    rows: list[Row]
    reasons: list[Reason]
    """Those of the whole job, the commonest first."""


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
        self._search = Search()
        self._lock = threading.Lock()
        """Held while the places change, and never for a search."""
        self._grouping = threading.Lock()
        self._grouped: tuple[tuple[Results, int], Reasons] | None = None

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
            start: how many rows to pass over; where there are no more than that, the last page comes.
            wanted: whether whoever asked still waits for it.

        Raises:
            SupersededError: a text was not wanted any more before it was found.
        """
        reasons, fates = self._standing()
        with self._lock:
            self._places.update()
            places = self._places.as_of_now() if text.strip() else None
        meant = (fates["dw_status"] == status).to_numpy(copy=True) if status else np.ones(len(fates), dtype=bool)
        if group:
            meant &= reasons.rows_of(group, code, message)
        more = False
        if places is not None:
            found, more = self._search.find(text.strip(), places, self._own(meant, len(places.requests)), wanted)
            says = np.zeros(len(places.requests), dtype=bool)
            says[found] = True
            meant &= (says if self._shares is None else says[self._shares]) | reasons.rows_saying(text.strip())
        rows = np.flatnonzero(meant)
        start = min(start, max(0, len(rows) - 1) // PAGE * PAGE)
        with self._lock:
            shown = [self._excerpt(row, fates) for row in rows[start : start + PAGE].tolist()]
        return {"start": start, "total": len(rows), "more": more, "rows": shown, "reasons": _told(reasons)}

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
        self._standing()
        with self._lock:
            self._places.update()

    def _standing(self) -> tuple[Reasons, pd.DataFrame]:
        """What has become of the rows by now, and the reasons, which are grouped anew only where they changed."""
        with self._grouping:
            results = self._ledger.results
            state = results, results.changes
            fates = results.fates()
            if self._grouped is None or self._grouped[0] != state:
                self._grouped = state, Reasons(fates)
            return self._grouped[1], fates

    def _own(self, meant: Mask, rows: int) -> Mask:
        """Which of so many requests some rows have."""
        if self._shares is None:
            return meant
        own = np.zeros(rows, dtype=bool)
        own[self._shares[meant]] = True
        return own

    def _lines(self, row: int, status: str) -> tuple[bytes, bytes]:
        """The request and the answer of a row. One that waits has no answer yet, whatever it had before."""
        own = row if self._shares is None else int(self._shares[row])
        lines = list(self._places.answers_of(own)) if status in ("completed", "failed") else []
        answers = (line for line in lines if _is_answer(line)) if len(lines) > 1 and status == "completed" else iter(())
        return self._places.line(int(self._places.requests[own])), next(answers, lines[0] if lines else b"")

    def _excerpt(self, row: int, fates: pd.DataFrame) -> Row:
        status, reason = _fate(fates, row)
        request, answer = self._lines(row, status)
        (prompt,) = said_in([request], asks=True) if request else [None]
        (said,) = said_in([answer], asks=False) if answer and not reason else [reason]
        return {
            "row": row,
            "label": str(self._index[row]),
            "status": status,
            "prompt": None if prompt is None else prompt[:EXCERPT],
            "answer": said[:EXCERPT],
        }


def _is_answer(line: bytes) -> bool:
    return any(outcome(each)[0] is not None for each in read_lines(line)[0])


def _told(reasons: Reasons) -> list[Reason]:
    groups = reasons.groups.head(MOST_REASONS)
    told: list[Reason] = []
    for (_, kind, status, message, rows, example, _), alike in zip(groups.itertuples(), reasons.alike, strict=False):
        code = "" if pd.isna(status) else str(status)
        said = example if alike and example else ": ".join(filter(None, (code, message or kind)))
        told.append({"kind": kind, "code": code, "message": message, "said": said[:EXCERPT], "rows": rows})
    return told


def _fate(fates: pd.DataFrame, row: int) -> tuple[str, str]:
    """Status of a row, and the reason why it has no answer, ``""`` where it has one or waits."""
    reason: Any = fates["dw_error"].iat[row]
    return str(fates["dw_status"].iat[row]), "" if pd.isna(reason) else str(reason)
