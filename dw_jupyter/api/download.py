"""Downloads that go on where they broke off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from dw_jupyter import errors
from dw_jupyter.api import stream
from dw_jupyter.api.lines import LineFile
from dw_jupyter.api.wire import READ_SECONDS, Wire

GATHER_SECONDS = 1.0
"""How long lines may wait for others; it is looked at when some come."""

UNKNOWN_PARAMETER = frozenset({400, 422})
"""What a service answers that refuses a query with names it does not know."""


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
    seeks = True
    while True:
        place = skip + done
        reader = _Reader(receive, place=place, first=first, seeks=seeks)
        start: dict[str, str | int] = {"skip": place} if place and seeks else {}
        left: dict[str, str | int] = {"limit": int(params["limit"]) - done} if "limit" in params else {}
        try:
            got = await reader.read(wire, path, params=params | start | left)
            if got.last_line is None or got.last_line <= skip + done + got.lines:
                return Received(lines=done + got.lines, last_line=got.last_line, incomplete=got.incomplete)
            error: errors.APIError = errors.IncompleteError(
                f"GET {path} ended after {skip + done + got.lines:,} of {got.last_line:,} lines.",
                "Try again: it goes on from there.",
                method="GET",
                path=path,
            )
        except errors.APIError as cause:
            if start and isinstance(cause, errors.BadRequestError) and cause.status_code in UNKNOWN_PARAMETER:
                seeks = False
                continue
            error = cause
        attempt = 1 if reader.lines else attempt + 1
        done += reader.lines
        first = first or reader.first
        await wire.wait(error, attempt)


async def save_lines(wire: Wire, path: str, target: LineFile) -> Received:
    """Add to a file on disk the lines that it has not.

    Raises:
        InputError: what it has is not the beginning of what is read.
        APIError: it could not be read to the end.
        OSError: the disk does not take it.
    """
    if target.lines:
        beginning: list[bytes] = []
        await read_lines(wire, path, beginning.append, params={"limit": 1})
        if _is_other(target.first(), b"".join(beginning)):
            raise errors.InputError(
                f"{target.path.name} does not begin as that file of the service does.",
                "Give a path of its own for each file, and a new one after a retry.",
            )
    return await read_lines(wire, path, target.append, params={}, skip=target.lines, first=target.first())


class _Named(msgspec.Struct):
    id: str | None = None
    custom_id: str | None = None


def _is_other(line: bytes, beginning: bytes) -> bool:
    """Whether a line on disk is surely not the first of what a service has, however it writes it."""
    try:
        ours, theirs = (msgspec.json.decode(each, type=_Named) for each in (line, beginning.split(b"\n")[0]))
    except msgspec.MsgspecError:
        return not beginning.startswith(line) and not beginning.startswith(b"{")
    return ours != theirs


class _Reader:
    """One attempt. ``place`` is how many lines have been consumed before; ``seeks`` whether the service is told so."""

    def __init__(self, receive: Callable[[bytes], None], *, place: int, first: bytes, seeks: bool) -> None:
        self.lines = 0
        self.first = first
        self._receive = receive
        self._place = place
        self._seeks = seeks
        self._knows_skip = False
        self._surplus: int | None = None
        self._held = bytearray()
        self._since = 0.0

    async def read(self, wire: Wire, path: str, *, params: dict[str, str | int]) -> Received:
        """Pass on what comes.

        Raises:
            APIError: no answer, one that says no, or a body that broke off; ``lines`` tells how many came before.
        """
        clock = asyncio.get_running_loop().time
        patience = asyncio.timeout(READ_SECONDS)
        error: errors.APIError | None = None
        last_line: int | None = None
        try:
            async with patience, wire.stream(path, params=params) as response:
                told = response.headers.get("X-Last-Line", "")
                last_line = int(told) if told.isdecimal() else None
                incomplete = response.headers.get("X-Incomplete")
                self._knows_skip = incomplete is not None
                async for block in stream.whole_lines(response.aiter_bytes()):
                    # A drip of bytes never trips a read timeout; a line has to come whole in time.
                    patience.reschedule(None)
                    await self._take(block, now=clock())
                    patience.reschedule(clock() + READ_SECONDS)
        except TimeoutError as cause:
            if not patience.expired():
                raise  # the disk's
            error = wire.unreached(cause, method="GET", path=path)
        except errors.APIError as cause:
            error = cause
        await self._pass_on()
        # Where the last line has come, it does not matter how the body ends.
        if error is not None and (last_line is None or self._place + self.lines < last_line):
            raise error
        return Received(
            lines=self.lines,
            last_line=last_line,
            incomplete=None if incomplete is None else incomplete.lower() == "true",
        )

    async def _take(self, block: bytes, *, now: float) -> None:
        """Gather lines, so that the disk is not asked for each, until there are many or a second is over."""
        if self._surplus is None:
            head = block[: block.index(b"\n") + 1]
            # A service that does not know `skip` begins again with the first line of all. One that speaks as ours does
            # is believed where equal lines follow each other.
            alike = head == self.first and not (self._knows_skip and block.startswith(head + head))
            again = not self._seeks or alike
            self._surplus = self._place if self._place and again else 0
            if not self._place:
                self.first = head
        while self._surplus and block:
            block = block[block.index(b"\n") + 1 :]
            self._surplus -= 1
        if not self._held:
            self._since = now
        self._held += block
        if len(self._held) >= stream.BLOCK or now - self._since >= GATHER_SECONDS:
            await self._pass_on()

    async def _pass_on(self) -> None:
        if self._held:
            block = bytes(self._held)
            self._held.clear()
            work = asyncio.ensure_future(asyncio.to_thread(self._receive, block))
            try:
                await asyncio.shield(work)
            except asyncio.CancelledError:
                await asyncio.wait([work])  # or it would write on, after whoever cancelled has gone on
                raise
            self.lines += block.count(b"\n")
