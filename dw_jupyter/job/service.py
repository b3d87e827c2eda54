"""The service as a job sees it: there again and again, through whatever passes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from dw_jupyter import config, errors
from dw_jupyter.api import retry
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.types import Batch
from dw_jupyter.job.send import UNLISTED

T = TypeVar("T")

TRANSFERS = 2
LONGEST_PAUSE = 60.0
LISTED = 500
"""Batches that one list call goes through: a service that does not search has those of the whole account."""
DISK_PAUSE = 5.0
GLANCE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Seconds between two looks at a batch: the least, and the most after many without movement."""

    least: float
    most: float

    def after(self, previous: float, *, moved: bool) -> float:
        """The next pause: the least while counts move, half as long again each time while they do not."""
        return self.least if moved else min(self.most, previous * 1.5)


CLOUD = Pace(least=2.0, most=15.0)
LOOPBACK = Pace(least=0.25, most=1.0)


class Service:
    """The account's client for one job; on the background loop.

    Args:
        connect: finds the account's address and key; asked again when the service is lost, since the embedded one
            may have been started anew at another port.
        token: what all batches of the job share in their metadata.
        trouble: told in words why nothing moves, and ``""`` when it moves again.
    """

    def __init__(self, connect: Callable[[], config.Connection], *, token: str, trouble: Callable[[str], None]) -> None:
        self.transfers = asyncio.Semaphore(TRANSFERS)
        """Held for one attempt at an upload or a download, never while waiting to try again."""
        self.wake = asyncio.Event()
        """Set to end every pause now."""
        self.pace = CLOUD
        self._connect = connect
        self._token = token
        self._trouble = trouble
        self._client: AsyncClient | None = None
        self._retired: list[AsyncClient] = []
        self._connecting = asyncio.Lock()
        self._looking = asyncio.Lock()
        self._looked = 0.0
        self._seen: dict[str, Batch] = {}

    async def persist(self, step: Callable[[AsyncClient], Awaitable[T]]) -> T:
        """Do a step, again and again while what stops it may pass; a step must be safe to repeat.

        Raises:
            APIError: what does not pass. That less came than was announced may pass and may not: that is for the step.
        """
        attempt = 0
        while True:
            client = await self._reach()
            try:
                result = await step(client)
            except errors.JournalError as error:
                await self._outlast(error)
            except errors.IncompleteError:
                self._trouble("")  # the service is there
                raise
            except errors.APIError as error:
                lost = isinstance(error, errors.APIConnectionError | errors.AuthenticationError)
                reconnected = lost and await self._reconnect(client)
                outcome = retry.outcome_of(error)
                if not reconnected and not retry.passes(outcome):
                    raise
                attempt += 1
                pause = min(LONGEST_PAUSE, outcome.retry_after or 0.5 * 2.0 ** min(attempt, 10))
                if attempt > 1 or pause > self.pace.most:  # one stumble is no news
                    self._trouble(str(error))
                await self.pause(self.pace.least if reconnected else pause)
            else:
                self._trouble("")
                return result

    async def glance(self, step: Callable[[AsyncClient], Awaitable[T]]) -> T | None:
        """Do a step that a job can do without: once, in a few seconds, and None where it does not work."""
        try:
            async with asyncio.timeout(GLANCE_SECONDS):
                return await step(await self._reach())
        except (errors.DoublewordError, TimeoutError):
            return None

    async def keep(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write to the journal, again and again while the disk does not take it.

        Raises:
            JournalError: the journal is gone.
        """
        troubled = False
        while True:
            try:
                await write()
            except errors.JournalError as error:
                troubled = True
                await self._outlast(error)
            else:
                if troubled:
                    self._trouble("")
                return

    async def _outlast(self, error: errors.JournalError) -> None:
        if not error.passing:
            raise error
        self._trouble(str(error))
        await self.pause(DISK_PAUSE)

    async def look(self, batch_id: str, *, several: bool) -> Batch:
        """A batch as it is now. Where there are several, one list call serves them all.

        Raises:
            NotFoundError: the service has no such batch.
        """
        if several:
            async with self._looking:
                if time.monotonic() - self._looked >= self.pace.least:
                    self._seen = await self.persist(self._list)
                    self._looked = time.monotonic()
            if batch_id in self._seen:
                return self._seen[batch_id]
        return await self.persist(lambda client: client.retrieve_batch(batch_id))

    async def _list(self, client: AsyncClient) -> dict[str, Batch]:
        found: dict[str, Batch] = {}
        try:
            async for batch in client.list_batches(search=self._token):
                found[batch.id] = batch
                if len(found) == LISTED:
                    break
        except errors.APIStatusError as error:
            if error.status_code not in UNLISTED:
                raise  # else each batch is asked for by itself
        return found

    async def pause(self, seconds: float) -> None:
        """Wait, or go on at once when woken."""
        try:
            async with asyncio.timeout(seconds):
                await self.wake.wait()
        except TimeoutError:
            return
        self.wake.clear()

    @property
    def key_hash(self) -> str:
        """Of the key in use, ``""`` before there was one."""
        return self._client.connection.key_hash if self._client is not None else ""

    async def aclose(self) -> None:
        """Close the connections."""
        for client in (*self._retired, self._client):
            if client is not None:
                await client.aclose()
        self._client = None
        self._retired.clear()

    async def _reach(self) -> AsyncClient:
        async with self._connecting:
            if self._client is None:
                self._use(await asyncio.to_thread(self._connect))
            assert self._client is not None  # noqa: S101 - set by `_use`
            return self._client

    async def _reconnect(self, lost: AsyncClient) -> bool:
        """Ask again where the service is; whether it is at another address, or another key is in force."""
        async with self._connecting:
            if self._client is not lost:
                return True
            connection = await asyncio.to_thread(self._connect)
            if connection == lost.connection:
                return False
            self._retired.append(lost)  # another shard may be in the middle of a call with it
            self._use(connection)
            return True

    def _use(self, connection: config.Connection) -> None:
        # A job has more patience than a client, and its waits end when somebody cancels: one attempt at a time.
        self._client = AsyncClient(connection, attempts=1)
        self.pace = LOOPBACK if connection.loopback else CLOUD
