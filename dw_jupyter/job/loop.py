"""The one background event loop: a daemon thread on which everything that waits is run.

A kernel's own loop stands still while a cell is busy, so nothing of a job runs there. The thread is started when it
is first needed and again after a fork, whose child has no threads.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import concurrent.futures.thread  # registers its own exit first
import contextlib
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from dw_jupyter.errors import DoublewordError

T = TypeVar("T")

LINGER_SECONDS = 3.0
"""How long an interpreter that ends waits for what is being sent; a front end kills a kernel after five."""
_NAME = "dw_jupyter"
_awaited: set[concurrent.futures.Future[Any]] = set()
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def loop() -> asyncio.AbstractEventLoop:
    """The background loop, running."""
    global _loop  # noqa: PLW0603 - one loop for the process
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_run, args=(_loop,), name=_NAME, daemon=True).start()
        return _loop


def _run(background: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(background)
    background.run_forever()


def spawn(coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
    """Run a coroutine on the background loop; the future must be kept by somebody."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop())


def post(function: Callable[..., object], *args: object) -> None:
    """Call a function on the background loop soon, from any thread, and return at once."""
    loop().call_soon_threadsafe(function, *args)


def run(coroutine: Coroutine[Any, Any, T], *, timeout: float | None = None) -> T:
    """Run a coroutine on the background loop and wait for it; Ctrl-C ends the wait and the coroutine.

    Raises:
        TimeoutError: it took longer than ``timeout`` seconds.
    """
    future = spawn(coroutine)
    try:
        return wait(future, timeout=timeout)
    except BaseException:
        future.cancel()
        raise


def wait(
    future: concurrent.futures.Future[T], *, timeout: float | None = None, turn: Callable[[], None] | None = None
) -> T:
    """Wait for a future in short turns, so that an interrupt is noticed within a fifth of a second.

    ``turn`` is called after each of them.

    Raises:
        DoublewordError: called on the background loop itself, which would wait for itself.
        TimeoutError: it took longer than ``timeout`` seconds.
    """
    if threading.current_thread().name == _NAME and not future.done():
        raise DoublewordError("A blocking call was made on the background loop.", "Await it there instead.")
    remaining = timeout
    while remaining is None or remaining > 0 or future.done():
        seconds = 0.2 if remaining is None else min(0.2, remaining)
        with contextlib.suppress(concurrent.futures.TimeoutError):
            return future.result(seconds)
        if future.done():  # the coroutine itself raised a TimeoutError
            return future.result()
        if turn is not None:
            turn()
        remaining = None if remaining is None else remaining - seconds
    raise TimeoutError


async def beside(work: Callable[..., T], *arguments: object) -> T:
    """Have a thread of its own do what may wait for this loop, and wait for that.

    The loop's workers are for what does not: once all of them wait for the loop, what would end their waiting finds
    none.
    """
    done: concurrent.futures.Future[T] = concurrent.futures.Future()
    done.set_running_or_notify_cancel()  # whoever gives up waiting stops nothing

    def do() -> None:
        try:
            done.set_result(work(*arguments))
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            done.set_exception(error)

    threading.Thread(target=do, name=f"{_NAME} beside", daemon=True).start()
    return await asyncio.wrap_future(done)


def linger(future: concurrent.futures.Future[Any]) -> None:
    """Have the interpreter wait a moment for this future before it ends: a script may submit and be done."""
    _awaited.add(future)
    future.add_done_callback(_awaited.discard)


def _stop() -> None:
    """Stand still before the interpreter takes the thread pools away: what goes on then would only fail."""
    concurrent.futures.wait(set(_awaited), timeout=LINGER_SECONDS)
    if _loop is not None and _loop.is_running():
        stopped = threading.Event()
        _loop.call_soon_threadsafe(_loop.stop)
        _loop.call_soon_threadsafe(stopped.set)  # still run in the turn that stops it
        stopped.wait(1.0)


# Plain atexit runs after the pools are closed; this runs in the reverse order of registration, so before.
threading._register_atexit(_stop)  # type: ignore[attr-defined] # noqa: SLF001 - as concurrent.futures itself does


def _forget_after_fork() -> None:
    global _loop, _lock
    _loop, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
