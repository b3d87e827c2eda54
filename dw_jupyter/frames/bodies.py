"""Request bodies as bytes, with a hash of each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec

from dw_jupyter.errors import OptionError

HASH_BYTES = 16
"""The length of one request's hash."""

_EXACT = 2**53
_Message = dict[str, str]


def takes_text(url: str) -> bool:
    """Whether an endpoint takes a prompt as one text, as completions do; else as messages."""
    return url.endswith("/completions") and not url.endswith("/chat/completions")


def _last(url: str) -> str:
    return "prompt" if takes_text(url) else "messages"


def encode_fields(url: str, body: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a body as JSON texts, a whole number without its point: 0.0 asks what 0 asks.

    Raises:
        OptionError: ``body`` holds messages or a prompt, or what is not JSON (NaN and infinity are not).
    """
    if (last := _last(url)) in body:
        what = "The messages are made from the prompt." if last == "messages" else "The prompt is the template's text."
        raise OptionError(what, f"Leave {last} out of the request body.")
    fields = {}
    for key, value in body.items():
        try:
            fields[key] = json.dumps(without_point(value), allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError) as error:
            raise OptionError(f'"{key}" in the request body is not JSON: {error}.', "Give JSON values.") from error
    return fields


def without_point(value: Any) -> Any:
    """A whole number as an integer, where it is one exactly; any other value as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT else value


class BodyEncoder:
    """Encodes the bodies of one job: what they share is encoded and hashed once.

    Fields are sorted by name and the messages, or the prompt, come last, so that the same request always has the same
    bytes.

    Args:
        url: the endpoint; a part of the hash.
        fields: the fields that all requests share, as ``encode_fields`` gives them.
    """

    def __init__(self, url: str, fields: Mapping[str, str]) -> None:
        shared = "".join(f"{json.dumps(key)}:{fields[key]}," for key in sorted(fields))
        self._start = f'{{{shared}"{_last(url)}":'.encode()
        self._common = blake2b(url.encode() + b"\n" + self._start, digest_size=HASH_BYTES)
        # Most prompts begin every row with the same system message: body and hash go on from there.
        self._first: _Message = {}
        self._first_start = b""
        self._first_common = self._common

    def encode_text(self, messages: list[_Message]) -> tuple[bytes, bytes, bytes]:
        """The same for an endpoint that takes a text: that of the one message."""
        rest = _encode(messages[0]["content"]) + b"}"
        digest = self._common.copy()
        digest.update(rest)
        return self._start, rest, digest.digest()

    def encode(self, messages: list[_Message]) -> tuple[bytes, bytes, bytes]:
        """The body with these messages, in two parts of which the first rarely changes, and its hash."""
        if len(messages) == 1:
            rest = _encode(messages) + b"}"
            digest = self._common.copy()
            digest.update(rest)
            return self._start, rest, digest.digest()
        if messages[0] != self._first:
            self._first = messages[0]
            opening = _encode(messages[:1])[:-1] + b","
            self._first_start = self._start + opening
            self._first_common = self._common.copy()
            self._first_common.update(opening)
        rest = _encode(messages[1:])[1:] + b"}"
        digest = self._first_common.copy()
        digest.update(rest)
        return self._first_start, rest, digest.digest()


def _encode(prompt: list[_Message] | str) -> bytes:
    try:
        return msgspec.json.encode(prompt)
    except UnicodeEncodeError:
        # A lone surrogate has no UTF-8; as an escape it is JSON, and comes back as it was.
        return json.dumps(prompt, separators=(",", ":")).encode()
