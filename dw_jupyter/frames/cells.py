"""The cells of a frame as plain Python values, and the words for a row."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dw_jupyter.errors import NoColumnError, TemplateError


class Moment(dt.datetime):
    """A date and time that is written as ISO 8601 text and has all the parts of a datetime."""

    __str__ = dt.datetime.isoformat


def natives(series: pd.Series[Any]) -> list[Any]:
    """The values of a column as Python has them: no NumPy scalars or arrays, and moments as ``Moment``.

    A float of 16 or 32 bits is the number that it is written as: 0.3, and not 0.30000001192092896.
    """
    if isinstance(series.dtype, pd.SparseDtype):
        series = series.astype(series.dtype.subtype)
    if short := _short_float(getattr(series.dtype, "categories", series).dtype):
        numbers = [float(str(number)) for number in series.to_numpy(dtype=short, na_value=np.nan)]
        if series.hasnans:
            numbers = [own if is_missing(own) else number for own, number in zip(series, numbers, strict=True)]
        return numbers
    values: list[Any] = series.tolist()
    if series.dtype.kind in "iufb" or isinstance(series.dtype, pd.StringDtype):
        return values
    return [value if type(value) is str else native(value) for value in values]


def native_at(series: pd.Series[Any], position: int) -> Any:
    """One value of a column as ``natives`` gives it."""
    value = series.iloc[position]
    short = _short_float(series.dtype)  # pandas takes a float of Arrow out as one of 64 bits
    return native(short(value) if short and type(value) is float else value)


def native(value: Any) -> Any:
    """One value as Python has it."""
    if isinstance(value, np.float16 | np.float32):
        return float(str(value))
    if isinstance(value, np.ndarray) and _short_float(value.dtype):
        return [native(part) for part in value] if value.ndim else native(value[()])
    if isinstance(value, np.ndarray | np.generic):
        return native(value.item()) if value.ndim == 0 else [native(part) for part in value.tolist()]
    if isinstance(value, dt.datetime) and value is not pd.NaT:
        return Moment(
            value.year,
            value.month,
            value.day,
            value.hour,
            value.minute,
            value.second,
            value.microsecond,
            value.tzinfo,
            fold=value.fold,
        )
    return value


def _short_float(dtype: Any) -> type[np.float16 | np.float32] | None:
    """NumPy's type for a dtype of floats of less than 64 bits, whoever's dtype it is."""
    shorts: dict[Any, type[np.float16 | np.float32]] = {2: np.float16, 4: np.float32}
    return shorts.get(getattr(dtype, "itemsize", None)) if dtype.kind == "f" else None


class Columns:
    """A frame's columns by label, whatever the labels are."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame: Any = frame
        self.places: dict[Hashable, int] = {label: place for place, label in enumerate(frame.columns)}

    def __getitem__(self, label: Hashable) -> pd.Series[Any]:
        """The column of this label, or a TemplateError that names the ones there are."""
        if label not in self:
            raise self.unknown(label)
        column: pd.Series[Any] = self.frame.iloc[:, self.places[label]]
        return column

    def __contains__(self, label: object) -> bool:
        return isinstance(label, Hashable) and label in self.places

    def missing(self, labels: Iterable[Hashable]) -> npt.NDArray[np.bool_]:
        """For each row, whether one of these columns has no value there."""
        found = np.zeros(len(self.frame), dtype=bool)
        for label in labels:
            found |= self[label].isna().to_numpy()
        return found

    def unknown(self, label: Hashable, *, others: Iterable[str] = ()) -> TemplateError:
        """The error for a label that no column has; ``others`` are names that may have been meant as well."""
        if label in self.frame.index.names:
            return TemplateError(
                f'"{label}" is no column of the source, but its index.', "reset_index() makes it a column."
            )
        names = [str(name) for name in self.places]
        alike = next((own for own in self.places if str(own) == str(label)), None)
        if alike is not None:  # 0 is not "0"
            hint = f"There is {alike!r}, which is no text: in a prompt row[{alike!r}]."
            return TemplateError(f"There is no column {label!r} in the source.", hint)
        within = next((own for own in self.places if isinstance(own, tuple) and label in own), None)
        if within is not None:  # a level of one with several
            return TemplateError(f'There is no column "{label}" in the source.', f"There is row[{within!r}].")
        if not names:
            return TemplateError(f'There is no source, and so no column "{label}".', "Name a frame or a file.")
        near = get_close_matches(str(label), [*names, *others], n=1)
        listed = ", ".join(names)
        listed = listed if len(listed) <= 120 else listed[:119].rsplit(", ", 1)[0] + ", …"
        hint = f'Did you mean "{near[0]}"? ' if near else ""
        return NoColumnError(f'There is no column "{label}" in the source.', f"{hint}Columns: {listed}", label=label)


class Row(Mapping[Hashable, Any]):
    """One row by column label, for what a prompt looks up while it is rendered.

    Args:
        columns: the columns of its frame.
        position: its place among the rows.
        blank: what stands for a missing value; where it is None, a missing value is a TemplateError.
    """

    __slots__ = ("_blank", "_columns", "_position")

    def __init__(self, columns: Columns, position: int, *, blank: object = None) -> None:
        self._columns = columns
        self._position = position
        self._blank = blank

    def __getitem__(self, label: Hashable) -> Any:
        value = native_at(self._columns[label], self._position)
        if not is_missing(value):
            return value
        if self._blank is None:
            raise TemplateError(f'column "{label}" has no value', "")
        return self._blank

    def __contains__(self, label: object) -> bool:
        return label in self._columns

    def get(self, label: Hashable, default: Any = None) -> Any:
        """The value of this column, or the default where there is no such column or no value in it."""
        if label not in self:
            return default
        value = native_at(self._columns[label], self._position)
        return default if is_missing(value) else value

    def __iter__(self) -> Iterator[Hashable]:
        return iter(self._columns.places)

    def __len__(self) -> int:
        return len(self._columns.places)

    def __repr__(self) -> str:
        return repr(dict(self))


def is_missing(value: Any) -> bool:
    """Whether pandas calls a value missing: None, NaN, NaT or NA."""
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def row_words(index: pd.Index, position: int) -> str:
    """A row in words: ``row 17``, with its label where that is not its position."""
    label = native(index[position])
    if type(label) is int and label == position:
        return f"row {position}"
    if isinstance(label, tuple):
        words = f"({', '.join(_label_words(native(part)) for part in label)})"
    else:
        words = _label_words(label)
    return f"row {position} (index {words if len(words) <= 60 else words[:59] + '…'})"


def _label_words(label: Any) -> str:
    return repr(label) if isinstance(label, str) else str(label)
