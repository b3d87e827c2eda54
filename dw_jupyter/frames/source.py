"""Any table a notebook may hold, as a DataFrame of our own."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.api.types import infer_dtype

from dw_jupyter.errors import OptionError, SourceError
from dw_jupyter.frames.files import TABLES, read_file
from dw_jupyter.frames.sample import check_sample, pick
from dw_jupyter.frames.tables import from_arrow, from_rows

_MUTABLE = (list, tuple, set, dict, np.ndarray)
_PLAIN = (list, tuple, set)


def read_source(
    source: object, *, limit: int | None = None, sample: float | None = None, sample_seed: int = 0
) -> pd.DataFrame:
    """A snapshot of ``source``: changing the source later changes nothing in it.

    Args:
        source: a DataFrame, a Series (its column is called by its name, else ``"value"``), a list of dicts, a list of
            texts, of which some may be missing (its column is ``"value"``), anything that gives an Arrow stream (Arrow
            and Polars tables), or a path to ``.csv``, ``.parquet`` or ``.jsonl``.
        limit: only the first so many rows, each with the values that it has in the whole.
        sample: only so many rows, or that share of them where it is below 1, picked by chance out of what ``limit``
            leaves, in the source's order; all rows where there are no more.
        sample_seed: the same seed picks the same rows on every machine, and among more rows all that it picks among
            fewer.

    Returns:
        At least one row and one column, the source's index, every column label once.

    Raises:
        SourceError: not a table, empty, unreadable, or two columns of one name.
        OptionError: ``limit`` is below 1, ``sample`` is neither a number of rows nor a share, or the seed is out of
            range.
    """
    if limit is not None and limit < 1:
        raise OptionError(f"The limit is {limit}.", "Give 1 or more rows, or leave it out.")
    if sample is not None:
        check_sample(sample, sample_seed)
    frame = _read(source, limit)
    if limit is not None:
        frame = frame.head(limit)
    if len(frame) == 0:
        raise SourceError("The source has no rows.", "Give a table with at least one row.")
    if len(frame.columns) == 0:
        raise SourceError("The source has no columns.", "Give a table with at least one row and one column.")
    doubled = frame.columns[frame.columns.duplicated()]
    if len(doubled):
        raise SourceError(f'The source has more than one column "{doubled[0]}".', "Rename one of them.")
    if sample is not None:
        frame = frame.iloc[pick(len(frame), sample, sample_seed)]
    frame = frame.copy(deep=True)
    for place in range(frame.shape[1]):  # the objects in a column are not copied with it
        column = frame.iloc[:, place]
        if column.dtype == object and any(isinstance(value, _MUTABLE) for value in column):
            frame.isetitem(place, pd.Series(list(map(_copy, column)), dtype=object).array)
    return frame


def _copy(value: Any) -> Any:
    """A value with lists, dicts, sets and arrays of its own."""
    match value:
        case list() | tuple() | set():
            return type(value)(map(_copy, value)) if type(value) in _PLAIN else copy.deepcopy(value)
        case dict():
            return {key: _copy(part) for key, part in value.items()}
        case np.ndarray():
            return copy.deepcopy(value) if value.dtype == object else value.copy()
    return value


def _read(source: object, limit: int | None) -> pd.DataFrame:
    match source:
        case pd.DataFrame():
            return source
        case pd.Series():
            return source.to_frame("value" if source.name is None else source.name)
        case list() if all(isinstance(row, Mapping) for row in source):
            return from_rows(source)
        case list() if infer_dtype(source) == "string":
            return from_rows({"value": text} for text in source)
        case str() | Path():
            return read_file(Path(source).expanduser(), limit)
        case _ if hasattr(source, "__arrow_c_stream__"):
            return _read_arrow(source, limit)
    if isinstance(source, Iterator | tuple):
        raise SourceError(f"The source is not a table: it is {_kind(source)}.", "Make a list of it: list(…).")
    raise SourceError(f"The source is not a table: it is {_kind(source)}.", TABLES)


def _kind(source: object) -> str:
    name = type(source).__name__
    if isinstance(source, list):
        kinds = dict.fromkeys(type(row).__name__ for row in source)
        return f"a list that holds {' and '.join(list(kinds)[:3])}"
    return "None" if source is None else f"of type {name}"


def _read_arrow(source: Any, limit: int | None) -> pd.DataFrame:
    try:
        reader = pa.RecordBatchReader.from_stream(source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SourceError(f"The source is not a table: it is {_kind(source)}.", TABLES) from error
    whole = getattr(source, "num_rows", None)
    try:
        return from_arrow(reader, reader.schema, limit=limit, whole=whole)
    except pa.ArrowException as error:
        reason = " ".join(str(error).split())[:120]
        raise SourceError(f"The source cannot be read: {reason}.", "Give that column another type first.") from error
