"""The ids of requests out of a column of the source, checked as the service checks them."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dw_jupyter.errors import SourceError
from dw_jupyter.frames.cells import Columns, natives, row_words
from dw_jupyter.frames.ids import RowIds

LONGEST = 64
"""Bytes of an id that the service takes."""
_NO_TEXT = (list, tuple, dict, set, frozenset, bytes)
_EVERY = "Every request has an id: fill the column, or use another."
_SIGNS = "Ids are of visible ASCII signs, without blanks."


def take_ids(frame: pd.DataFrame, label: Hashable) -> RowIds:
    """The ids that a column gives to the rows. Numbers and dates become text, a whole number without its point.

    Raises:
        TemplateError: there is no such column.
        SourceError: a row has no id, one that the service does not take, or that of another row.
    """
    column = Columns(frame)[label]
    missing = column.isna().to_numpy()
    if missing.any():
        row = row_words(frame.index, int(missing.argmax()))
        raise SourceError(f'The id column "{label}" has no value in {row}.', _EVERY)
    ids = _texts(column, frame.index)
    usable = pc.match_substring_regex(ids, f"^[!-~]{{1,{LONGEST}}}$")
    if not pc.all(usable).as_py():
        row = pc.index(usable, value=False).as_py()
        raise _refusal(ids[row].as_py(), row_words(frame.index, row))
    if pc.count_distinct(ids).as_py() < len(ids):
        texts = pd.Series(ids.to_pylist(), dtype=object)
        second = int(texts.duplicated().to_numpy().argmax())
        first = int((texts == texts[second]).to_numpy().argmax())
        pair = f"{row_words(frame.index, first)} and {row_words(frame.index, second)}"
        raise SourceError(f"The id {_short(texts[second])} is that of {pair}.", "Answers are told apart by their ids.")
    return RowIds(ids)


def _texts(column: pd.Series[Any], index: pd.Index) -> pa.StringArray:
    if column.dtype.kind in "iu":
        return pa.array(column.to_numpy()).cast(pa.string())
    texts = []
    for row, value in enumerate(natives(column)):
        if isinstance(value, _NO_TEXT):
            raise SourceError(
                f"The id of {row_words(index, row)} is of type {type(value).__name__}.", "Ids are text or numbers."
            )
        text = str(int(value) if isinstance(value, float) and value.is_integer() else value)
        texts.append(text)
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:  # a lone surrogate, which Arrow does not hold
        row, text = next((row, text) for row, text in enumerate(texts) if not text.isascii())
        raise _refusal(text, row_words(index, row)) from None


def _refusal(text: str, row: str) -> SourceError:
    if not text:
        return SourceError(f"The id of {row} is empty.", _EVERY)
    if len(text) > LONGEST and text.isprintable():
        return SourceError(f"The id of {row} is {len(text)} bytes: {_short(text)}.", f"The service takes {LONGEST}.")
    return SourceError(f"The id of {row} is {_short(text)}.", _SIGNS)


def _short(text: str) -> str:
    words = repr(text)
    return words if len(words) <= 40 else f"{words[:39]}…"
