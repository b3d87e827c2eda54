"""The client without ``await``: the same calls, the same results, for scripts and plain cells."""

from __future__ import annotations

import functools
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError, wait
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar
from weakref import WeakSet

import httpx
from anyio import CancelScope
from anyio.from_thread import BlockingPortal, start_blocking_portal

from dw_jupyter import config, errors
from dw_jupyter.api import retry
from dw_jupyter.api.client import AsyncClient

TURN_SECONDS = 0.2
P = ParamSpec("P")
T = TypeVar("T")


def _call(method: Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]]) -> Callable[Concatenate[Client, P], T]:
    @functools.wraps(method)
    def call(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run(functools.partial(method, self._client, *args, **kwargs))

    return _named(call)


def _iterate(
    method: Callable[Concatenate[AsyncClient, P], AsyncIterator[T]],
) -> Callable[Concatenate[Client, P], Iterator[T]]:
    @functools.wraps(method)
    def iterate(self: Client, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        items = method(self._client, *args, **kwargs)
        while True:
            try:
                yield self._run(functools.partial(anext, items))
            except StopAsyncIteration:
                return

    iterate.__annotations__["return"] = str(iterate.__annotations__["return"]).replace("Async", "")
    return _named(iterate)


def _named(method: T) -> T:
    """A method that says where it is, to ``help`` and in tracebacks."""
    method.__qualname__ = f"Client.{method.__name__}"  # type: ignore[attr-defined]  # a function has both
    return method


class Client:
    """:class:`~dw_jupyter.api.client.AsyncClient` for code that does not wait with ``await``.

    Every method has the arguments, result and errors of its namesake there; lists are ordinary iterators. It may be
    used in a notebook cell and from several threads. Use it as a context manager, or call :meth:`close`.
    """

    def __init__(
        self,
        connection: config.Connection | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        attempts: int = retry.ATTEMPTS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        api_key = api_key and config.Key(api_key)
        self._client = AsyncClient(
            connection, base_url=base_url, api_key=api_key, attempts=attempts, transport=transport
        )
        self._closed = False
        self._stack = ExitStack()
        self._portal: BlockingPortal = self._stack.enter_context(start_blocking_portal())
        _open.add(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection, and end the thread that waits on them; a second time does nothing."""
        if not self._closed:
            self._closed = True
            with self._stack:
                self._portal.call(self._client.aclose)

    upload_file = _call(AsyncClient.upload_file)
    retrieve_file = _call(AsyncClient.retrieve_file)
    list_files = _iterate(AsyncClient.list_files)
    delete_file = _call(AsyncClient.delete_file)
    estimate_cost = _call(AsyncClient.estimate_cost)
    read_file = _call(AsyncClient.read_file)
    download = _call(AsyncClient.download)
    create_batch = _call(AsyncClient.create_batch)
    retrieve_batch = _call(AsyncClient.retrieve_batch)
    list_batches = _iterate(AsyncClient.list_batches)
    cancel_batch = _call(AsyncClient.cancel_batch)
    delete_batch = _call(AsyncClient.delete_batch)
    retry_batch = _call(AsyncClient.retry_batch)
    retry_requests = _call(AsyncClient.retry_requests)
    read_results = _call(AsyncClient.read_results)
    retrieve_analytics = _call(AsyncClient.retrieve_analytics)
    list_models = _call(AsyncClient.list_models)
    answer = _call(AsyncClient.answer)
    retrieve_response = _call(AsyncClient.retrieve_response)

    def _run(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if self._closed:
            raise errors.ConfigurationError("This client is closed.", "Make another one.")
        scopes: list[CancelScope] = []

        async def attempt() -> T:
            with CancelScope() as scope:
                scopes.append(scope)
                return await call()
            raise CancelledError  # given up, so that nobody hears of it

        try:
            future = self._portal.start_task_soon(attempt)
            # In turns: an interrupt that comes in the instant before a wait does not end it.
            while not wait((future,), TURN_SECONDS).done:
                pass
            return future.result()
        except Exception:
            raise
        except BaseException:
            # An interrupted cell gives the call up, also one interrupted before it had the future in its hands; in one
            # step over there, where the call has begun by then.
            self._portal.start_task_soon(_cancel, scopes)
            raise


def _cancel(scopes: list[CancelScope]) -> None:
    for scope in scopes:
        scope.cancel()


_open: WeakSet[Client] = WeakSet()


def _close_all() -> None:
    """Let go of what a program left open: the interpreter would wait for the threads for ever."""
    for client in list(_open):
        client.close()


# Plain atexit comes after the wait for threads; this comes before.
threading._register_atexit(_close_all)  # type: ignore[attr-defined] # noqa: SLF001 - as concurrent.futures itself does
