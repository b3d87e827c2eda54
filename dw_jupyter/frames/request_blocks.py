"""A file of request lines in blocks, and a block in which nothing is wrong read at once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from dw_jupyter.errors import SourceError
from dw_jupyter.frames.request_line import ID_BYTES

_BLOCK = 256 * 1024
_END = ord("\n")


_Other = Literal["/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages"]


class _Line(msgspec.Struct, gc=False):
    custom_id: Annotated[str, msgspec.Meta(min_length=1, max_length=ID_BYTES)]
    method: Literal["POST"]


class _Message(msgspec.Struct, gc=False):
    pass


class _Messages(msgspec.Struct, array_like=True, gc=False):
    """A list that is not empty; what comes behind its first message is passed over."""

    first: _Message


class _Named(msgspec.Struct, gc=False):
    model: str


class _Chat(msgspec.Struct, gc=False):
    messages: _Messages


class _NamedChat(_Named, gc=False):
    messages: _Messages


class _NamedChatLine(_Line, gc=False):
    url: Literal["/v1/chat/completions"]
    body: _NamedChat


class _NamedLine(_Line, gc=False):
    url: _Other
    body: _Named


class _ChatLine(_Line, gc=False):
    url: Literal["/v1/chat/completions"]
    body: _Chat


class _OtherLine(_Line, gc=False):
    url: _Other
    body: dict[str, msgspec.Raw]


_named = msgspec.json.Decoder(_NamedChatLine).decode_lines, msgspec.json.Decoder(_NamedLine).decode_lines
_nameless = msgspec.json.Decoder(_ChatLine).decode_lines, msgspec.json.Decoder(_OtherLine).decode_lines


def read_block(block: bytes, *, named: bool) -> list[Any]:
    """The lines of a block with ``custom_id``, ``url`` and ``body``, none where there is something to say of one.

    Nor are there any where only some are chat; UTF-8 is not checked in the fields that are passed over.

    Args:
        block: whole lines.
        named: whether each has to name a model, which is then ``body.model``.
    """
    decodes: tuple[Callable[[bytes], list[Any]], ...] = _named if named else _nameless
    for decode in decodes:
        with contextlib.suppress(msgspec.MsgspecError, ValueError, RecursionError):
            return decode(block)
    return []


def blocks(path: Path, *, most: int) -> Iterator[tuple[int, int, bytes]]:
    """The whole lines of a file in blocks, each with the number of its first and their count; the last may have no end.

    Of a line that is longer than ``most`` the beginning is given, so that it is seen to be too long.

    Raises:
        SourceError: it cannot be read.
    """
    number, held, passing = 1, b"", False
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                if passing:
                    end = block.find(b"\n") + 1
                    block, passing = block[end:] if end else b"", not end
                cut = block.rfind(b"\n") + 1
                held, lines = (block[cut:], held + block[:cut]) if cut else (held + block, b"")
                if len(held) > most:
                    lines, held, passing = lines + held + b"\n", b"", True
                if lines:
                    # By far faster than bytes.count, which stops at each.
                    count = int(np.count_nonzero(np.frombuffer(lines, np.uint8) == _END))
                    yield number, count, lines
                    number += count
            if held:
                yield number, 1, held
    except OSError as error:
        said = error.strerror or str(error)
        raise SourceError(f"{str(path)!r} cannot be read: {said}."[:200], "Give a .jsonl file of requests.") from None
