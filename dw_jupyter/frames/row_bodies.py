"""Request bodies of which some fields differ from row to row."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from dw_jupyter.errors import SourceError
from dw_jupyter.frames.bodies import BodyEncoder, encode_fields, without_point
from dw_jupyter.frames.cells import Columns, is_missing, natives, row_words

_CHUNK = 1000
_KEPT = 1000


class RowBodies:
    """Gives the encoder of each row: rows whose fields are the same share one.

    A value goes into the body as JSON, a whole number in a column of floats as an integer; where a row has none, its
    body is as if the field were not per row.

    Args:
        url: the endpoint.
        fields: the fields that all requests share, as ``encode_fields`` gives them.
        per_row: body field → column label.
        frame: the source.

    Raises:
        TemplateError: there is no such column.
        OptionError: ``per_row`` has the field that the prompt fills.
    """

    def __init__(
        self, url: str, fields: Mapping[str, str], per_row: Mapping[str, Hashable], frame: pd.DataFrame
    ) -> None:
        encode_fields(url, per_row)
        columns = Columns(frame)
        self._columns = [columns[label] for label in per_row.values()]
        self._url = url
        self._fields = fields
        self._per_row = per_row
        self._index = frame.index
        self._encoders: dict[tuple[str, ...], BodyEncoder] = {}

    def __iter__(self) -> Iterator[BodyEncoder]:
        """One encoder a row, in order; raises SourceError for a value that JSON does not have."""
        for start in range(0, len(self._index), _CHUNK):
            chunks = [self._texts(column.iloc[start : start + _CHUNK], start) for column in self._columns]
            for texts in zip(*chunks, strict=True):
                encoder = self._encoders.get(texts)
                yield encoder if encoder is not None else self._encoder(texts)

    def _encoder(self, texts: tuple[str, ...]) -> BodyEncoder:
        own = {field: text for field, text in zip(self._per_row, texts, strict=True) if text}
        if len(self._encoders) == _KEPT:
            self._encoders.clear()
        encoder = self._encoders[texts] = BodyEncoder(self._url, {**self._fields, **own})
        return encoder

    def _texts(self, column: pd.Series[Any], start: int) -> list[str]:
        texts = []
        for position, value in enumerate(natives(column), start):
            try:
                texts.append(str(value) if type(value) is int else _text(value))
            except (TypeError, ValueError) as error:
                what = value if isinstance(value, float) else f"a {type(value).__name__}"
                raise SourceError(
                    f'Column "{column.name}" of {row_words(self._index, position)} holds {what}.',
                    "A field of the body takes text, numbers, lists and dicts.",
                ) from error
        return texts


def _text(value: Any) -> str:
    """A value as JSON, "" for a missing one."""
    if is_missing(value):
        return ""
    return json.dumps(without_point(value), allow_nan=False, separators=(",", ":"))
