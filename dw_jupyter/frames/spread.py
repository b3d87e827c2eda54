"""Nested objects of a frame as columns of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from dw_jupyter.errors import OptionError
from dw_jupyter.frames.cells import Columns
from dw_jupyter.frames.column import make_column

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

    The index, and the other columns, stay as they are; rows without an object have missing values. Lists stay lists:
    ``frame.explode("tags")`` makes a row of each item, and objects in them can be spread then.

    Args:
        frame: any, such as the frame of a job.
        labels: which columns; all that hold objects unless given.

    Raises:
        TemplateError: there is no such column.
        OptionError: a new column would be called like one that is there.
    """
    columns = Columns(frame)
    wanted = set(labels) or {label for label in frame.columns if _holds_objects(columns[label])}
    made: dict[Hashable, Any] = {}
    for label in wanted:
        columns[label]  # or it is an error
    for label in frame.columns:
        for name, values in _spread(columns[label]) if label in wanted else [(label, columns[label].array)]:
            if name in made or (label in wanted and name in columns):
                raise OptionError(f'There is a column "{name}" already.', "Rename it first.")
            made[name] = values
    result = pd.DataFrame(made, index=frame.index, copy=False)
    result.attrs = dict(frame.attrs)
    return result


def _holds_objects(column: pd.Series[Any]) -> bool:
    return column.dtype == object and any(isinstance(value, Mapping) for value in column)


def _spread(column: pd.Series[Any]) -> Iterator[tuple[str, Any]]:
    found: dict[str, dict[int, Any]] = {}
    for row, value in enumerate(column):
        if isinstance(value, Mapping):
            for name, part in _parts(value, str(column.name)):
                found.setdefault(name, {})[row] = part
    inner = {name.rsplit(".", depth)[0] for name in found for depth in range(1, name.count(".") + 1)}
    for name, values in found.items():
        present = {row: value for row, value in values.items() if value is not None}
        if present or name not in inner:  # an object that is null in some rows is spread in the others
            yield name, _array(present, len(column))


def _parts(value: Mapping[Any, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, part in value.items():
        if isinstance(part, Mapping) and part:
            yield from _parts(part, f"{path}.{key}")
        else:
            yield f"{path}.{key}", part


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
