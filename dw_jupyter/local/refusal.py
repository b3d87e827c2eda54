"""A request that the service refuses, and the words it uses.

Files and batches refuse in plain text, inference in OpenAI's JSON envelope: so does the cloud service.
"""

from __future__ import annotations

import re
from uuid import UUID

import msgspec

UUID_SHAPE = re.compile(r"[0-9a-fA-F]{8}(-?)[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{4}\1[0-9a-fA-F]{12}")


class Refusal(Exception):  # noqa: N818 - it is an answer of the service, not an error of the package
    """An answer that says no. ``str(refusal)`` is the plain text the client reads."""

    def __init__(self, status_code: int, text: str) -> None:
        super().__init__(text)
        self.status_code = status_code


def not_found(kind: str, identifier: str) -> Refusal:
    """The refusal for a file or batch that does not exist, or does no more."""
    return Refusal(404, f"{kind} with ID {identifier} not found")


def parse_id(kind: str, identifier: str) -> str:
    """The canonical form of a bare UUID.

    Raises:
        Refusal: 400 for anything else, prefixed ids such as ``file-...`` included.
    """
    parsed = read_uuid(identifier)
    if parsed is None:
        raise Refusal(400, f"Invalid {kind} format")
    return parsed


def read_uuid(text: str) -> str | None:
    """The canonical form of a UUID, ``None`` for what is none. It may have its hyphens or none."""
    return str(UUID(text)) if UUID_SHAPE.fullmatch(text) else None


def envelope(status_code: int, message: str, *, code: str | None = None) -> bytes:
    """An error body in OpenAI's form."""
    kind = "invalid_request_error" if status_code < 500 else "api_error"
    error = {"message": message, "type": kind, "param": None, "code": code}
    return msgspec.json.encode({"error": error})
