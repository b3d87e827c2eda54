"""Answers that promise to follow a schema, as values for its columns."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import msgspec

from dw_jupyter.frames.column import in_utc
from dw_jupyter.frames.custom_types import convert, read_custom
from dw_jupyter.frames.failures import one_line
from dw_jupyter.frames.schema import Schema


class Answers:
    """Reads answers by one schema. Compiled once, then about as fast as the bare decoding.

    A value that is not of its type, its format (see ``formats``) or its choices, or of none of its options, is a
    misfit, and so are a moment outside the years 1 to 9999 in UTC, a missing property, broken JSON and numbers that
    JSON does not have (NaN) or no float holds (1e999). Properties that the schema does not name are passed over.
    """

    def __init__(self, schema: Schema) -> None:
        self._type, self._names = schema.answer_type
        self._decode = msgspec.json.Decoder(self._type, dec_hook=read_custom).decode
        self._moments = [field for field, name in self._names.items() if schema.columns[name] == "datetime64[us, UTC]"]

    def decode(self, answers: Sequence[str]) -> tuple[list[list[Any]], list[int], dict[int, str]]:
        """Typed columns out of a batch of answers.

        Returns:
            the values of each column (None where an answer has null), the places in ``answers`` that they belong to,
            and for each other place why its answer does not fit.
        """
        misfits: dict[int, str] = {}
        try:
            records: list[Any] = list(map(self._decode, answers))
            self._check_moments(records)
            places = list(range(len(answers)))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            records, places = [], []
            for place, answer in enumerate(answers):
                try:
                    records.append(self._decode_slowly(answer))
                    places.append(place)
                except (msgspec.MsgspecError, ValueError, RecursionError) as error:
                    misfits[place] = self._reason(error)
        return [[getattr(record, name) for record in records] for name in self._names], places, misfits

    def _decode_slowly(self, answer: str) -> Any:
        """Decode what JSON allows and msgspec does not: lone surrogates, ``3.0`` for an integer."""
        try:
            record = self._decode(answer)
        except (msgspec.MsgspecError, ValueError):
            value = json.loads(answer, parse_float=_number, parse_constant=_no_number)
            record = convert(value, self._type)
        self._check_moments([record])
        return record

    def _check_moments(self, records: list[Any]) -> None:
        """Whether the moments lie within the years 1 to 9999 in UTC too, which is what a column of them holds."""
        for field in self._moments:
            try:
                for record in records:
                    in_utc(getattr(record, field))
            except OverflowError:
                reason = f"Moment out of range - at `$.{self._names[field]}`"
                raise msgspec.ValidationError(reason) from None

    def _reason(self, error: Exception) -> str:
        if not isinstance(error, msgspec.ValidationError):
            return one_line("not JSON")
        reason, *inner = str(error).split(" - at `$")
        path = "".join(part.strip("`") for part in reversed(inner)).lstrip(".")
        return one_line(f"{path}: {reason}" if path else reason)


def _number(text: str) -> int | float:
    """A whole number as an int, which stands for a float as well: JSON Schema counts 3.0 as an integer."""
    number = float(text)
    if math.isinf(number):
        raise msgspec.ValidationError(f"Number out of range: {text[:30]}")
    return int(number) if number.is_integer() else number


def _no_number(text: str) -> None:
    """NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(text)
