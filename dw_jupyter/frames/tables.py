"""Rows and Arrow tables as frames whose values are those that were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dw_jupyter.frames.cells import native


def from_rows(rows: Iterable[Mapping[Any, Any]]) -> pd.DataFrame:
    """Dicts as rows. As in `from_arrow`, integers beside missing values stay integers."""
    frame = pd.DataFrame(list(map(dict, rows)), dtype=object)
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        if any(isinstance(value, np.generic) for value in column):
            column = pd.Series([native(value) for value in column], column.index, dtype=object)
            frame.isetitem(place, column.array)
        inferred = _infer(column)
        widened = inferred.dtype.kind == "f" and any(type(value) is int for value in column)
        if inferred.dtype != object and not (widened and column.isna().any()):
            frame.isetitem(place, inferred.array)
    return frame


def _infer(column: pd.Series[Any]) -> pd.Series[Any]:
    try:
        return column.infer_objects()
    # pandas 2 does not get over an integer beyond all floats, nor Arrow over half of a surrogate pair.
    except (OverflowError, UnicodeEncodeError):
        return column


def from_arrow(
    batches: Iterable[pa.RecordBatch], schema: pa.Schema, *, limit: int | None, whole: int | None
) -> pd.DataFrame:
    """Batches of rows with the types of their schema, so that the first rows are as they are in the whole.

    Args:
        batches: no more of them are asked for than the limit needs.
        schema: what each column holds.
        limit: only the first so many rows.
        whole: how many there are in all, where that is known.
    """
    taken, rows = [], 0
    for batch in batches:
        taken.append(batch)
        rows += batch.num_rows
        if limit is not None and rows >= limit:
            break
    table = pa.Table.from_batches(taken, schema).slice(0, limit)
    plain = pa.schema([field.with_type(_without_views(field.type)) for field in schema], schema.metadata)
    table = table if plain == schema else table.cast(plain)
    # Integers beside missing values stay integers: 3 must not be written as 3.0 in a prompt.
    frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    return frame if len(frame) == whole else _with_range(frame, schema, whole)


def _with_range(frame: pd.DataFrame, schema: pa.Schema, whole: int | None) -> pd.DataFrame:
    """The same with the beginning of its RangeIndex, which pandas describes to Arrow by its length alone."""
    match (schema.pandas_metadata or {}).get("index_columns"):
        case [{"kind": "range", "start": start, "stop": stop, "step": step, "name": name}]:
            index = pd.RangeIndex(start, stop, step, name=name)
            if len(index) == whole:
                frame.index = index[: len(frame)]
    return frame


def _without_views(kind: pa.DataType) -> pa.DataType:
    """The type with plain text in place of views of it, as Polars has them, which pandas does not get out of lists."""
    match kind:
        case _ if pa.types.is_string_view(kind):
            return pa.large_string()
        case _ if pa.types.is_binary_view(kind):
            return pa.large_binary()
        case pa.StructType():
            return pa.struct([part.with_type(_without_views(part.type)) for part in kind])
        case pa.LargeListType():
            return pa.large_list(_without_views(kind.value_type))
        case pa.ListType():
            return pa.list_(_without_views(kind.value_type))
        case pa.FixedSizeListType():
            return pa.list_(_without_views(kind.value_type), kind.list_size)
    return kind
