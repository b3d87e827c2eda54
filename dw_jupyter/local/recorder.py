"""Writes outcomes, those that come together in one transaction."""

from __future__ import annotations

import asyncio

from dw_jupyter.local import requests
from dw_jupyter.local.database import Database
from dw_jupyter.local.outcome import Outcome


class Recorder:
    """Keeps outcomes in the order they come in. While one transaction is written, the next one gathers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Outcome | None, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None

    async def record(self, ended: Outcome) -> None:
        """Return once ``ended`` is on disk. A caller that stops waiting does not take it back."""
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((ended, written))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await written

    async def settle(self) -> None:
        """Wait until what waits now is written. What comes later, of other batches say, is not waited for."""
        if self._writing is not None:
            mark = asyncio.get_running_loop().create_future()
            self._waiting.append((None, mark))
            await asyncio.wait([mark])

    async def _write(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            failure: Exception | None = None
            try:
                await self._database.write(requests.record, [ended for ended, _ in taken if ended is not None])
            except Exception as error:  # noqa: BLE001 - whoever waits for the write is told
                failure = error
            for _, written in taken:
                if written.done():
                    continue
                if failure is None:
                    written.set_result(None)
                else:
                    written.set_exception(failure)
        self._writing = None
