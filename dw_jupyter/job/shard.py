"""One shard at work: sent, watched, collected, drained. One coroutine each; the job is all of them together."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import msgspec

from dw_jupyter import errors
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.types import Batch, RequestCounts
from dw_jupyter.job import again, collect, prepare, send
from dw_jupyter.job.journal import Journal, save
from dw_jupyter.job.ledger import CANCELLED_UNSENT, Ledger
from dw_jupyter.job.record import ShardRecord
from dw_jupyter.job.service import Service

TELL_SECONDS = 0.2
"""The progress of an upload is told so often: it costs time that grows with the rows."""
SAVE_SECONDS = 5.0
"""Counts are saved so often, for those who list the jobs."""
GONE_AFTER = 5
"""Looks in a row that may find nothing before a batch counts as deleted: reads come from replicas that lag."""
LATE_LOOKS = 3
"""Looks after a cancel: requests under way then may still be answered, and are billed."""
_NO_RETRY = frozenset({404, 405, 501})
_DONE = 400
DRAINS = 4
"""Looks at the files of an ended batch before what the counts still promise is given up."""


class Shard:
    """One batch of a job, from its journal on.

    Args:
        journal: the job.
        number: which of its shards.
        ledger: where answers go.
        service: the account.
        changed: called when the record has changed.
    """

    def __init__(
        self,
        journal: Journal,
        number: int,
        *,
        ledger: Ledger,
        service: Service,
        changed: Callable[[], None],
    ) -> None:
        self.uploaded = 0
        """Bytes sent so far."""
        self.looked = False
        """Whether the service has said in this kernel how far the batch is."""
        self._saved = self._told = 0.0
        self._stale = 0
        self._ledger = ledger
        self.number = number
        self._journal = journal
        self._collector = collect.Collector(journal, number, ledger=ledger)
        self._service = service
        self._changed = changed

    @property
    def record(self) -> ShardRecord:
        """What the journal knows of it."""
        return self._journal.record.shards[self.number]

    async def send(self) -> None:
        """Upload and create, unless that is done. A refusal ends this shard and no other.

        Raises:
            APIError: the service refuses it for good; the record says so too.
        """
        if self.record.settled:
            return
        try:
            await self._service.persist(self._retry if self.record.retrying else self._send)
        except (errors.APIError, errors.JobCancelledError) as error:
            # Only a clear answer to the act itself is a refusal: while it is not known what became of it, it is open.
            if isinstance(error, errors.APIError) and (error.method != "POST" or error.unclear):
                raise
            self.record.error, self.record.retrying = str(error), False
            await self._service.keep(self._save)
            if isinstance(error, errors.APIError):
                raise
        finally:
            self._changed()

    async def _send(self, client: AsyncClient) -> None:
        self._stop_if_cancelled()
        self._journal.record.key_hash = client.connection.key_hash
        async with self._service.transfers:
            await send.send(client, self._journal, self.number, progress=self._progress)

    async def _retry(self, client: AsyncClient) -> None:
        """Have the service run what failed again, in place. To ask twice is no harm: it takes failed requests only."""
        batch = self.record.batch
        assert batch is not None  # noqa: S101 - `again` sees to it
        newest: Batch | None = None
        refusal: errors.APIStatusError | None = None
        if not self._journal.cancel_asked:
            try:
                newest = await client.retry_batch(batch.id)
            except errors.APIStatusError as error:
                refusal = error
        if refusal is not None and refusal.status_code in _NO_RETRY:
            await asyncio.to_thread(again.ask_apart, self._journal, self.number, limits=prepare.LIMITS)
            await self._service.keep(self._save)
            await asyncio.to_thread(self._ledger.reread)
            return
        if newest is None:
            # An earlier call may have done it, and its answer be lost; 400 says that there is nothing left to do.
            newest = await client.retrieve_batch(batch.id)
            if _end(newest) == _end(batch) and (refusal is None or refusal.status_code != _DONE):
                if refusal is not None:
                    raise refusal
                self.record.retrying = False  # cancelled
                await self._service.keep(self._save)
                return
        record = self.record
        await asyncio.to_thread(self._journal.archive, self._journal.path("error", self.number), record.epoch)
        record.retried, record.batch = batch, _begun_again(newest)
        record.retrying, record.epoch = False, record.epoch + 1
        await self._service.keep(self._save)
        await asyncio.to_thread(self._ledger.reread)

    def _progress(self, sent: int) -> None:
        self._stop_if_cancelled()
        self.uploaded = sent
        if time.monotonic() - self._told > TELL_SECONDS:
            self._told = time.monotonic()
            self._changed()

    def _stop_if_cancelled(self) -> None:
        """End the sending, except where a batch may have been made: that one must be found to be cancelled."""
        if self._journal.cancel_asked and not self.record.creating:
            raise errors.JobCancelledError(CANCELLED_UNSENT, job=self._journal.record.id)

    async def watch(self) -> None:
        """Look and collect until the batch has ended, then drain it."""
        pause = self._service.pace.least
        misses = 0
        while not self.record.ended:
            before = self.record.batch
            assert before is not None  # noqa: S101 - not ended, so it was sent
            try:
                batch = await self._look(before)
            except errors.NotFoundError as error:
                misses += 1
                if misses >= GONE_AFTER:
                    await self._lose(error)
                await self._service.pause(self._service.pace.least)
                continue
            misses = 0
            if self._lags(batch):
                await self._service.pause(self._service.pace.least)
                continue
            self.looked = True
            self.record.batch = batch
            moved = _counts(batch) != _counts(before)
            if batch.status != before.status or (moved and time.monotonic() - self._saved > SAVE_SECONDS):
                self._saved = time.monotonic()
                await self._service.keep(self._save)
            if not batch.ended:
                await self._collect()
            self._changed()
            if not batch.ended:
                pause = self._service.pace.after(pause, moved=moved)
                await self._service.pause(pause)
        if self.record.batch is not None:
            await self._drain(self.record.batch)
            self._changed()

    def _lags(self, batch: Batch) -> bool:
        """Whether a read shows the batch as it was before it was run again; a few times, then it is believed."""
        before = self.record.retried
        if before is None or _end(batch) != _end(before) or self._stale == GONE_AFTER - 1:
            self.record.retried = None
            return False
        self._stale += 1
        return True

    async def _look(self, batch: Batch) -> Batch:
        several = len(self._journal.record.shards) > 1
        if not self._journal.cancel_asked or batch.status == "cancelling":
            return await self._service.look(batch.id, several=several)
        # The service cancels ended batches too, and how they ended is lost by it: look before.
        newest = await self._service.persist(lambda client: client.retrieve_batch(batch.id))
        if newest.ended:
            return newest
        return await self._service.persist(lambda client: client.cancel_batch(batch.id))

    async def _collect(self) -> errors.NotFoundError | None:
        """Fetch what is new; a file that is not found: deleted by hand, or a read that lags."""
        try:
            await self._service.persist(self._collect_once)
        except errors.IncompleteError:
            return None  # what came is kept, the rest comes with the next look
        except errors.NotFoundError as error:
            return error
        return None

    async def _collect_once(self, client: AsyncClient) -> None:
        async with self._service.transfers:
            await self._collector.collect(client)

    async def _drain(self, batch: Batch) -> None:
        """Fetch what landed behind the counts that were seen last, and after a cancel what was under way by then."""
        late = LATE_LOOKS if batch.cancelled_at is not None else 0
        gone: errors.NotFoundError | None = None
        for look in range(late + DRAINS):
            gone = await self._collect()
            if gone is None and look >= late and await asyncio.to_thread(self._collector.whole, batch):
                return
            await self._service.pause(self._service.pace.least)
            batch = await self._look_after(batch)
        if gone is not None:
            await self._lose(gone)
        else:
            await self._refetch()

    async def _look_after(self, batch: Batch) -> Batch:
        """A batch that has ended as it is now; as it was where it is not found, or a read lags."""
        try:
            newest = await self._service.look(batch.id, several=False)
        except errors.NotFoundError:
            return batch
        if newest.ended:
            self.record.batch = newest
            self._changed()
        return newest if newest.ended else batch

    async def _refetch(self) -> None:
        """Fetch all anew, since less is here than was promised, but not for ever where lines are kept back."""
        self._collector.begin_again()
        with contextlib.suppress(errors.NotFoundError):
            for _ in range(DRAINS):
                try:
                    await self._service.persist(self._collector.refetch)
                    break
                except errors.IncompleteError:
                    await self._service.pause(self._service.pace.least)

    async def _save(self) -> None:
        await save(self._journal)

    async def _lose(self, error: errors.APIError) -> None:
        """Take note that the batch or a file of it is gone, if it is not just that this key does not see it.

        Raises:
            ConfigurationError: the job was sent with another key.
        """
        record = self._journal.record
        # The embedded service has a new key at each start, and one account.
        if record.account != "local" and record.key_hash != self._service.key_hash:
            what = f"With this key the service does not know job {record.id}, which was sent with another one."
            raise errors.ConfigurationError(what, "Set the key that it was sent with, then run the cell again.")
        self.record.error = str(error)
        await self._service.keep(self._save)


def _begun_again(batch: Batch) -> Batch:
    """A batch that was told to run again; a read that lags shows it as it ended."""
    if not batch.ended:
        return batch
    counts = RequestCounts(total=batch.total, completed=batch.completed, failed=0)
    return msgspec.structs.replace(
        batch,
        status="in_progress",
        completed_at=None,
        failed_at=None,
        cancelling_at=None,
        cancelled_at=None,
        request_counts=counts,
    )


def _end(batch: Batch) -> tuple[object, ...]:
    return batch.status, batch.completed_at, batch.failed_at, batch.cancelled_at, batch.completed, batch.failed


def _counts(batch: Batch) -> tuple[str, int, int]:
    return batch.status, batch.completed, batch.failed
