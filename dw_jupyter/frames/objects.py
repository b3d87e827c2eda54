"""Answers as instances of the user's own class."""

from __future__ import annotations

import copy
import json

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.failures import one_line
from dw_jupyter.frames.ids import Locate, positions
from dw_jupyter.frames.kinds import is_kind, reader
from dw_jupyter.frames.lines import outcome, read_lines
from dw_jupyter.frames.schema import Schema


class Objects:
    """The answer of each row as an object.

    As in the frame, the first answer that fits stays.

    Args:
        rows: how many rows the job has.
        schema: what an answer has to fit, None where nothing was promised.
        kind: the class (see ``kinds``); without one an answer is a dict.
        locate: finds rows by their ids; those that this package gives unless given.

    Raises:
        SchemaError: ``kind`` is no such class.
    """

    def __init__(self, rows: int, schema: Schema | None, kind: type | None, *, locate: Locate = positions) -> None:
        if kind is not None and not is_kind(kind):
            raise SchemaError(
                f"Answers cannot be read as {getattr(kind, '__name__', repr(kind))[:60]}.",
                "Give a Pydantic model, dataclass, TypedDict or Struct; dicts come without one.",
            )
        self._kind = kind
        self._read = reader(kind) if kind is not None else _read_dict
        self._answers = Answers(schema) if schema is not None else None
        self._locate = locate
        self._found: list[object | None] = [None] * rows
        self._refused = 0
        self._reason = ""

    def add(self, block: bytes) -> None:
        """Take a block of whole lines."""
        lines, _ = read_lines(block)
        for row, line in zip(self._locate([line.custom_id for line in lines]).tolist(), lines, strict=True):
            if 0 <= row < len(self._found) and self._found[row] is None:
                text, _ = outcome(line)
                if text is not None and (self._answers is None or self._answers.decode([text])[1]):
                    self._found[row] = self._try(text)

    def reopen(self, rows: Positions) -> None:
        """Take back what rows have, since they are asked again."""
        for row in rows.tolist():
            self._found[row] = None

    def values(self, shares: Positions | None = None) -> list[object | None]:
        """An object a row, None where there is no answer or none that fits.

        Args:
            shares: for each row the one whose answer it has; each has an object of its own.

        Raises:
            SchemaError: there are answers, and the class takes none of them.
        """
        if self._refused and self._kind is not None and all(found is None for found in self._found):
            raise SchemaError(
                f"No answer is a {self._kind.__name__}: {self._reason}",
                "Give the class that the answers were asked of.",
            )
        if shares is None:
            return self._found
        found = self._found
        return [found[row] if row == own else copy.deepcopy(found[own]) for row, own in enumerate(shares.tolist())]

    def _try(self, text: str) -> object | None:
        try:
            return self._read(text)
        except (ValueError, TypeError, RecursionError) as error:
            self._refused += 1
            self._reason = self._reason or one_line(str(error))[:120]
            return None


def _read_dict(text: str) -> object:
    value = json.loads(text)
    return value if isinstance(value, dict) else None
