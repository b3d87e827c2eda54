"""Columns of the source that the frame of answers carries along."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from dw_jupyter.errors import OptionError
from dw_jupyter.frames.cells import Columns
from dw_jupyter.frames.index import load_index, save_index


def keep_columns(frame: pd.DataFrame, labels: Sequence[Hashable], *, answers: Sequence[str]) -> pd.DataFrame:
    """The columns of these labels.

    Args:
        frame: the source.
        labels: which, and in which order.
        answers: names of the columns that the answers will have.

    Raises:
        TemplateError: there is no such column.
        OptionError: one is there twice, or is called like a column of the answers.
    """
    columns = Columns(frame)
    for place, label in enumerate(labels):
        if label not in columns:
            raise columns.unknown(label)
        if label in labels[:place]:
            raise OptionError(f'The column "{label}" is kept twice.', "Name it once.")
        if label in answers:
            raise OptionError(f'The answers have a column "{label}" too.', "Rename the column of the source first.")
    kept: pd.DataFrame = frame.loc[:, list(labels)]
    return kept


def save_kept(kept: pd.DataFrame, folder: Path) -> None:
    """Write columns into ``folder``, one file each, in place of those that are there.

    Values that Parquet cannot give back as they are become text.
    """
    for earlier in folder.glob("kept-*.parquet"):
        earlier.unlink()
    for number, label in enumerate(kept.columns):
        save_index(pd.Index(kept[label], name=label), folder / f"kept-{number:03}.parquet")


def load_kept(folder: Path) -> list[tuple[Hashable, Any]]:
    """Label and values of each column that `save_kept` wrote.

    Raises:
        OSError: a file cannot be read.
        ValueError: it is not a file of ours.
    """
    columns = (load_index(path) for path in sorted(folder.glob("kept-*.parquet")))
    return [(column.name, column.array) for column in columns]
