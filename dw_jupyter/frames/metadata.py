"""What the service says beside each answer: why it ended, how many tokens it took, which model gave it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.ids import BY_POSITION, RowIds

COLUMNS = ("dw_custom_id", "dw_finish_reason", "dw_prompt_tokens", "dw_completion_tokens", "dw_model")


_Count = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class _Choice(msgspec.Struct, gc=False):
    finish_reason: str | None = None


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: _Count | None = None
    completion_tokens: _Count | None = None


class _Body(msgspec.Struct, gc=False):
    model: str | None = None
    choices: list[_Choice] | None = None
    usage: _Usage | None = None


class _Response(msgspec.Struct, gc=False):
    body: _Body | str | None = None


class _Line(msgspec.Struct, gc=False):
    custom_id: str | None = None
    response: _Response | None = None


_lines = msgspec.json.Decoder(_Line)


class Metadata:
    """The metadata of each row's answer, 25 bytes a row.

    As in the frame, the first answer of a row stays. An answer that does not fit the schema counts: it ended for some
    reason and took tokens.

    Args:
        rows: how many rows the job has.
        ids: of its requests.
    """

    def __init__(self, rows: int, ids: RowIds = BY_POSITION) -> None:
        self._ids = ids
        self._known = np.zeros(rows, dtype=bool)
        self._tokens = np.full((rows, 2), -1, dtype=np.int64)
        self._words = np.zeros((rows, 2), dtype=np.int32)
        self._spelt: list[dict[str | None, int]] = [{None: 0}, {None: 0}]

    def add(self, block: bytes) -> None:
        """Take a block of whole lines."""
        lines = list(_read(block))
        rows = self._locate([line.custom_id for line in lines])
        for row, line in zip(rows, lines, strict=True):
            body = line.response.body if line.response is not None else None
            if isinstance(body, _Body) and body.choices and 0 <= row < len(self._known) and not self._known[row]:
                self._known[row] = True
                self._words[row] = [
                    spelt.setdefault(word, len(spelt))
                    for spelt, word in zip(self._spelt, (body.choices[0].finish_reason, body.model), strict=True)
                ]
                usage = body.usage or _Usage()
                counts = (usage.prompt_tokens, usage.completion_tokens)
                self._tokens[row] = [-1 if count is None else count for count in counts]

    def reopen(self, rows: Positions) -> None:
        """Take back what rows have, since they are asked again."""
        self._known[rows] = False
        self._tokens[rows] = -1
        self._words[rows] = 0

    def add_to(self, frame: pd.DataFrame, shares: Positions | None = None) -> pd.DataFrame:
        """Put the columns behind those of a frame; their dtypes are the same from the first moment on.

        Args:
            frame: one of a row a request.
            shares: for each row the one whose answer it has, and with it all but its id.
        """
        rows = slice(None) if shares is None else shares
        words, tokens = self._words[rows], self._tokens[rows]
        columns = (
            _string(pa.array(self._ids.names(len(words)), pa.large_string(), size=len(words))),
            self._word(0, words),
            *(pd.arrays.IntegerArray(tokens[:, place].copy(), tokens[:, place] < 0) for place in (0, 1)),
            self._word(1, words),
        )
        for name, column in zip(COLUMNS, columns, strict=True):
            frame[name] = column
        return frame

    def _locate(self, ids: list[str | None]) -> list[int]:
        rows: list[int] = self._ids.locate(ids).tolist()
        return rows

    def _word(self, place: int, words: npt.NDArray[np.int32]) -> Any:
        return _string(pa.array(self._spelt[place], pa.large_string()).take(pa.array(words[:, place])))


def _string(texts: pa.Array) -> Any:
    dtype: Any = pd.StringDtype("pyarrow")
    return dtype.__from_arrow__(texts)


def _read(block: bytes) -> Iterator[_Line]:
    try:
        yield from _lines.decode_lines(block)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        for raw in block.split(b"\n"):
            if raw.strip():
                yield _read_line(raw)


def _read_line(raw: bytes) -> _Line:
    """One line as far as it can be read: what Python reads and msgspec does not, and a body that is a text."""
    try:
        value = json.loads(raw)
        if isinstance(value["response"]["body"], str):
            value["response"]["body"] = json.loads(value["response"]["body"])
        return msgspec.convert(value, _Line, strict=False)
    except (msgspec.MsgspecError, ValueError, TypeError, KeyError, RecursionError):
        return _Line()
