"""Files that hold a table, as frames."""

from __future__ import annotations

import itertools
import json
import re
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from dw_jupyter.errors import SourceError
from dw_jupyter.frames.tables import from_arrow, from_rows

TABLES = (
    "Give a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, "
    "or a .csv, .parquet or .jsonl path."
)
_MARK = b"\xef\xbb\xbf"
"""What some editors begin a file of UTF-8 with."""
_BATCH_ROWS = 10_000
_OTHERS = {
    ".xlsx": "read_excel",
    ".xls": "read_excel",
    ".ods": "read_excel",
    ".json": "read_json",
    ".feather": "read_feather",
    ".orc": "read_orc",
    ".pkl": "read_pickle",
    ".tsv": "read_table",
    ".csv.gz": "read_csv",
    ".csv.zip": "read_csv",
}
"""What pandas reads such a file with, by the end of its name."""
_SEPARATORS = {";": ";", "\t": "\\t", "|": "|"}
"""What may stand between the values of a CSV file in place of commas, and how Python writes it."""


def read_file(path: Path, limit: int | None) -> pd.DataFrame:
    """The table that a file holds, or with ``limit`` its first rows, the same as in the whole.

    Of a Parquet file, whose schema says what each column holds, no more is read than that. What a column of a CSV or
    a JSONL file holds depends on all of its values, a whole number being 1.0 beside 2.5, so that these are read whole,
    and a fault far down in one counts with a limit too.

    Raises:
        SourceError: it is not there, cannot be read, or is no such file.
    """
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": _read_csv,
        ".parquet": partial(_read_parquet, limit=limit),
        ".jsonl": _read_jsonl,
    }
    read = readers.get(path.suffix.lower())
    if read is None:
        raise no_table(path)
    try:
        return read(path)
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


def no_table(path: Path) -> SourceError:
    """The error for a path that does not end as a table does."""
    name = str(path)[:80]
    read = next((read for end, read in _OTHERS.items() if path.name.lower().endswith(end)), None)
    if read is not None:
        reading = f'reviews = pd.{read}("{name}")'
        return SourceError(f'"{name}" is of a kind that is not read here.', f"Read it, and name the frame: {reading}")
    return SourceError(f'"{name}" is not a table.', TABLES)


def _read_parquet(path: Path, *, limit: int | None) -> pd.DataFrame:
    if limit is None or path.is_dir():
        table = pq.read_table(path)
        return from_arrow(table.to_batches(), table.schema, limit=limit, whole=table.num_rows)
    with pq.ParquetFile(path) as file:
        batches = file.iter_batches(batch_size=min(limit, _BATCH_ROWS))
        return from_arrow(batches, file.schema_arrow, limit=limit, whole=file.metadata.num_rows)


def _read_csv(path: Path) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            _check_header(path)
            # A value beyond the header is never a label: that would shift all columns by one, silently. With
            # `low_memory` a block of a text column that holds just 007 and 008 would be read as 7 and 8.
            return pd.read_csv(path, index_col=False, dtype_backend="numpy_nullable", low_memory=False)
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


def _check_header(path: Path) -> None:
    """The names of the columns differ, and the values stand between commas.

    Raises:
        SourceError: two columns have one name; or there is one column, and something else stands in it as between
            others, in its name as often as in its first value.
    """
    read = pd.read_csv(path, header=None, nrows=1, dtype=str, keep_default_na=False)
    names = read.iloc[0].tolist()
    doubled = next((name for name in names if name and names.count(name) > 1), None)
    if doubled is not None:
        raise SourceError(f'"{path}" has more than one column "{doubled}".', "Rename one of them in the first line.")
    if len(names) > 1:
        return
    with path.open(encoding="utf-8-sig") as file:
        lines = list(itertools.islice(filter(str.strip, file), 2))
    signs = (sign for sign in _SEPARATORS if 0 < lines[0].count(sign) == lines[-1].count(sign))
    if sign := next(signs, None):
        raise SourceError(
            f'"{path}" has the one column {names[0][:60]!r}.',
            f'Read it, and name the frame: reviews = pd.read_csv("{path}", sep="{_SEPARATORS[sign]}")',
        )


def _read_jsonl(path: Path) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as file:
        file.seek(3 if file.read(3) == _MARK else 0)
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                rows.append(decoder.decode(line))
            except msgspec.DecodeError as error:
                rows.append(_read_loosely(line, number, error))
    return from_rows(rows)


def _read_loosely(line: bytes, number: int, error: msgspec.DecodeError) -> dict[str, Any]:
    """A line that Python reads and msgspec does not: NaN, or half of a surrogate pair."""
    try:
        row = json.loads(line)
    except ValueError:
        row = None
    if not isinstance(row, dict):
        raise ValueError(f"line {number}: {error}") from error  # noqa: TRY004 - what is wrong is the file
    return row
