"""Answers that promise to follow a schema, as values for its columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from dw_jupyter.frames.choices import choose
from dw_jupyter.frames.column import in_utc
from dw_jupyter.frames.failures import one_line
from dw_jupyter.frames.fields import type_of
from dw_jupyter.frames.schema import Schema


class Answers:
    """Reads answers by one schema. Compiled once, then about as fast as the bare decoding.

    A value that is not of its type or none of its choices, a moment outside the years 1 to 9999 in UTC, a missing
    property and broken JSON are misfits; properties that the schema does not name are passed over.
    """

    def __init__(self, schema: Schema) -> None:
        properties = schema.json_schema["properties"]
        # Properties may have any name; those of a struct may not.
        self._names = {f"field_{number}": name for number, name in enumerate(properties)}
        self._type = msgspec.defstruct(
            "Answer",
            [(name, type_of(properties[field], schema.json_schema)) for name, field in self._names.items()],
            rename=self._names,
            gc=False,
        )
        self._decode = msgspec.json.Decoder(self._type, dec_hook=choose).decode
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
        """Decode what JSON allows and msgspec does not: lone surrogates, NaN, ``3.0`` for an integer."""
        try:
            record = self._decode(answer)
        except (msgspec.MsgspecError, ValueError):
            record = msgspec.convert(json.loads(answer, parse_float=_number), self._type, dec_hook=choose)
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
        reason, _, path = str(error).partition(" - at `$")
        return one_line(f"{path.strip('`').lstrip('.')}: {reason}" if path.strip("`") else reason)


def _number(text: str) -> int | float:
    """A whole number as an int, which stands for a float as well: JSON Schema counts 3.0 as an integer."""
    number = float(text)
    return int(number) if number.is_integer() else number
