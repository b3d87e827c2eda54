"""What a job uses and costs, asked of the service now and then. A job never waits for it, and never fails by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.types import Analytics, CostEstimate
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.record import ShardRecord
from dw_jupyter.job.service import Service
from dw_jupyter.job.tally import spending

LOOK_SECONDS = 10.0
"""Between two looks: the service's own console takes five."""
LATE_LOOKS = (5.0, 15.0, 30.0, 60.0)
"""Seconds before each look at a job that has ended: the service counts behind the answers."""
REFUSALS = 3
"""Looks in a row that bring nothing before a service counts as one that does not tell."""


class Meter:
    """Asks for the estimate of each request file, and for the analytics of each batch; on the background loop.

    It runs while its context is open, and looks once more at the end of it. What it hears is in the journal's record,
    and is saved with whatever is saved next.

    Args:
        journal: the job.
        service: the account.
        changed: called when the record has changed.
    """

    def __init__(self, journal: Journal, service: Service, *, changed: Callable[[], None]) -> None:
        self._journal = journal
        self._service = service
        self._changed = changed
        self._refused = 0
        self._seen: tuple[tuple[int, int], ...] = ()

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._task.cancel()
        if kind is None:
            await self.look()

    async def _run(self) -> None:
        while self._refused < REFUSALS:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def catch_up(self) -> None:
        """Look a few times more at an ended job whose answers are not all counted yet."""
        for pause in LATE_LOOKS:
            if spending(self._journal.record)["counted"] or self._refused >= REFUSALS:
                return
            await asyncio.sleep(pause)
            self._seen = ()
            await self.look()

    async def look(self) -> None:
        """Look once, unless nothing was answered since the last time."""
        record = self._journal.record
        if record.account != "local":
            for shard in record.shards:
                if shard.batch is not None and shard.input_file_id and not shard.estimate:
                    await self._estimate(shard, record.window)
        seen = tuple((shard.batch.completed, shard.batch.failed) if shard.batch else (0, 0) for shard in record.shards)
        if seen == self._seen or not any(map(any, seen)) or self._refused >= REFUSALS:
            return
        for shard in record.shards:
            if shard.batch is not None and shard.batch.completed:
                await self._count(shard, shard.batch.id)
        if not self._refused:
            self._seen = seen
        self._changed()

    async def _estimate(self, shard: ShardRecord, window: str) -> None:
        async def ask(client: AsyncClient) -> CostEstimate:
            return await client.estimate_cost(shard.input_file_id, completion_window=window)

        told = await self._service.glance(ask)
        shard.estimate = (told and told.total_estimated_cost) or "0"
        self._changed()

    async def _count(self, shard: ShardRecord, batch_id: str) -> None:
        async def ask(client: AsyncClient) -> Analytics:
            return await client.retrieve_analytics(batch_id)

        told = await self._service.glance(ask)
        self._refused = 0 if told is not None else self._refused + 1
        if told is not None:
            shard.analytics = told
