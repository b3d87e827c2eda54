"""Downloads that go on where they broke off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from dw_jupyter import errors
from dw_jupyter.api import stream
from dw_jupyter.api.wire import READ_SECONDS, Wire


@dataclass(frozen=True, kw_only=True)
class Received:
    """What came of one look at a file's content."""

    lines: int
    """Whole lines received and passed on."""
    last_line: int | None
    """``X-Last-Line``: lines consumed in all, as the service counts; ``None`` where it does not say."""
    incomplete: bool | None
    """``X-Incomplete``: whether more lines will come; ``None`` where the service does not say."""


async def read_lines(
    wire: Wire,
    path: str,
    receive: Callable[[bytes], None],
    *,
    params: dict[str, str | int],
    skip: int = 0,
    first: bytes = b"",
) -> Received:
    """Stream whole lines from line ``skip`` on; a body that breaks off is asked for again from behind its last line.

    Args:
        wire: the way to the service.
        path: what to read.
        receive: takes blocks of whole lines, in a worker thread, one at a time.
        params: of the query.
        skip: lines that are not wanted.
        first: the first line of all, where it is known.

    Raises:
        APIError: it could not be read to the end. Attempts that brought a line further are not counted.
    """
    done = attempt = 0
    while True:
        reader = _Reader(receive, place=skip + done, first=first)
        left: dict[str, str | int] = {"limit": int(params["limit"]) - done} if "limit" in params else {}
        try:
            got = await reader.read(wire, path, params=params | {"skip": skip + done} | left)
            if got.last_line is None or got.last_line <= skip + done + got.lines:
                return Received(lines=done + got.lines, last_line=got.last_line, incomplete=got.incomplete)
            error: errors.APIError = errors.APIConnectionError(
                f"GET {path} ended after {skip + done + got.lines:,} of {got.last_line:,} lines.",
                "Try again: it goes on from there.",
                method="GET",
                path=path,
            )
        except errors.APIError as cause:
            error = cause
        attempt = 1 if reader.lines else attempt + 1
        done += reader.lines
        first = first or reader.first
        await wire.wait(error, attempt)


class _Reader:
    """One attempt. ``place`` is how many lines have been consumed before."""

    def __init__(self, receive: Callable[[bytes], None], *, place: int, first: bytes) -> None:
        self.lines = 0
        self.first = first
        self._receive = receive
        self._place = place

    async def read(self, wire: Wire, path: str, *, params: dict[str, str | int]) -> Received:
        """Pass on what comes.

        Raises:
            APIError: no answer, one that says no, or a body that broke off; ``lines`` tells how many came before.
        """
        try:
            async with wire.stream(path, params=params) as response, asyncio.timeout(READ_SECONDS) as patience:
                begun = False
                async for block in stream.whole_lines(response.aiter_bytes(stream.BLOCK)):
                    # A drip of bytes never trips a read timeout; a line has to come whole in time.
                    patience.reschedule(None)
                    await self._pass_on(block, begin=not begun)
                    begun = True
                    patience.reschedule(asyncio.get_running_loop().time() + READ_SECONDS)
                last_line = response.headers.get("X-Last-Line", "")
                incomplete = response.headers.get("X-Incomplete")
        except TimeoutError as cause:
            raise wire.unreached(cause, method="GET", path=path) from None
        return Received(
            lines=self.lines,
            last_line=int(last_line) if last_line.isdecimal() else None,
            incomplete=None if incomplete is None else incomplete.lower() == "true",
        )

    async def _pass_on(self, block: bytes, *, begin: bool) -> None:
        if begin:
            head = block[: block.index(b"\n") + 1]
            # A service that does not know `skip` begins again with the first line of all.
            self._surplus = self._place if self._place and head == self.first else 0
            if not self._place:
                self.first = head
        while self._surplus and block:
            block = block[block.index(b"\n") + 1 :]
            self._surplus -= 1
        if block:
            await asyncio.to_thread(self._receive, block)
            self.lines += block.count(b"\n")
