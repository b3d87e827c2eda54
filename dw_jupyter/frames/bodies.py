"""Request bodies as bytes, with a hash of each."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

import msgspec

from dw_jupyter.errors import OptionError

HASH_BYTES = 16
"""The length of one request's hash."""

_Message = dict[str, str]


class BodyEncoder:
    """Encodes the bodies of one job: what they share is encoded and hashed once.

    Fields are sorted by name and the messages come last, so that the same request always has the same bytes.

    Args:
        url: the endpoint; a part of the hash.
        body: the fields that all requests share.

    Raises:
        OptionError: ``body`` holds messages, or what is not JSON (NaN and infinity are not).
    """

    def __init__(self, url: str, body: dict[str, Any]) -> None:
        self._start = _start(body)
        self._common = blake2b(url.encode() + b"\n" + self._start, digest_size=HASH_BYTES)
        # Most prompts begin every row with the same system message: body and hash go on from there.
        self._first: _Message = {}
        self._first_start = b""
        self._first_common = self._common

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


def _start(body: dict[str, Any]) -> bytes:
    """The bytes of a body up to its messages."""
    if "messages" in body:
        raise OptionError("The messages are made from the prompt.", "Leave messages out of the request body.")
    parts = []
    for key in sorted(body):
        try:
            parts.append(f"{json.dumps(key)}:{json.dumps(body[key], allow_nan=False, separators=(',', ':'))},")
        except (TypeError, ValueError) as error:
            raise OptionError(f'"{key}" in the request body is not JSON: {error}.', "Give JSON values.") from error
    return f'{{{"".join(parts)}"messages":'.encode()


def _encode(messages: list[_Message]) -> bytes:
    try:
        return msgspec.json.encode(messages)
    except UnicodeEncodeError:
        # A lone surrogate has no UTF-8; as an escape it is JSON, and comes back as it was.
        return json.dumps(messages, separators=(",", ":")).encode()
