"""The source's index on disk, so that a job can give the user's own index back in another kernel."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

_KEY = b"dw_jupyter"


def save_index(index: pd.Index, path: Path) -> None:
    """Write ``index`` to ``path`` as Parquet, whole or not at all.

    A RangeIndex costs a few bytes whatever its length. Labels that Parquet cannot give back as they are, such as a mix
    of types, are stored as text.
    """
    fact: dict[str, Any] = {"names": [_plain_name(name) for name in index.names]}
    levels: list[pa.Array] = []
    if isinstance(index, pd.RangeIndex):
        fact["range"] = [index.start, index.stop, index.step]
    else:
        fact["multi"] = isinstance(index, pd.MultiIndex)
        # Without names, since a level may be called by the number of another.
        bare = index.set_names([None] * index.nlevels)
        flat = [bare.get_level_values(number) for number in range(bare.nlevels)]
        stored = [_to_arrow(level) for level in flat]
        levels = [array for array, _ in stored]
        fact["dtypes"] = [dtype for _, dtype in stored]
    table = pa.Table.from_arrays(levels, names=[str(number) for number in range(len(levels))])
    aside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")  # two kernels may run the same cell at once
    try:
        with aside.open("wb") as file:
            pq.write_table(table.replace_schema_metadata({_KEY: json.dumps(fact).encode()}), file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def load_index(path: Path) -> pd.Index:
    """The index that ``save_index`` wrote.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: it is not a file of ours (``pyarrow.ArrowInvalid`` is one).
    """
    table = pq.read_table(path)
    metadata = table.schema.metadata or {}
    if _KEY not in metadata:
        raise ValueError(f"{path} holds no index")
    fact = json.loads(metadata[_KEY])
    names = fact["names"]
    if "range" in fact:
        start, stop, step = fact["range"]
        return pd.RangeIndex(start, stop, step, name=names[0])
    levels = [_to_index(column, dtype) for column, dtype in zip(table.columns, fact["dtypes"], strict=True)]
    if fact["multi"]:
        return pd.MultiIndex.from_arrays(levels, names=names)
    return levels[0].rename(names[0])


def _plain_name(name: object) -> object:
    return name if name is None or isinstance(name, str | int | float | bool) else str(name)


def _to_arrow(level: pd.Index) -> tuple[pa.Array, str]:
    """The labels as Parquet takes them, and their dtype; as text where it would not give the same labels back."""
    dtype = str(level.dtype)
    try:
        array = pa.array(level, from_pandas=True)
        array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        if not pa.types.is_nested(array.type) and _to_index(array, dtype).equals(level):
            return array, dtype
    except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError):
        pass
    text = [str(label).encode("utf-8", "backslashreplace").decode() for label in level]
    return pa.array(text, pa.string()), "object"


def _to_index(array: pa.Array, dtype: str) -> pd.Index:
    index: pd.Index = pd.Index(array.to_pandas())
    # Parquet has no seconds, and an object column of whole numbers comes back as numbers.
    return index if str(index.dtype) == dtype else index.astype(dtype)
