"""The shards of one job at work, all at once."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from dw_jupyter import errors
from dw_jupyter.job import borrowed, folders
from dw_jupyter.job.borrowed import Borrowed
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.ledger import Ledger
from dw_jupyter.job.service import Service
from dw_jupyter.job.shard import Shard
from dw_jupyter.job.snapshot import Snapshot


class Neighbour(Protocol):
    """Another job whose answers are waited for."""

    journal: Journal
    done: concurrent.futures.Future[Snapshot]
    error: errors.DoublewordError | None


class Placed(Protocol):
    """Told when it is known of every shard what becomes of it: perhaps of why some, or all, could not be sent."""

    def __call__(self, error: errors.APIError | None, *, partly: bool) -> None:
        """``partly``: whether some were sent."""


class Crew:
    """Brings every shard of a job to its end.

    Args:
        journal: the job.
        ledger: where answers go.
        service: the account.
        neighbour: gives another job, by its folder.
        changed: called when the record has changed.
        placed: called when every shard has a batch, is refused, or waits for another job.
    """

    def __init__(
        self,
        journal: Journal,
        ledger: Ledger,
        service: Service,
        *,
        neighbour: Callable[[Path], Awaitable[Neighbour]],
        changed: Callable[[], None],
        placed: Placed,
    ) -> None:
        self.shards: list[Shard] = []
        self.error: errors.APIError | None = None
        """What kept a shard from being sent."""
        self._journal = journal
        self._ledger = ledger
        self._service = service
        self._neighbour = neighbour
        self._changed = changed
        self._placed = placed

    @property
    def looked(self) -> bool:
        """Whether it is known in this kernel how far each batch is."""
        made = [shard for shard in self.shards if shard.record.batch]
        return bool(self.shards) and all(shard.looked or shard.record.ended for shard in made)

    async def work(self) -> None:
        """Send, watch and drain every shard; one may turn out to need another."""
        try:
            async with asyncio.TaskGroup() as group:
                self._begin(group)
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    def _begin(self, group: asyncio.TaskGroup) -> None:
        """Put those shards to work that are not yet."""
        for number in range(len(self.shards), len(self._journal.record.shards)):
            shard = Shard(self._journal, number, ledger=self._ledger, service=self._service, changed=self._changed)
            self.shards.append(shard)
            group.create_task(self._run(shard, group))

    async def _run(self, shard: Shard, group: asyncio.TaskGroup) -> None:
        if shard.record.waits_for:
            self._tell()
            await self._wait_for(shard)
        try:
            await shard.send()
        except errors.APIError as error:
            if not shard.record.settled:
                raise
            self.error = self.error or error
        self._begin(group)
        self._tell()
        await shard.watch()

    def _tell(self) -> None:
        records = [shard.record for shard in self.shards]
        if all(record.settled or record.waits_for for record in records):
            self._placed(self.error, partly=any(record.batch or record.waits_for for record in records))

    async def _wait_for(self, shard: Shard) -> None:
        """Take over the answers that another job gets for this shard's rows; what is left then is sent.

        Raises:
            DoublewordError: the other job cannot go on, and neither can this one: what it asks may be answered yet.
        """

        async def release() -> None:
            async with folders.deciding(self._journal.home):
                await asyncio.to_thread(borrowed.release, self._journal, shard.number, self._ledger.results)

        while shard.record.waits_for:
            await self._service.keep(partial(self._borrow, shard))
            # It may have been taken up again since it ended: then it asks these rows, and is waited for once more.
            await self._service.keep(release)

    async def _borrow(self, shard: Shard) -> None:
        """Take over what another job gets, until it has ended. After a fault of the disk it begins anew.

        Raises:
            JournalError: the disk does not take it, or the other job cannot be read now.
            DoublewordError: what keeps the other job from going on.
        """
        try:
            other = await self._neighbour(self._journal.folder.parent / shard.record.waits_for)
        except errors.NoJobError:  # forgotten: then nothing comes from there
            return
        source = await asyncio.to_thread(Borrowed, self._journal, shard.number, other.journal, self._ledger)
        ended = asyncio.wrap_future(other.done)
        while not self._journal.cancel_asked:
            over = ended.done()
            await asyncio.to_thread(source.take)
            self._changed()
            if over:
                break
            await asyncio.wait((ended,), timeout=self._service.pace.least)
        if other.error is not None and other.journal.record.finished is None and not self._journal.cancel_asked:
            raise other.error
