"""Any table a notebook may hold, as a DataFrame of our own."""

from __future__ import annotations

import copy
import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dw_jupyter.errors import OptionError, SourceError
from dw_jupyter.frames.sample import check_sample, pick

_TABLES = "Give a DataFrame, a Series, a list of dicts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path."
_MARK = b"\xef\xbb\xbf"
"""What some editors begin a file of UTF-8 with."""
_MUTABLE = (list, tuple, set, dict, np.ndarray)
_PLAIN = (list, tuple, set)


def read_source(
    source: object, *, limit: int | None = None, sample: float | None = None, sample_seed: int = 0
) -> pd.DataFrame:
    """A snapshot of ``source``: changing the source later changes nothing in it.

    Args:
        source: a DataFrame, a Series (its column is called by its name, else ``"value"``), a list of dicts,
            anything that gives an Arrow stream (Arrow and Polars tables), or a path to ``.csv``, ``.parquet``
            or ``.jsonl``.
        limit: only the first so many rows.
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
            return _read_rows(source[:limit])
        case str() | Path():
            return _read_file(Path(source).expanduser(), limit)
        case _ if hasattr(source, "__arrow_c_stream__"):
            return _read_arrow(source, limit)
    if isinstance(source, Iterator | tuple):
        raise SourceError(f"The source is not a table: it is {_kind(source)}.", "Make a list of it: list(…).")
    raise SourceError(f"The source is not a table: it is {_kind(source)}.", _TABLES)


def _read_rows(rows: Iterable[Mapping[Any, Any]]) -> pd.DataFrame:
    """Dicts as rows. As in `_to_pandas`, integers beside missing values stay integers."""
    frame = pd.DataFrame(list(map(dict, rows)), dtype=object)
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        inferred = column.infer_objects()
        if inferred.dtype.kind != "f" or not column.isna().any() or not any(type(value) is int for value in column):
            frame.isetitem(place, inferred.array)
    return frame


def _kind(source: object) -> str:
    name = type(source).__name__
    if isinstance(source, list):
        odd = next(row for row in source if not isinstance(row, Mapping))
        return f"a list that holds {type(odd).__name__}"
    return "None" if source is None else f"of type {name}"


def _read_arrow(source: Any, limit: int | None) -> pd.DataFrame:
    try:
        reader = pa.RecordBatchReader.from_stream(source)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SourceError(f"The source is not a table: it is {_kind(source)}.", _TABLES) from error
    batches, rows = [], 0
    for batch in reader:
        batches.append(batch)
        rows += batch.num_rows
        if limit is not None and rows >= limit:
            break
    return _to_pandas(pa.Table.from_batches(batches, reader.schema))


def _to_pandas(table: pa.Table) -> pd.DataFrame:
    # Integers beside missing values stay integers: 3 must not be written as 3.0 in a prompt.
    frame: pd.DataFrame = table.to_pandas(integer_object_nulls=True)
    return frame


def _read_file(path: Path, limit: int | None) -> pd.DataFrame:
    readers: dict[str, Callable[[Path, int | None], pd.DataFrame]] = {
        ".csv": _read_csv,
        ".parquet": lambda path, _: _to_pandas(pq.read_table(path)),
        ".jsonl": _read_jsonl,
    }
    read = readers.get(path.suffix.lower())
    if read is None:
        raise SourceError(f'"{str(path)[:80]}" is not a table.', _TABLES)
    try:
        return read(path, limit)
    except FileNotFoundError as error:
        raise SourceError(
            f'There is no file "{path}".', "Check the path: it counts from the notebook's folder."
        ) from error
    except pd.errors.EmptyDataError as error:
        raise SourceError("The source has no rows.", "Give a table with at least one row.") from error
    except UnicodeDecodeError as error:
        raise SourceError(
            f'"{path}" is not UTF-8 text.', "Save it as UTF-8, or read it yourself, as pandas can, and name the frame."
        ) from error
    except SourceError:
        raise
    except (OSError, ValueError, pa.ArrowException) as error:
        said = getattr(error, "strerror", None) or str(error)
        reason = " ".join(said.removeprefix("Error tokenizing data. C error: ").split())[:150]
        raise SourceError(f'"{path}" could not be read: {reason}', f"Check that it is a {path.suffix} file.") from error


def _read_csv(path: Path, limit: int | None) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            # A value beyond the header is never a label: that would shift all columns by one, silently.
            return pd.read_csv(path, nrows=limit, index_col=False, dtype_backend="numpy_nullable")
        except pd.errors.ParserWarning as error:
            raise SourceError(
                f'"{path}": its rows have more values than the header has names.',
                "Give each column a name in the first line.",
            ) from error
        except pd.errors.ParserError as error:
            said = str(error)
            if found := re.search(r"Expected (\d+) fields in line (\d+), saw (\d+)", said):
                raise SourceError(
                    f'"{path}", line {found[2]}: {found[3]} values, where the lines before have {found[1]}.',
                    'A value that holds a comma stands in double quotes: "a, b".',
                ) from error
            if "EOF inside string" in said:
                raise SourceError(
                    f'"{path}": a double quote opens a value, and none closes it.',
                    'Close it; within a value in quotes it is doubled: "a ""word""".',
                ) from error
            raise


def _read_jsonl(path: Path, limit: int | None) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as file:
        file.seek(3 if file.read(3) == _MARK else 0)
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            if limit is not None and len(rows) == limit:
                break
            try:
                rows.append(decoder.decode(line))
            except msgspec.DecodeError as error:
                rows.append(_read_loosely(line, number, error))
    return _read_rows(rows)


def _read_loosely(line: bytes, number: int, error: msgspec.DecodeError) -> dict[str, Any]:
    """A line that Python reads and msgspec does not: NaN, or half of a surrogate pair."""
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise ValueError(f"line {number}: {error}") from error  # noqa: TRY004 - what is wrong is the file
    return row
