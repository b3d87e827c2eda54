"""The query of a request: numbers, times, switches, lists."""

from __future__ import annotations

from datetime import datetime

from starlette.requests import Request

from dw_jupyter.local.refusal import Refusal

PAGE, LARGEST_PAGE = 20, 101


def integer(request: Request, name: str) -> int | None:
    """A number, ``None`` where it is not given.

    Raises:
        Refusal: 400 for what is no number.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    if not text.removeprefix("-").isdecimal() or len(text) > 18:
        raise _unreadable(name, "invalid digit found in string")
    return int(text)


def page_size(request: Request) -> int:
    """The size of a page as asked for: 20 by default, kept between 1 and 101."""
    limit = integer(request, "limit")
    return PAGE if limit is None else max(1, min(limit, LARGEST_PAGE))


def moment(request: Request, name: str) -> float | None:
    """A time in ISO 8601 as epoch seconds, ``None`` where it is not given.

    Raises:
        Refusal: 400 for what is no time, or has no time zone.
    """
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise _unreadable(name, "premature end of input")
        return time.timestamp()
    except (ValueError, OverflowError):
        raise _unreadable(name, "input contains invalid characters") from None


def switch(request: Request, name: str) -> bool:
    """``true`` or ``false``, the latter where it is not given.

    Raises:
        Refusal: 400 for another word.
    """
    text = request.query_params.get(name, "false")
    if text not in {"true", "false"}:
        raise _unreadable(name, "provided string was not `true` or `false`")
    return text == "true"


def words(request: Request, name: str) -> list[str]:
    """The words of a list parted by commas."""
    stripped = [word.strip() for word in request.query_params.get(name, "").split(",")]
    return [word for word in stripped if word]


def _unreadable(name: str, why: str) -> Refusal:
    return Refusal(400, f"Failed to deserialize query string: {name}: {why}")
