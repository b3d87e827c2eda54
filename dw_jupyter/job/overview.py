"""All jobs of this machine and all batches of the account, followed for as long as somebody looks."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from dw_jupyter import config, errors
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.types import Batch
from dw_jupyter.job import folders, registry
from dw_jupyter.job.entries import Entry, merge
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.publisher import log
from dw_jupyter.job.record import JobRecord
from dw_jupyter.job.seen import renamed
from dw_jupyter.job.service import CLOUD
from dw_jupyter.job.snapshot import Snapshot

TICK = 1.0
"""Seconds between two looks at this machine."""
PAGE = 100
"""Batches in one list call: one call a look, with the active ones first."""
MOST = 1000
"""Batches that are listed at all, the newest; the first look takes as many calls as they need."""
SINGLY = 10
"""Batches that are asked for by themselves in one look: those that have ended out of sight of the list."""
LEASE = 600.0
"""Seconds for which a sign of life keeps the following going: a busy kernel may not hear another."""


class Records:
    """The records of this machine's jobs; a file is read again when it has changed. For worker threads."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, str], JobRecord]] = {}

    def read(self) -> list[JobRecord]:
        """Every job that can be read.

        Raises:
            JournalError: the folder of the jobs cannot be made.
        """
        found: dict[Path, tuple[tuple[int, str], JobRecord]] = {}
        for path in folders.jobs_folder(config.home()).glob("[!.]*/job.json"):
            with contextlib.suppress(OSError, errors.JournalError):  # forgotten meanwhile, or damaged
                changed = path.stat().st_mtime_ns, renamed(path.parent)
                known = self._known.get(path)
                found[path] = known if known and known[0] == changed else (changed, Journal.load(path.parent).record)
        self._known = found
        return [record for _, record in found.values()]


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """What the account has said, or why it has not."""

    wanted: int
    """The number of the wish that was there before."""
    trouble: str = ""
    account: str = ""
    batches: dict[str, Batch] = field(default_factory=dict)
    at: float = 0.0


class Overview:
    """Looks again and again, and tells of what has changed; on the background loop.

    This machine is looked at each second, the account every 2 s while something moves there, and every 15 s while
    nothing does.

    Args:
        changed: called when there is something new.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self.entries: list[Entry] = []
        self.account = ""
        """Whose batches are listed; ``""`` before the first answer."""
        self.trouble = ""
        """Why the batches of the account are not known, or not as they are now."""
        self.updated = 0.0
        """When the account was last heard of, epoch seconds."""
        self.complete = False
        """Whether this machine and the account have been looked at once."""
        self._changed = changed
        self._records = Records()
        self._batches: dict[str, Batch] = {}
        self._merged: tuple[list[JobRecord], dict[str, Snapshot], dict[str, Batch], str] | None = None
        """What the entries are made of."""
        self._client: AsyncClient | None = None
        self._until = 0.0
        self._next = 0.0
        self._pause = CLOUD.least
        self._wake = asyncio.Event()
        self._wanted = self._answered = 0
        """Looks at the account that were asked for, and how many of them have been taken."""
        self._asking: asyncio.Task[_Heard] | None = None
        """The look at the account that is under way: it may take minutes, and this machine is looked at meanwhile."""
        self._settled = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    def glance(self) -> None:
        """Look at this machine alone, at once; before the first look, from any thread.

        Raises:
            JournalError: the folder of the jobs cannot be made.
        """
        self.entries = merge(self._records.read(), {}, (), account=self.account)

    def look(self) -> None:
        """Follow for a while from now on."""
        self._until = time.monotonic() + LEASE
        self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._follow())

    async def once(self) -> None:
        """Look once and ask the account now, and no more; where it is followed, that is one look of it."""
        self._wanted += 1
        if self._task is not None:
            self._wake.set()
            return await self._settle()
        try:
            await self._look_once()
            if self._asking is not None:
                await asyncio.wait([self._asking])
                await self._look_once()
        finally:
            await self._close()

    async def _settle(self) -> None:
        """Wait for the end of a look that began after the last one was asked for, or of the following."""
        mine = self._wanted
        async with self._settled:
            await self._settled.wait_for(lambda: self._answered >= mine or self._task is None)

    def rest(self) -> None:
        """Follow no more until somebody looks again."""
        self._until = 0.0
        self._wake.set()

    async def _follow(self) -> None:
        try:
            while time.monotonic() < self._until:
                self._wake.clear()
                await self._look_once()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TICK):
                        await self._wake.wait()
        except Exception:  # noqa: BLE001 - whatever it is, the next sign of life begins anew
            log.exception("following the jobs")
        finally:
            self._task = None
            await self._tell_settled()
            await self._close()

    async def _tell_settled(self) -> None:
        async with self._settled:
            self._settled.notify_all()

    async def _close(self) -> None:
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.cancel()
            await asyncio.wait([asking])
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _look_once(self) -> None:
        before = (self.entries, self.trouble, self.account, self.complete, self.updated)
        if self._asking is None and (self._wanted > self._answered or time.monotonic() >= self._next):
            self._asking = asyncio.create_task(self._ask_account(self._wanted))
            self._asking.add_done_callback(lambda _: self._wake.set())
        wanted = self._answered
        if self._asking is not None and self._asking.done():
            heard, self._asking = self._asking.result(), None
            wanted = self._take(heard)
        try:
            records = await asyncio.to_thread(self._records.read)
        except errors.JournalError as error:
            records, self.trouble = [], str(error)
        found = (records, registry.alive(), self._batches, self.account)
        if found != self._merged:
            self.entries = await asyncio.to_thread(_merge, *found)
            self._merged = found
        if before != (self.entries, self.trouble, self.account, self.complete, self.updated):
            self._changed()
        self._answered = wanted
        await self._tell_settled()

    def _take(self, heard: _Heard) -> int:
        """Take what the account has said; the number of the wish that this fulfils."""
        self.complete, self.trouble = True, heard.trouble
        moved = False
        if not heard.trouble:
            moved = heard.batches != self._batches
            self.account, self._batches, self.updated = heard.account, heard.batches, heard.at
        self._pause = CLOUD.after(self._pause, moved=moved or heard.wanted > self._answered)
        self._next = time.monotonic() + self._pause
        return heard.wanted

    async def _ask_account(self, wanted: int) -> _Heard:
        """List the batches. What is wished from here on may be later than what the service says."""
        try:
            connection = await asyncio.to_thread(config.connect)
            client = await self._reach(connection)
            batches = await self._list(client, known=self._batches if self.account else {})
        except errors.DoublewordError as error:
            return _Heard(wanted=wanted, trouble=" ".join(str(error).split("\n")))
        return _Heard(wanted=wanted, account=connection.account, batches=batches, at=time.time())

    async def _reach(self, connection: config.Connection) -> AsyncClient:
        if self._client is None or self._client.connection != connection:
            if self._client is not None:
                await self._client.aclose()
            if self.account != connection.account:
                self._batches, self.account = {}, ""
            self._client = AsyncClient(connection, attempts=1)
        return self._client

    async def _list(self, client: AsyncClient, *, known: dict[str, Batch]) -> dict[str, Batch]:
        most = PAGE if known else MOST
        seen: dict[str, Batch] = {}
        async for batch in client.list_batches(analytics=True, active_first=True, limit=PAGE):
            seen[batch.id] = batch
            if len(seen) == most:
                break
        lost = [batch for batch in known.values() if not batch.ended and batch.id not in seen]
        for before in lost[:SINGLY]:
            try:
                seen[before.id] = _with_analytics(await client.retrieve_batch(before.id), before)
            except errors.NotFoundError:
                known = {batch_id: batch for batch_id, batch in known.items() if batch_id != before.id}
        return {**known, **seen}


def _merge(
    records: list[JobRecord], alive: dict[str, Snapshot], batches: dict[str, Batch], account: str
) -> list[Entry]:
    return merge(records, alive, batches.values(), account=account)


def _with_analytics(batch: Batch, before: Batch) -> Batch:
    return batch if batch.analytics is not None else msgspec.structs.replace(batch, analytics=before.analytics)
