"""A way to the service on which answers get lost: the faults that a service cannot be asked to have."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import urlsplit

Fate = Literal["pass", "refuse", "lose", "deny"]
"""``refuse``: the request is cut before the service sees it. ``lose``: the service acts, and its answer is cut.
``deny``: the account has no credit, which the embedded service never says."""
NO_CREDIT = b"Account balance too low. Please add credits to continue."
DENIAL = b"HTTP/1.1 402 Payment Required\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (
    len(NO_CREDIT),
    NO_CREDIT,
)


class Proxy:
    """Passes requests on, one a connection, and asks ``decide`` for the fate of each."""

    def __init__(self, upstream: str, decide: Callable[[str, str], Fate]) -> None:
        self._upstream = urlsplit(upstream)
        self._decide = decide
        self.seen: list[tuple[str, str, Fate]] = []
        self.base_url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        fate: Fate = "refuse"
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
            headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
            fate = self._decide(method, path)
            self.seen.append((method, path, fate))
            if fate != "refuse":
                body = await reader.readexactly(int(headers.get(b"content-length", b"0")))
                answer = DENIAL if fate == "deny" else await self._forward(head, body)
                if fate != "lose":
                    writer.write(answer)
                    await writer.drain()
        if fate in ("pass", "deny"):
            writer.close()
        else:
            writer.transport.abort()

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        assert self._upstream.hostname is not None
        reader, writer = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        lines = [line for line in head.split(b"\r\n")[:-2] if not line.lower().startswith(b"connection:")]
        writer.write(b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body)
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer


@contextlib.contextmanager
def proxied(upstream: str, decide: Callable[[str, str], Fate]) -> Iterator[Proxy]:
    """A proxy on a port of its own, for as long as the block runs."""
    proxy = Proxy(upstream, decide)
    loop = asyncio.new_event_loop()
    started = threading.Event()
    stop = asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(proxy.handle, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        proxy.base_url = f"http://127.0.0.1:{port}{urlsplit(upstream).path}"
        started.set()
        async with server:
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    started.wait()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()
