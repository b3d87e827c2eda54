"""The service as a process: one for each home, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import NoReturn

import filelock
import uvicorn

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local import address, app, deletion, weights
from dw_jupyter.local.address import Address
from dw_jupyter.local.backend import Backend
from dw_jupyter.local.background import Background
from dw_jupyter.local.connection import Connection
from dw_jupyter.local.database import Database
from dw_jupyter.local.echo import Echo
from dw_jupyter.local.engine import Engine
from dw_jupyter.local.limits import Limits
from dw_jupyter.local.service import Service
from dw_jupyter.local.small_model import SmallModel
from dw_jupyter.local.upstream import CONCURRENCY, Upstream

LOCK_POLL_SECONDS = 0.25
STOP_SECONDS = 3


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a service is started with. ``source`` is ``local``, ``echo``, a path or a URL; ``None``: any will do."""

    home: Path
    source: str | None = None
    port: int | None = None
    idle_minutes: float = 30.0
    echo_delay: float = 0.0
    upstream_concurrency: int = CONCURRENCY
    faults: bool = False
    limits: Limits = field(default_factory=Limits)


def serve(wish: Wish) -> None:
    """Run the service until it is told to stop or has been idle; or find that it runs already.

    Prints one line of JSON when it, or the one found, is ready.

    Raises:
        LocalServiceError: it cannot start, or the one that runs is not the one wished for.
    """
    os.umask(0o077)  # prompts, answers and the key are this user's alone
    wish.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _leave)
    lock = filelock.FileLock(wish.home / "service.lock")
    while True:
        try:
            lock.acquire(timeout=LOCK_POLL_SECONDS)
        except filelock.Timeout:
            running = address.read_alive(wish.home)
            if running is not None:
                check_wish(running, source=wish.source, port=wish.port)
                _announce(running)
                return
        else:
            with lock:
                asyncio.run(_serve(wish))
            return


def check_wish(running: Address, *, source: str | None, port: int | None = None) -> None:
    """See that a running service is the one wished for.

    Raises:
        LocalServiceError: another model or port was asked for.
    """
    stop = f"Use it, or stop it first (process {running.pid}), or give another folder with --home."
    if source is not None and source != running.source:
        raise LocalServiceError(f"The embedded service runs already, with {running.source}, not {source}.", stop)
    if port and not running.base_url.endswith(f":{port}/v1"):
        raise LocalServiceError(f"The embedded service runs already, at {running.base_url}.", stop)


def _backend(wish: Wish) -> tuple[str, Backend]:
    source = wish.source or "local"
    if source == "echo":
        return source, Echo(delay=wish.echo_delay)
    if source.startswith(("http://", "https://")):
        return source, Upstream(source, concurrency=wish.upstream_concurrency)
    if source == "local":
        return source, SmallModel(weights.find_or_fetch(wish.home / "models", _say))
    if not Path(source).is_file():
        raise LocalServiceError(f"There is no model file {source}.", "--model takes local, echo, or a .gguf file.")
    return source, SmallModel(Path(source))


async def _serve(wish: Wish) -> None:
    with _listen(wish.port or 0) as listener:
        source, backend = _backend(wish)
        database = Database(wish.home / "service.sqlite")
        engine = Engine(database, backend)
        background = Background(database, backend)
        try:
            await backend.start()
            service = Service(
                database=database,
                backend=backend,
                engine=engine,
                background=background,
                limits=wish.limits,
                api_key=secrets.token_urlsafe(32),
            )
            server = Server(service, wish, source)
            await database.write(deletion.purge_rest)
            await engine.resume()
            await background.resume()
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(server.end_when_idle())
                await server.serve(sockets=[listener])
                watch.cancel()
        finally:
            address.withdraw(wish.home)
            await engine.close()
            await background.close()
            await backend.stop()
            database.close()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(proto=socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on: 40 ms a small answer
    if os.name == "posix":  # elsewhere this option lets two programs share a port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise LocalServiceError(
            f"Port {port} cannot be used: {error.strerror}.", "Leave --port out, or give another."
        ) from None
    return listener


class Server(uvicorn.Server):
    """The HTTP server; tells its address once it accepts connections."""

    def __init__(self, service: Service, wish: Wish, source: str) -> None:
        super().__init__(
            uvicorn.Config(
                app.build(service, with_faults=wish.faults),
                http=Connection,
                ws="none",
                lifespan="off",
                log_level="warning",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._service = service
        self._wish = wish
        self._source = source

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then publish the address and print it."""
        await super().startup(sockets)
        assert sockets  # noqa: S101 - `_serve` gives one
        port = sockets[0].getsockname()[1]
        models = await self._service.backend.models()
        ready = Address(
            base_url=f"http://127.0.0.1:{port}/v1",
            api_key=self._service.api_key,
            model=models[0].id,
            source=self._source,
            pid=os.getpid(),
        )
        address.write(self._wish.home, ready)
        _announce(ready)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in order on a signal, and then return: uvicorn's own way is to die of it, before anything is tidied."""

        def end(_: int, __: FrameType | None) -> None:
            self.should_exit = True

        kinds = (signal.SIGTERM, signal.SIGINT)
        earlier = [signal.signal(kind, end) for kind in kinds]
        try:
            yield
        finally:
            for kind, handler in zip(kinds, earlier, strict=True):
                signal.signal(kind, handler)

    async def end_when_idle(self) -> None:
        """End the server after the idle time without a request or an unfinished batch."""
        seconds = self._wish.idle_minutes * 60
        activity = self._service.activity
        while seconds:
            if activity.open_requests or self._service.engine.busy or self._service.background.busy:
                activity.touch()
            left = activity.last + seconds - time.monotonic()
            if left <= 0:
                self.should_exit = True
                return
            await asyncio.sleep(min(left + 0.01, 10))


def _announce(ready: Address) -> None:
    line = json.dumps({key: asdict(ready)[key] for key in ("base_url", "api_key")})
    # Whoever started the service may be gone by now; the service stays.
    with contextlib.suppress(OSError):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def _say(line: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


def _leave(_: int, __: FrameType | None) -> NoReturn:
    sys.exit(0)
