"""The ids of requests: the position of a row, so that answers find back without a table; or ids of somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Locate = Callable[[list[str | None]], npt.NDArray[np.int64]]
"""Gives the row of each id, -1 for an id of no row."""

_DIGITS = 9
_ID = np.frombuffer(b"row-000000000\n", dtype=np.uint8)
_POWERS = 10 ** np.arange(8, -1, -1, dtype=np.int64)
_CHUNK = 10_000


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


_KEY = np.frombuffer(b'"custom_id":"row-', dtype=np.uint8)
_HEAD, _TAIL = np.frombuffer(b'{"id":"', dtype=np.uint8), np.frombuffer(b'",', dtype=np.uint8)
_FURTHEST = 200


def positions_by_place(block: bytes, starts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | None:
    """The row of each line of a block by the bytes at one place, several times faster than by reading its JSON.

    Only where every line begins as those that this package or the service writes: with an id of ours, or with one
    other id of the same length before it. None otherwise.

    Args:
        block: whole lines.
        starts: where each begins.
    """
    at = block.find(_KEY.tobytes(), 0, _FURTHEST)
    end = at + len(_KEY) + _DIGITS + 1
    if at < 0 or not len(starts) or (np.diff(starts, append=len(block)) < end).any():
        return None
    heads = np.frombuffer(block, dtype=np.uint8)[starts[:, None] + np.arange(end)]
    key, digits = heads[:, at : at + len(_KEY)], heads[:, at + len(_KEY) : end - 1] - ord("0")
    same = (key == _KEY).all() and (heads[:, -1] == ord('"')).all() and (digits <= 9).all()
    if at == 1:
        same = same and (heads[:, 0] == ord("{")).all()
    else:
        other = heads[:, len(_HEAD) : at - len(_TAIL)]
        same = same and at > len(_HEAD) + len(_TAIL) and (heads[:, : len(_HEAD)] == _HEAD).all()
        same = same and (heads[:, at - len(_TAIL) : at] == _TAIL).all()
        same = same and not ((other == ord('"')) | (other == ord("\\"))).any()
    return digits.astype(np.int64) @ _POWERS if same else None


class RowIds:
    """The ids of the requests of one job: ``row-000000017`` for row 17, or those that were given.

    Rows are found by a hash of 64 bits, so that a million ids given take 12 MB beside their text. The chance that two
    ids are taken for one is 1 in 30 million where a job has a million of them.

    Args:
        given: an id a row; None for positions. Where one occurs twice it means its first row: which answer is whose
            cannot be told.
    """

    def __init__(self, given: Iterable[str] | None = None) -> None:
        self.given: pa.StringArray | None = None if given is None else pa.array(given, pa.string())
        """The ids in the order of the rows, None for positions."""
        if self.given is not None:
            hashes = np.empty(len(self.given), dtype=np.int64)
            for start in range(0, len(hashes), _CHUNK):
                hashes[start : start + _CHUNK] = list(map(hash, self.given.slice(start, _CHUNK).to_pylist()))
            rows = np.argsort(hashes, kind="stable")
            self._hashes, self._rows = hashes[rows], rows.astype(np.int32)

    def locate(self, ids: list[str | None]) -> npt.NDArray[np.int64]:
        """The row of each id, -1 for an id of no row."""
        if self.given is None:
            return positions(ids)
        asked = np.fromiter(map(hash, ids), np.int64, len(ids))
        places = np.searchsorted(self._hashes, asked)
        known = np.flatnonzero(places < len(self._hashes))
        known = known[self._hashes[places[known]] == asked[known]]
        rows = np.full(len(ids), -1, dtype=np.int64)
        rows[known] = self._rows[places[known]]
        return rows

    def name(self, row: int) -> str:
        """The id of a row."""
        return custom_id(row) if self.given is None else str(self.given[row])

    def as_json(self, rows: int) -> Iterable[bytes]:
        """The ids of the first so many rows, in order, as JSON texts."""
        if self.given is None:
            return (b'"row-%09d"' % row for row in range(rows))  # as `custom_id` has it
        return map(msgspec.json.encode, self.names(rows))

    def names(self, rows: int) -> Iterable[str]:
        """The ids of the first so many rows, in order."""
        if self.given is None:
            yield from map(custom_id, range(rows))
        else:
            for start in range(0, rows, _CHUNK):
                yield from self.given.slice(start, min(_CHUNK, rows - start)).to_pylist()


BY_POSITION = RowIds()


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
