"""What a prompt may order the echo to do: to take its time, to fail."""

from __future__ import annotations

import re
from dataclasses import dataclass

SHAPE = re.compile(r"(?:wait (\d{1,3}(?:\.\d{1,3})?))?(?: ?\bfail ([45]\d\d)( once)?)?")


@dataclass(frozen=True, kw_only=True)
class Order:
    """How long to wait, in seconds, and the status to fail with; ``once``: only the first time."""

    wait: float = 0.0
    status_code: int | None = None
    once: bool = False


def read(text: str) -> Order:
    """The order that a text is, as a whole: ``wait 0.5``, ``fail 500``, ``fail 503 once``, ``wait 2 fail 500``.

    Any other text orders nothing.
    """
    found = SHAPE.fullmatch(text)
    if found is None:
        return Order()
    wait, status_code, once = found.groups()
    return Order(wait=float(wait or 0), status_code=int(status_code) if status_code else None, once=bool(once))
