"""Nested objects of a frame as columns of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dw_jupyter.errors import OptionError
from dw_jupyter.frames.cells import Columns, is_missing
from dw_jupyter.frames.column import as_series, make_column

_DTYPES: dict[frozenset[type], str] = {
    frozenset({str}): "string",
    frozenset({int}): "Int64",
    frozenset({float}): "float64",
    frozenset({int, float}): "float64",
    frozenset({bool}): "boolean",
    frozenset({dt.date}): "datetime64[us]",
    frozenset({dt.datetime}): "datetime64[us, UTC]",
}


def spread(frame: pd.DataFrame, *labels: Hashable) -> pd.DataFrame:
    """A frame in which nested objects are columns: ``address`` becomes ``address.city``, ``address.geo.lat`` and so on.

    The index, and the other columns, stay as they are; rows without an object have missing values, and a column
    without any object stays. Lists stay lists: ``frame.explode("tags")`` makes a row of each item, and objects in them
    can be spread then.

    Args:
        frame: any, such as the frame of a job.
        labels: which columns; unless given, all whose values are objects or missing.

    Raises:
        TemplateError: there is no such column.
        OptionError: it is no frame, a column that is named holds other values too, or two columns would have one name.
    """
    if not isinstance(frame, pd.DataFrame):
        raise OptionError(f"There is no frame to spread, but {type(frame).__name__}.", "Give a DataFrame: job.df, say.")
    columns = Columns(frame)
    for label in labels:
        if not isinstance(label, Hashable):
            raise OptionError(
                "Columns to spread are named one by one.", 'An example: spread(frame, "address", "user").'
            )
        odd = [type(value).__name__ for value in columns[label] if not _may_be_spread(value)]
        if odd:
            raise OptionError(
                f'The column "{label}" holds a value of type {odd[0]}, which cannot be spread.',
                "Objects are spread: explode makes rows of lists.",
            )
    wanted = {label for label in labels or frame.columns if _holds_objects(columns[label])}
    made: dict[Hashable, Any] = {}
    for label in frame.columns:
        for name, values in _spread(columns[label]) if label in wanted else [(label, columns[label].array)]:
            if name in made or (label in wanted and name in columns):
                raise OptionError(f'There is a column "{name}" already.', "Rename it first.")
            made[name] = as_series(values, frame.index)
    result = pd.DataFrame(made, index=frame.index, copy=False)
    result.attrs = dict(frame.attrs)
    return result


def _holds_objects(column: pd.Series[Any]) -> bool:
    if column.dtype != object or not all(map(_may_be_spread, column)):
        return False
    return any(isinstance(value, Mapping) for value in column)


def _may_be_spread(value: Any) -> bool:
    return isinstance(value, Mapping) or is_missing(value)


def _spread(column: pd.Series[Any]) -> Iterator[tuple[str, Any]]:
    found: dict[tuple[Any, ...], dict[int, Any]] = {}
    for row, value in enumerate(column):
        if isinstance(value, Mapping):
            for path, part in _parts(value, (column.name,)):
                found.setdefault(path, {})[row] = part
    inner = {path[:depth] for path in found for depth in range(1, len(path))}
    for path, values in found.items():
        present = {row: value for row, value in values.items() if value is not None}
        if present or path not in inner:  # an object that is null in some rows is spread in the others
            yield ".".join(map(str, path)), _array(present, len(column))


def _parts(value: Mapping[Any, Any], path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for key, part in value.items():
        if isinstance(part, Mapping) and part:
            yield from _parts(part, (*path, key))
        else:
            yield (*path, key), part


def _array(values: Mapping[int, Any], rows: int) -> Any:
    rows_of, parts = np.fromiter(values, np.int64, len(values)), list(values.values())
    for dtype in (_DTYPES.get(frozenset(map(type, parts)), "object"), "object"):
        column = make_column(dtype, rows)
        try:
            column.put(rows_of, parts)
        except OverflowError:  # a number beyond 64 bits
            continue
        break
    return column.array()
