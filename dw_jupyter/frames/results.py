"""Result lines → the user's frame."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.column import Positions, TextColumn, as_series, make_column
from dw_jupyter.frames.failures import one_line
from dw_jupyter.frames.fields import choices_of
from dw_jupyter.frames.ids import Locate, positions
from dw_jupyter.frames.lines import Line, outcome, read_lines
from dw_jupyter.frames.schema import Schema

Status = Literal["pending", "completed", "failed", "cancelled", "expired", "missing"]
STATUSES: tuple[Status, ...] = get_args(Status)
"""The categories of ``dw_status``, in this order."""

# The states of a row; a line counts where its state is more than the row's.
_LADDER: tuple[Status, ...] = ("pending", "missing", "expired", "cancelled", "failed", "completed")
_OPEN, _FAILED, _COMPLETED = map(_LADDER.index, ("pending", "failed", "completed"))
_CODES = np.array([STATUSES.index(status) for status in _LADDER], dtype=np.int8)
_USUAL = frozenset({"", "stop"})
_PIECE = 256 * 1024


class Results:
    """The answers of one job as they come, by row.

    Lines of output and error files may mix, in any order and more than once: an answer beats a failure, and the first
    answer of a row stays. Work and memory grow with the lines only, however often a frame is asked for. Every method
    may be called on any thread.

    Args:
        rows: how many rows the job has.
        schema: what the answers promise to be; None for plain text, which becomes one column ``response``.
        locate: finds rows by their ids; those that this package gives unless given.
        shares: for each row the one whose answer it has, where several rows ask the same; None where each has its own.
    """

    def __init__(
        self, rows: int, schema: Schema | None = None, *, shares: Positions | None = None, locate: Locate = positions
    ) -> None:
        self.rows = rows
        self._locate = locate
        self.unknown = 0
        """Lines whose custom_id is not a row of this job."""
        self.broken = 0
        """Lines that are not JSON, or not UTF-8."""
        self.changes = 0
        """Grows whenever the status of a row, or its reason, may be another than before."""
        self._lock = threading.Lock()
        self.shares = shares
        """For each row the one whose answer it has, None where each has its own."""
        self._states = np.zeros(rows, dtype=np.int8)
        self._errors = TextColumn(rows)
        self._finishes = FinishReasons(rows)
        self._answers = Answers(schema) if schema else None
        if schema:
            root = schema.json_schema
            self._columns = {
                name: make_column(dtype, rows, categories=choices_of(root["properties"][name], root))
                for name, dtype in schema.columns.items()
            }
        else:
            self._columns = {"response": make_column("string", rows)}

    @property
    def completed(self) -> int:
        """Rows with an answer."""
        return self.count("completed")

    @property
    def failed(self) -> int:
        """Rows that failed, and have no answer."""
        return self.count("failed")

    def count(self, status: Status) -> int:
        """How many rows have this status."""
        return int(np.count_nonzero(self._shown(self._states) == _LADDER.index(status)))

    def rows_of(self, *statuses: Status) -> Positions:
        """The rows with an answer of their own whose status is one of these."""
        found = np.flatnonzero(np.isin(self._states, [_LADDER.index(status) for status in statuses]))
        return found if self.shares is None else found[self.shares[found] == found]

    def rows_ending(self, finish_reason: str) -> Positions:
        """The rows whose answer ended for this reason, such as ``length``; one that does not fit the schema too."""
        return self._finishes.rows_of(finish_reason)

    def reasons(self, rows: Positions) -> list[str]:
        """Why these rows have no answer, ``""`` where that is not known."""
        with self._lock:
            reasons = self._errors.array().take(rows)
        return ["" if pd.isna(reason) else reason for reason in reasons]

    def close(self, rows: Positions, status: Status, reason: str) -> None:
        """Give those of the rows that are open their last status, and say why."""
        with self._lock:
            self.changes += 1
            rows = rows[self._states[rows] == _OPEN]
            self._states[rows] = _LADDER.index(status)
            self._errors.put(rows, [reason] * len(rows))

    def reopen(self, rows: Positions) -> None:
        """Take back what rows have, since they are asked again."""
        with self._lock:
            self.changes += 1
            answered = rows[self._states[rows] == _COMPLETED]
            self._states[rows] = _OPEN
            self._errors.put(rows, [None] * len(rows))
            self._finishes.clear(rows)
            for column in self._columns.values():
                column.put(answered, [None] * len(answered))

    def add(self, block: bytes) -> int:
        """Take a block of whole lines; the last newline may be missing.

        Returns:
            how many lines it held, broken and unknown ones among them, blank ones not.
        """
        count = 0
        for piece in _pieces(block):
            lines, broken = read_lines(piece)
            with self._lock:
                self.changes += 1
                self.broken += broken
                self._take(lines)
            count += len(lines) + broken
        return count

    def frame(self, index: pd.Index) -> pd.DataFrame:
        """The user's frame: the columns of the schema (or ``response``), ``dw_status`` and ``dw_error``.

        Args:
            index: the source's index, one label a row; the frame has it as it is.

        Returns:
            A frame of its own: what comes later does not change it. Lists and dicts in it are those of every frame, as
            in a copy that pandas makes. Its dtypes are the same from the first moment on.
        """
        with self._lock:
            columns = {name: self._shown(column.array()) for name, column in self._columns.items()} | self._fates()
        named = {name: as_series(values, index) for name, values in columns.items()}
        return pd.DataFrame(named, index=index, copy=False)

    def fates(self) -> pd.DataFrame:
        """``dw_status`` and ``dw_error`` alone, by row."""
        with self._lock:
            return pd.DataFrame(self._fates(), copy=False)

    def _fates(self) -> dict[str, Any]:
        codes = _CODES[self._shown(self._states)]
        status = pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(list(STATUSES)))
        return {"dw_status": status, "dw_error": self._shown(self._errors.array())}

    def _shown(self, values: Any) -> Any:
        return values if self.shares is None else values.take(self.shares)

    def _take(self, lines: list[Line]) -> None:
        rows = self._locate([line.custom_id for line in lines])
        known = (rows >= 0) & (rows < self.rows)
        if not known.all():
            self.unknown += len(lines) - int(np.count_nonzero(known))
            lines = [line for line, one in zip(lines, known.tolist(), strict=True) if one]
            rows = rows[known]
        answered: list[int] = []
        texts: list[str] = []
        failed: list[int] = []
        reasons: list[str] = []
        unusual: dict[str, list[int]] = {}
        for place, line in enumerate(lines):
            text, reason = outcome(line)
            if text is None:
                failed.append(place)
                reasons.append(reason)
            else:
                answered.append(place)
                texts.append(text)
                if reason not in _USUAL:
                    unusual.setdefault(reason, []).append(place)
        for reason, places in unusual.items():
            self._finishes.note(rows[places], reason)
        columns: list[list[Any]] = [texts]
        fitting: Sequence[int] = range(len(texts))
        misfits: dict[int, str] = {}
        if self._answers:
            columns, fitting, misfits = self._answers.decode(texts)
        refused = self._complete(rows[[answered[place] for place in fitting]], columns)
        misfits |= {fitting[place]: reason for place, reason in refused.items()}
        for place, reason in misfits.items():
            failed.append(answered[place])
            reasons.append(_misfit(reason, texts[place], outcome(lines[answered[place]])[1]))
        news = self._news(rows[failed], _FAILED)
        rows = rows[failed][news]
        self._states[rows] = _FAILED
        self._errors.put(rows, _pick(reasons, news))

    def _complete(self, rows: Positions, columns: list[list[Any]]) -> dict[int, str]:
        """Put the values of answered rows; the places of those that a column does not hold, and why."""
        news = self._news(rows, _COMPLETED)
        rows = rows[news]
        refused = self._put(rows, [_pick(values, news) for values in columns])
        rows = np.delete(rows, list(refused))
        recovered = rows[self._states[rows] > _OPEN]
        if len(recovered):
            self._errors.put(recovered, [None] * len(recovered))
        self._states[rows] = _COMPLETED
        return {int(news[place]): reason for place, reason in refused.items()}

    def _put(self, rows: Positions, columns: list[list[Any]]) -> dict[int, str]:
        """Put values; what a column does not hold leaves its row without any. Its place, and why."""
        try:
            for column, values in zip(self._columns.values(), columns, strict=True):
                column.put(rows, values)
        except (ValueError, OverflowError, TypeError) as error:
            if len(rows) > 1:  # one of them
                ones = [(place, slice(place, place + 1)) for place in range(len(rows))]
                found = [(place, self._put(rows[one], [values[one] for values in columns])) for place, one in ones]
                return {place: reason for place, reasons in found for reason in reasons.values()}
            for column in self._columns.values():
                column.put(rows, [None])
            return {0: str(error)}
        return {}

    def _news(self, rows: Positions, state: int) -> Positions:
        """The places of those rows that have a lesser state, each row once."""
        news = np.flatnonzero(self._states[rows] < state)
        return news[np.sort(np.unique(rows[news], return_index=True)[1])]


class FinishReasons:
    """Why answers ended, of those rows where it was not the usual reason."""

    def __init__(self, rows: int) -> None:
        self._codes = np.zeros(rows, dtype=np.int32)
        self._code_of = {"": 0}

    def note(self, rows: Positions, reason: str) -> None:
        """Take down why the answers of some rows ended."""
        self._codes[rows] = self._code_of.setdefault(reason, len(self._code_of))

    def clear(self, rows: Positions) -> None:
        """Forget it."""
        self._codes[rows] = 0

    def rows_of(self, reason: str) -> Positions:
        """The rows whose answer ended for this reason."""
        return np.flatnonzero(self._codes == self._code_of.get(reason, -1))


def _pick(values: list[Any], places: Positions) -> list[Any]:
    return values if len(places) == len(values) else [values[place] for place in places.tolist()]


def _misfit(reason: str, text: str, finish: str) -> str:
    cut = "cut off at max_tokens, " if finish == "length" else ""
    return one_line(f"{cut}does not fit the schema ({reason}): {text[:400]}")


def _pieces(block: bytes) -> Iterator[bytes]:
    """A block in pieces of whole lines, small enough that each is still in the processor's cache when read again."""
    start = 0
    while start < len(block):
        end = block.find(b"\n", start + _PIECE) + 1 or len(block)
        yield block[start:end]
        start = end
