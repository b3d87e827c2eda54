"""Embeddings on the wire: what may be asked, and the form of an answer."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from dw_jupyter.local.dialects.shape import read
from dw_jupyter.local.refusal import Refusal

Token = Annotated[int, Meta(ge=0, lt=2**31)]
LARGEST_INPUTS = 2048


class EmbeddingRequest(Struct):
    """What an embedding may ask. ``input`` is a text, tokens, or a list of either."""

    input: str | list[Any]
    dimensions: Annotated[int, Meta(ge=1, le=16_384)] | None = None
    encoding_format: Literal["float", "base64"] | None = None

    @property
    def inputs(self) -> list[str | list[int]]:
        """The inputs one by one, each a text or the numbers of its tokens.

        Raises:
            Refusal: 400 where there are none, or too many, or something else.
        """
        if isinstance(self.input, str):
            return [self.input]
        if not self.input or len(self.input) > LARGEST_INPUTS:
            raise Refusal(400, f"input: between 1 and {LARGEST_INPUTS} texts are needed.")
        try:
            if isinstance(self.input[0], int):
                return [msgspec.convert(self.input, list[Token])]
            return msgspec.convert(self.input, list[str | Annotated[list[Token], Meta(min_length=1)]])
        except msgspec.ValidationError:
            raise Refusal(400, "input: a text, a list of texts, or lists of tokens are needed.") from None


def parse(body: dict[str, Any]) -> EmbeddingRequest:
    """A request for embeddings, checked.

    Raises:
        Refusal: 400, with what is wrong and where.
    """
    return read(body, EmbeddingRequest)


def listing(
    model: str, vectors: Sequence[Sequence[float]], *, tokens: int, encoding_format: str | None
) -> dict[str, Any]:
    """The answer that holds these vectors, in the order of the inputs; as base64 they are little-endian float32."""
    data = [
        {"object": "embedding", "index": index, "embedding": _pack(vector) if encoding_format == "base64" else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def normalise(vector: Sequence[float]) -> list[float]:
    """A vector of the same direction, of length 1; one without direction stays as it is."""
    length = math.hypot(*vector)
    return [value / length for value in vector] if length else list(vector)


def fixed(text: str, dimensions: int) -> list[float]:
    """A vector that depends on the text alone, of length 1."""
    data = hashlib.shake_256(text.encode()).digest(4 * dimensions)
    return normalise([number / 2**31 for number in struct.unpack(f"<{dimensions}i", data)])


def _pack(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
