"""Which kernel drives a job: one at a time, and the others see whether it is alive."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

from filelock import FileLock

from dw_jupyter.job.folders import taken

BEAT_SECONDS = 5.0
SILENT_SECONDS = 30.0
"""A kernel that shows no sign of life for so long has been stopped, or its machine sleeps."""
TURN_SECONDS = 0.1


class Driver:
    """A job's lock, whose file is touched again and again by the kernel that holds it. For the background loop.

    Args:
        folder: the job's.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._lock = FileLock(self._path)

    def take(self) -> bool:
        """Become the kernel that drives the job, unless another one is.

        Raises:
            JournalError: the disk does not take it.
        """
        return taken(self._lock)

    async def take_within(self, seconds: float) -> bool:
        """The same, where another one may let go in a moment, since it only reads the job."""
        patience = time.monotonic() + seconds
        while not self.take():
            if time.monotonic() > patience:
                return False
            await asyncio.sleep(TURN_SECONDS)
        return True

    def release(self) -> None:
        """Let another kernel drive it."""
        self._lock.release()

    @contextlib.asynccontextmanager
    async def alive(self) -> AsyncIterator[None]:
        """Show the others meanwhile that this kernel is alive."""
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                os.utime(self._path)
            await asyncio.sleep(BEAT_SECONDS)

    def last_seen(self) -> float:
        """When the kernel that drives the job was seen alive last, epoch seconds."""
        try:
            return self._path.stat().st_mtime
        except OSError:
            return time.time()
