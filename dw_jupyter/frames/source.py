"""Any table a notebook may hold, as a DataFrame of our own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa

from dw_jupyter.errors import OptionError, SourceError
from dw_jupyter.frames.sample import check_sample, pick

_TABLES = "Give a DataFrame, a Series, a list of dicts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path."


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
    return frame.copy(deep=True)


def _read(source: object, limit: int | None) -> pd.DataFrame:
    match source:
        case pd.DataFrame():
            return source
        case pd.Series():
            return source.to_frame("value" if source.name is None else source.name)
        case list() if all(isinstance(row, Mapping) for row in source):
            return pd.DataFrame.from_records(source[:limit])
        case str() | Path():
            return _read_file(Path(source).expanduser(), limit)
        case _ if hasattr(source, "__arrow_c_stream__"):
            return _read_arrow(source, limit)
    raise SourceError(f"The source is not a table: it is {_kind(source)}.", _TABLES)


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
        ".csv": lambda path, limit: pd.read_csv(path, nrows=limit),
        ".parquet": lambda path, _: pd.read_parquet(path),
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
    except (OSError, ValueError, pa.ArrowException) as error:
        said = getattr(error, "strerror", None) or str(error)
        reason = " ".join(said.split())[:150]
        raise SourceError(f'"{path}" could not be read: {reason}', f"Check that it is a {path.suffix} file.") from error


def _read_jsonl(path: Path, limit: int | None) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            if limit is not None and len(rows) == limit:
                break
            try:
                rows.append(decoder.decode(line))
            except msgspec.DecodeError as error:
                raise ValueError(f"line {number}: {error}") from error
    return pd.DataFrame.from_records(rows)
