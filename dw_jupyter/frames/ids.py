"""The ids of requests: the position of a row, so that answers find back without a table; or ids of somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Locate = Callable[[list[str | None]], npt.NDArray[np.int64]]
"""Gives the row of each id, -1 for an id of no row."""

_DIGITS = 9
_ID = np.frombuffer(b"row-000000000\n", dtype=np.uint8)
_POWERS = 10 ** np.arange(8, -1, -1, dtype=np.int64)


def custom_id(position: int) -> str:
    """The id of the request for a row: ``row-000000017``."""
    return f"row-{position:0{_DIGITS}d}"


def position(custom_id: str) -> int | None:
    """The row that a ``custom_id`` is for, None where it is not one of ours."""
    digits = custom_id[4:]
    ours = custom_id.startswith("row-") and len(digits) == _DIGITS and digits.isascii() and digits.isdigit()
    return int(digits) if ours else None


def positions(ids: list[str | None]) -> npt.NDArray[np.int64]:
    """The row of each id, -1 where it is not one of ours."""
    try:
        text = np.frombuffer("\n".join(ids).encode() + b"\n", dtype=np.uint8)  # type: ignore[arg-type]  # None is caught
    except (TypeError, UnicodeEncodeError):
        text = np.empty(0, dtype=np.uint8)
    if len(text) == len(ids) * len(_ID):
        digits = text.reshape(-1, len(_ID)) - _ID
        numbers = digits[:, 4:13]
        if not digits[:, [0, 1, 2, 3, 13]].any() and (numbers <= 9).all():
            return numbers.astype(np.int64) @ _POWERS
    found = (position(one) if one is not None else None for one in ids)
    return np.array([-1 if row is None else row for row in found], dtype=np.int64)


def locate_by(given: Sequence[str]) -> Locate:
    """How to find rows by the ids that somebody else gave them, in the order of the rows.

    An id that occurs twice means its first row: which answer is whose cannot be told.
    """
    rows: dict[str | None, int] = {}
    for row, custom_id in enumerate(given):
        rows.setdefault(custom_id, row)
    return lambda ids: np.array([rows.get(one, -1) for one in ids], dtype=np.int64)


class _Named(msgspec.Struct, gc=False):
    custom_id: str | None = None


_named = msgspec.json.Decoder(_Named)


def read_ids(block: bytes) -> list[str | None]:
    """The ``custom_id`` of each line of a block of whole lines: request lines or result lines."""
    try:
        return [line.custom_id for line in _named.decode_lines(block)]
    except (msgspec.MsgspecError, RecursionError):
        return [_read_id(line) for line in block.split(b"\n") if line.strip()]


def _read_id(line: bytes) -> str | None:
    """The id in one line, also where msgspec does not read it: a lone surrogate, NaN, or no JSON at all."""
    try:
        found = json.loads(line).get("custom_id")
    except (ValueError, AttributeError, RecursionError):
        return None
    return found if isinstance(found, str) else None
