"""The connection that a request came on: letting its body come in, holding it, and breaking it off."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import Message, Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

CUT = "cut"


class Connection(H11Protocol):
    """uvicorn's connection, where the state of each request holds the way to close it.

    ASGI has no message for that. To return, or to raise, before an answer is whole closes the connection too, but not
    before uvicorn has sent a 500, and has told the log of a bug.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Note the way."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, CUT: transport.close}


async def cut(scope: Scope, receive: Receive) -> None:
    """Send what waits to be sent, and close the connection. uvicorn takes it for a client that has left."""
    scope["state"][CUT]()
    await gone(receive)


async def gone(receive: Receive) -> None:
    """Return once the client has left. What it still sends is passed over."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def left(receive: Receive, *, seconds: float) -> bool:
    """Wait a while; ``True``, and early, when the client has left by then. Its request must have come in whole."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await gone(receive)
            return True
    return False


async def drain(receive: Receive, *, most: int) -> None:
    """Let a client finish sending, within reason: one that is still at it may not read an answer."""
    more = True
    while more and most > 0:
        message = await receive()
        most -= len(message.get("body", b""))
        more = message.get("more_body", False)


async def hold(receive: Receive) -> Receive:
    """Take a whole request in; what comes back gives it again, whether the client is still there or not."""
    messages: list[Message] = []
    more = True
    while more:
        messages.append(await receive())
        more = messages[-1].get("more_body", False)
    messages.reverse()

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again
