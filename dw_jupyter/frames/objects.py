"""Answers as instances of the user's own class."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.ids import Locate, positions
from dw_jupyter.frames.kinds import reader
from dw_jupyter.frames.lines import outcome, read_lines
from dw_jupyter.frames.schema import Schema


def read_objects(
    blocks: Iterable[bytes], rows: int, kind: type | Schema | None, *, locate: Locate = positions
) -> list[object | None]:
    """The answer of each row as an object.

    As in the frame, the first answer that fits stays.

    Args:
        blocks: whole lines of output files.
        rows: how many rows the job has.
        kind: the class (see ``kinds``); a Schema stands for its class, and for answers that fit it; with no class at
            hand an answer is a dict.
        locate: finds rows by their ids; those that this package gives unless given.

    Returns:
        An object a row, None where there is no answer or none that fits.
    """
    schema = kind if isinstance(kind, Schema) else None
    own = schema.kind if schema is not None else kind
    read = reader(own) if isinstance(own, type) else _read_dict
    answers = Answers(schema) if schema is not None else None
    found: list[object | None] = [None] * rows
    for block in blocks:
        lines, _ = read_lines(block)
        for row, line in zip(locate([line.custom_id for line in lines]).tolist(), lines, strict=True):
            if 0 <= row < rows and found[row] is None:
                text, _ = outcome(line)
                if text is not None and (answers is None or answers.decode([text])[1]):
                    found[row] = _try(read, text)
    return found


def _try(read: Callable[[str], object], text: str) -> object | None:
    try:
        return read(text)
    except (ValueError, TypeError, RecursionError):
        return None


def _read_dict(text: str) -> object:
    value = json.loads(text)
    return value if isinstance(value, dict) else None
