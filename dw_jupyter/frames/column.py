"""Columns of the user's frame while they fill."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

Positions = npt.NDArray[np.int64]

_BLOCK = 32768
_TEXT = pa.large_string()


class Column(Protocol):
    """Values by row, missing until they are put."""

    def put(self, positions: Positions, values: Sequence[Any]) -> None:
        """Set the values of some rows; None is missing. No position occurs twice in one call."""

    def array(self) -> Any:
        """The column as it stands, as a pandas array that later calls do not change."""


def make_column(dtype: str, rows: int, *, categories: Sequence[str] = ()) -> Column:
    """An empty column of a dtype: string, Int64, float64, boolean, category, datetime64[us](, UTC) or object."""
    match dtype:
        case "string":
            return TextColumn(rows)
        case "category":
            return CategoryColumn(rows, categories)
        case "object":
            return ObjectColumn(rows)
    return ValueColumn(dtype, rows)


class TextColumn:
    """Text, kept as Arrow has it.

    The rows lie in blocks. What is put waits and is then laid into the blocks that it touches, so that looking again
    and again at a column that grows costs little, and what a frame shows it shares with this column.
    """

    def __init__(self, rows: int) -> None:
        self._blocks = [pa.nulls(min(_BLOCK, rows - start), _TEXT) for start in range(0, rows, _BLOCK)]
        self._waiting: list[tuple[Positions, pa.Array]] = []
        self._waiting_rows = 0
        self._laid_rows = 0
        # Arrow is UTF-8, which has no lone surrogates: texts that hold some are kept here.
        self._not_utf8: dict[int, str] = {}

    def put(self, positions: Positions, values: Sequence[str | None]) -> None:
        """Set the texts of some rows."""
        if not len(positions):
            return
        try:
            texts = pa.array(values, _TEXT)
        except UnicodeEncodeError:
            texts = pa.array([value and value.encode("utf-8", "replace").decode() for value in values], _TEXT)
            for position, value, text in zip(positions.tolist(), values, texts.to_pylist(), strict=True):
                if value is not None and value != text:
                    self._not_utf8[position] = value
        self._waiting.append((positions, texts))
        self._waiting_rows += len(positions)
        if self._waiting_rows > max(2 * _BLOCK, self._laid_rows // 8):
            self._lay()

    def array(self) -> Any:
        """A string array: Arrow's, or Python's where a text is not UTF-8."""
        self._lay()
        dtype: Any = pd.StringDtype("pyarrow")
        array = dtype.__from_arrow__(pa.chunked_array(self._blocks, _TEXT))
        if self._not_utf8:
            objects = array.to_numpy(dtype=object)
            for position, text in self._not_utf8.items():
                objects[position] = text
            return pd.array(objects, dtype=pd.StringDtype("python"))
        return array

    def _lay(self) -> None:
        if not self._waiting:
            return
        positions = np.concatenate([part for part, _ in self._waiting])
        order = np.argsort(positions, kind="stable")
        positions = positions[order]
        last = np.append(positions[1:] != positions[:-1], True)  # the last of equal ones counts
        positions = positions[last]
        texts = pa.chunked_array([part for _, part in self._waiting]).take(pa.array(order[last])).combine_chunks()
        self._waiting.clear()
        self._laid_rows += self._waiting_rows
        self._waiting_rows = 0
        edges = np.searchsorted(positions, np.arange(len(self._blocks) + 1) * _BLOCK)
        for number, (start, end) in enumerate(itertools.pairwise(edges)):
            if start < end:
                block = self._blocks[number]
                mask = np.zeros(len(block), dtype=bool)
                mask[positions[start:end] - number * _BLOCK] = True
                self._blocks[number] = pc.replace_with_mask(block, pa.array(mask), texts.slice(start, end - start))


class CategoryColumn:
    """Words out of a fixed list."""

    def __init__(self, rows: int, categories: Sequence[str]) -> None:
        self._dtype = pd.CategoricalDtype(list(categories))
        self._codes = np.full(rows, -1, dtype=np.int16)
        self._code_of: dict[str | None, int] = {word: code for code, word in enumerate(categories)}
        self._code_of[None] = -1

    def put(self, positions: Positions, values: Sequence[str | None]) -> None:
        """Set the words of some rows."""
        self._codes[positions] = [self._code_of[value] for value in values]

    def array(self) -> pd.Categorical:
        """A categorical with all categories of the list, in its order."""
        return pd.Categorical.from_codes(self._codes.copy(), dtype=self._dtype)


class ObjectColumn:
    """Lists, dicts and whatever else JSON holds."""

    def __init__(self, rows: int) -> None:
        self._values = np.full(rows, None, dtype=object)

    def put(self, positions: Positions, values: Sequence[Any]) -> None:
        """Set the values of some rows."""
        for position, value in zip(positions.tolist(), values, strict=True):
            self._values[position] = value

    def array(self) -> npt.NDArray[np.object_]:
        """An object array. Lists and dicts in it are this column's own: who changes one changes it here too.

        Copies of them would take half a second or more for 100,000 nested answers, each time; the array takes 1 ms.
        """
        return self._values.copy()


class ValueColumn:
    """Numbers, truth values and times."""

    def __init__(self, dtype: str, rows: int) -> None:
        self._dtype = dtype
        plain = {"Int64": "int64", "boolean": "bool"}.get(dtype, dtype.removesuffix(", UTC]").removesuffix("]"))
        plain = f"{plain}]" if plain.startswith("datetime64") else plain
        self._missing = np.ones(rows, dtype=bool)
        self._values = np.zeros(rows, dtype=plain)

    def put(self, positions: Positions, values: Sequence[Any]) -> None:
        """Set the values of some rows."""
        missing = np.zeros(len(values), dtype=bool)
        if None in values:
            missing[:] = [value is None for value in values]
        if self._values.dtype.kind == "M":
            values = [in_utc(value) for value in values]
        elif missing.any():
            values = [0 if value is None else value for value in values]
        self._values[positions] = np.array(values, dtype=self._values.dtype)
        self._missing[positions] = missing

    def array(self) -> Any:
        """An Int64, boolean, float64 or datetime array."""
        values, missing = self._values.copy(), self._missing.copy()
        match self._dtype:
            case "Int64":
                return pd.arrays.IntegerArray(values, missing)
            case "boolean":
                return pd.arrays.BooleanArray(values, missing)
            case "float64":
                values[missing] = np.nan
                return values
        values[missing] = np.datetime64("NaT")
        moments: Any = pd.DatetimeIndex(values)
        return moments.tz_localize("UTC").array if self._dtype.endswith("UTC]") else moments.array


def as_series(values: Any, index: pd.Index) -> pd.Series[Any]:
    """An array as it is, as a column of a frame: pandas would infer another dtype for objects that are all text."""
    series: pd.Series[Any] = pd.Series(values, index=index, dtype=values.dtype, copy=False)
    return series


def in_utc(value: dt.date | dt.datetime | None) -> dt.date | dt.datetime | None:
    """A moment in UTC without its zone, which NumPy does not hold; a moment without a zone is taken as UTC.

    Raises:
        OverflowError: it is before the year 1 or after 9999 there.
    """
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        return value.astimezone(dt.UTC).replace(tzinfo=None)
    return value
