"""What the service takes in one file. It offers no way to ask, so these are settings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The largest file and the largest request body that are sent."""

    requests: int = 50_000
    """Requests a file."""
    file_bytes: int = 200_000_000
    """Bytes a file."""
    body_bytes: int = 10 * 2**20
    """Bytes of one request's body."""
