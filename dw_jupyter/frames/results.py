"""Result lines → the user's frame."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.column import Positions, TextColumn, make_column
from dw_jupyter.frames.failures import one_line
from dw_jupyter.frames.fields import choices_of
from dw_jupyter.frames.lines import Line, outcome, read_lines
from dw_jupyter.frames.requests import position
from dw_jupyter.frames.schema import Schema

Status = Literal["pending", "completed", "failed", "cancelled", "expired", "missing"]
STATUSES: tuple[Status, ...] = get_args(Status)
"""The categories of ``dw_status``, in this order."""

# The states of a row, 0 while it is open; a line counts where its state is more than the row's.
_FAILED, _COMPLETED = 1, 2
_PIECE = 256 * 1024
_ID = np.frombuffer(b"row-000000000\n", dtype=np.uint8)
_POWERS = 10 ** np.arange(8, -1, -1, dtype=np.int64)


class Results:
    """The answers of one job as they come, by row.

    Lines of output and error files may mix, in any order and more than once: an answer beats a failure, and the first
    answer of a row stays. Work and memory grow with the lines only, however often a frame is asked for. Every method
    may be called on any thread.

    Args:
        rows: how many rows the job has.
        schema: what the answers promise to be; None for plain text, which becomes one column ``response``.
    """

    def __init__(self, rows: int, schema: Schema | None = None) -> None:
        self.rows = rows
        self.unknown = 0
        """Lines whose custom_id is not a row of this job."""
        self.broken = 0
        """Lines that are not JSON, or not UTF-8."""
        self._lock = threading.Lock()
        self._states = np.zeros(rows, dtype=np.int8)
        self._errors = TextColumn(rows)
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
        return int(np.count_nonzero(self._states == _COMPLETED))

    @property
    def failed(self) -> int:
        """Rows that failed, and have no answer."""
        return int(np.count_nonzero(self._states == _FAILED))

    def add(self, block: bytes) -> int:
        """Take a block of whole lines; the last newline may be missing.

        Returns:
            how many lines it held, broken and unknown ones among them, blank ones not.
        """
        count = 0
        for piece in _pieces(block):
            lines, broken = read_lines(piece)
            with self._lock:
                self.broken += broken
                self._take(lines)
            count += len(lines) + broken
        return count

    def frame(self, index: pd.Index, *, rest: Status = "pending") -> pd.DataFrame:
        """The user's frame: the columns of the schema (or ``response``), ``dw_status`` and ``dw_error``.

        Args:
            index: the source's index, one label a row; the frame has it as it is.
            rest: the status of rows that have neither an answer nor a failure.

        Returns:
            A frame of its own: what comes later does not change it. Its dtypes are the same from the first moment on.
        """
        with self._lock:
            columns: dict[str, Any] = {name: column.array() for name, column in self._columns.items()}
            codes = self._states.copy()
            columns["dw_error"] = self._errors.array()
        words: tuple[Status, ...] = (rest, "failed", "completed")
        names = np.array([STATUSES.index(word) for word in words], dtype=np.int8)
        error = columns.pop("dw_error")
        columns["dw_status"] = pd.Categorical.from_codes(names[codes], dtype=pd.CategoricalDtype(list(STATUSES)))
        columns["dw_error"] = error
        return pd.DataFrame(columns, index=index, copy=False)

    def _take(self, lines: list[Line]) -> None:
        positions = _positions([line.custom_id for line in lines])
        known = (positions >= 0) & (positions < self.rows)
        if not known.all():
            self.unknown += len(lines) - int(np.count_nonzero(known))
            lines = [line for line, one in zip(lines, known.tolist(), strict=True) if one]
            positions = positions[known]
        answered: list[int] = []
        texts: list[str] = []
        failed: list[int] = []
        reasons: list[str] = []
        for place, line in enumerate(lines):
            text, reason = outcome(line)
            if text is None:
                failed.append(place)
                reasons.append(reason)
            else:
                answered.append(place)
                texts.append(text)
        columns: list[list[Any]] = [texts]
        if self._answers:
            columns, fitting, misfits = self._answers.decode(texts)
            for place, reason in misfits.items():
                failed.append(answered[place])
                reasons.append(_misfit(reason, texts[place], outcome(lines[answered[place]])[1]))
            answered = [answered[place] for place in fitting]
        self._complete(positions[answered], columns)
        rows, news = self._claim(positions[failed], _FAILED)
        self._errors.put(rows, _pick(reasons, news))

    def _complete(self, rows: Positions, columns: list[list[Any]]) -> None:
        recovered = np.unique(rows[self._states[rows] == _FAILED])
        if len(recovered):
            self._errors.put(recovered, [None] * len(recovered))
        rows, news = self._claim(rows, _COMPLETED)
        for column, values in zip(self._columns.values(), columns, strict=True):
            column.put(rows, _pick(values, news))

    def _claim(self, rows: Positions, state: int) -> tuple[Positions, Positions]:
        """Set the state of those rows that had a lesser one: those rows, each once, and their places in ``rows``."""
        news = np.flatnonzero(self._states[rows] < state)
        news = news[np.sort(np.unique(rows[news], return_index=True)[1])]
        self._states[rows[news]] = state
        return rows[news], news


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


def _positions(ids: list[str | None]) -> Positions:
    """The row of each id, -1 where it is not one of ours."""
    try:
        text = np.frombuffer("\n".join(ids).encode() + b"\n", dtype=np.uint8)  # type: ignore[arg-type]  # None is caught
    except (TypeError, UnicodeEncodeError):
        text = np.empty(0, dtype=np.uint8)
    if len(text) == len(ids) * len(_ID):
        digits = text.reshape(-1, len(_ID)) - _ID
        numbers = digits[:, 4:13]
        if not digits[:, [0, 1, 2, 3, 13]].any() and (numbers <= 9).all():
            return numbers.astype(np.int64) @ _POWERS
    found = (position(one) if one is not None else None for one in ids)
    return np.array([-1 if row is None else row for row in found], dtype=np.int64)
