"""Lines as an answer: streamed, with the two headers that tell a reader where it stands."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from dw_jupyter.local import lines
from dw_jupyter.local.database import Database
from dw_jupyter.local.lines import Lines


async def reply_page(database: Database, shown: Lines, *, skip: int, limit: int, incomplete: bool) -> Response:
    """At most ``limit`` lines from ``skip`` on. ``X-Incomplete`` says whether there are, or will be, more."""
    after = await database.read(lines.skip, shown, skip)
    found = await database.read(lines.count, shown, after=after, most=limit + 1)
    left = min(found, limit)
    headers = {"X-Incomplete": _word(incomplete or found > limit), "X-Last-Line": str(skip + left)}
    return _stream(database, shown, after=after, left=left, headers=headers)


async def reply_all(database: Database, shown: Lines, *, skip: int, count: int | None, incomplete: bool) -> Response:
    """All lines from ``skip`` on.

    Where it is known how many there are, ``X-Last-Line`` says it, and those that come meanwhile are left out.
    """
    headers = {"X-Incomplete": _word(incomplete)}
    left = None
    if count is not None:
        left = max(0, count - skip)
        headers["X-Last-Line"] = str(skip + left)
    after = await database.read(lines.skip, shown, skip)
    return _stream(database, shown, after=after, left=left, headers=headers)


def _stream(database: Database, shown: Lines, *, after: int, left: int | None, headers: dict[str, str]) -> Response:
    return StreamingResponse(
        _blocks(database, shown, after=after, left=left), media_type="application/x-ndjson", headers=headers
    )


async def _blocks(database: Database, shown: Lines, *, after: int, left: int | None) -> AsyncIterator[bytes]:
    while left is None or left > 0:
        found, after = await database.read(
            lines.page, shown, after=after, most=lines.PAGE_LINES if left is None else left
        )
        if not found:
            return
        yield b"".join(found)
        left = None if left is None else left - len(found)


def _word(value: bool) -> str:
    return "true" if value else "false"
