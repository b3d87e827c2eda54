"""One job at work: upload, create, poll, collect, end.

A lifecycle is driven on the background loop, and its state is written there alone. It knows no display: whoever
wants to draw subscribes a renderer. Several handles, from several cells, may share one.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.frames.results import Results
from dw_jupyter.job import breaker, folders
from dw_jupyter.job.breaker import Breaker
from dw_jupyter.job.crew import Crew
from dw_jupyter.job.driver import SILENT_SECONDS, Driver
from dw_jupyter.job.journal import Journal, save
from dw_jupyter.job.ledger import Ledger
from dw_jupyter.job.meter import Meter
from dw_jupyter.job.publisher import Publisher, log
from dw_jupyter.job.rate import Rate
from dw_jupyter.job.service import CLOUD, LOOPBACK, Service
from dw_jupyter.job.snapshot import Snapshot, State, duration
from dw_jupyter.job.tally import opening, outcome, spending, tally

RESTART_SECONDS = 5.0
"""How long a kernel that just reads a job may hold it."""
Again = Callable[[Journal, Results], None]
"""Changes the record of a job, whose results these are, so that one that has ended begins again; or does nothing."""


class Lifecycle:
    """The life of one job from its journal on; made on the background loop.

    Args:
        journal: the job's folder.
        note: said beside the counts, such as that the job was begun by an earlier cell.
        neighbour: gives the lifecycle of another job, by its folder.
    """

    def __init__(self, journal: Journal, *, note: str = "", neighbour: Callable[[Path], Awaitable[Lifecycle]]) -> None:
        record = journal.record
        self.journal = journal
        self.receipt: concurrent.futures.Future[None] = concurrent.futures.Future()
        """Done when it is known of every batch whether it is made; the reason why not, if none is."""
        self.looked: concurrent.futures.Future[None] = concurrent.futures.Future()
        """Done when the service, or the kernel that drives the job, has said how far it is; or when it has ended."""
        self.done: concurrent.futures.Future[Snapshot] = concurrent.futures.Future()
        """Done when the job has ended and its last snapshot was drawn."""
        self.error: errors.DoublewordError | None = None
        """What kept the job from being sent, or from going on."""
        self.successor: Lifecycle | None = None
        """The life that the job has begun after this one had ended."""
        self._note = note
        self._driver = Driver(journal.folder)
        self.ledger = Ledger(journal)
        self._rate = Rate()
        self._breaker = Breaker()
        self._stopping: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._service = Service(
            partial(config.connect, record.account),
            token=record.token,
            trouble=lambda text: self.publisher.publish(trouble=text.replace("\n", " ")),
        )
        self._meter = Meter(journal, self._service, changed=lambda: self.publisher.publish(**spending(journal.record)))
        self.publisher = Publisher(opening(journal.record, note=note))
        self._crew = Crew(
            journal, self.ledger, self._service, neighbour=neighbour, changed=self._observe, placed=self._mark_placed
        )

    def frame(self, index: pd.Index, *, meta: bool) -> pd.DataFrame:
        """The answers so far on ``index``, perhaps with their metadata; a new frame each time. From any thread."""
        snapshot = self.snapshot
        frame = self.ledger.frame(index, meta=meta)
        if self.journal.record.foreign:
            frame.insert(0, "prompt", self.ledger.prompts())
        frame.attrs["dw_jupyter"] = {
            "job": snapshot.job,
            "state": snapshot.state,
            "answered": snapshot.completed,
            "failed": snapshot.failed,
            "total": snapshot.total,
        }
        return frame

    async def start(self, *, again: Again | None = None) -> None:
        """Read what is on the disk already; begin, or go on where the journal stopped.

        Whoever has the lock reads before it decides: another kernel may have done anything until then.

        Args:
            again: may take a job up that has ended; not asked where another kernel drives it.
        """
        owned = self._driver.take()
        if not owned and again is not None and self.journal.record.finished is not None:
            owned = await self._driver.take_within(RESTART_SECONDS)
        await self._begin(again if owned else None, owned=owned)

    async def restart(self, again: Again) -> None:
        """Take a job up that has ended.

        Raises:
            OptionError: it has not ended.
            JournalError: another kernel has it in its hands.
        """
        if not await self._driver.take_within(RESTART_SECONDS):
            what = f"Another kernel drives job {self.journal.record.id}."
            raise errors.JournalError(what, "Retry it there, or end that kernel first.")
        await self._begin(again, owned=True)

    async def _begin(self, again: Again | None, *, owned: bool) -> None:
        try:
            await asyncio.to_thread(self._reread)
            if again is not None:
                async with folders.deciding(self.journal.home):
                    await asyncio.to_thread(again, self.journal, self.ledger.results)
                await asyncio.to_thread(self._reread)
        except BaseException:
            if owned:
                self._driver.release()
            raise
        self.publisher.begin(opening(self.journal.record, note=self._note))
        if self.journal.record.finished is not None:
            if owned:
                self._driver.release()
            self._mark(self.receipt, self.looked)
            self.done.set_result(self.snapshot)
            self._task = asyncio.create_task(self._catch_up())
        else:
            self._observe()
            self._task = asyncio.create_task(self._live(owned=owned))

    @property
    def snapshot(self) -> Snapshot:
        """All that is known now. From any thread."""
        return self.publisher.snapshot

    def cancel(self) -> None:
        """Take note that the job is to end; the state says ``cancelled`` when the service has confirmed it."""
        if self.journal.record.finished is None:
            self._observe(heard=False)
            self._service.wake.set()

    async def _live(self, *, owned: bool) -> None:
        try:
            try:
                if not owned:
                    await self._follow()
                async with self._driver.alive():
                    await self._drive()
            finally:
                self._driver.release()
        except errors.DoublewordError as error:
            self._give_up(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits must hear of it
            log.exception("job %s", self.journal.record.id)
            self._give_up(errors.DoublewordError(f"{type(error).__name__}: {error}"[:300], _BUG))
        await self._catch_up()

    async def _catch_up(self) -> None:
        try:
            await self._meter.catch_up()
        finally:
            await self._service.aclose()

    async def _follow(self) -> None:
        """Show what the kernel that drives the job writes, until it is gone and this one has taken over."""
        while not self._driver.take():
            await self._service.keep(partial(asyncio.to_thread, self.ledger.read_more))
            self._observe()
            seen = self._driver.last_seen()
            silent = time.time() - seen
            note = "Another kernel drives this job; this view follows it."
            if silent > SILENT_SECONDS:
                note = (
                    f"Another kernel drives this job, and was last seen {duration(silent)} ago: end it to go on here."
                )
            self.publisher.publish(updated=seen, note=note)
            self._mark(self.looked)
            if all(shard.settled or shard.waits_for for shard in self.journal.record.shards):
                self._mark(self.receipt)
            await asyncio.sleep(LOOPBACK.least if self.journal.record.account == "local" else CLOUD.least)
        await asyncio.to_thread(self._reread)
        self.publisher.publish(note=self._note)

    async def _drive(self) -> None:
        record = self.journal.record
        if record.finished is None:
            await self._service.keep(partial(save, self.journal))
            async with self._meter:
                await self._crew.work()
            self.error = self.error or self._crew.error
            record.finished = time.time()
            await asyncio.to_thread(self.ledger.settle)
            results = self.ledger.results
            record.completed, record.failed = results.completed, results.failed
            record.state, record.error = outcome(
                record,
                completed=record.completed,
                cancelled=results.count("cancelled"),
                reason="" if record.completed else self.ledger.commonest_failure(),
            )
            await self._service.keep(partial(save, self.journal))
        error = errors.DoublewordError(*record.error.split("\n", 1)) if record.error else None
        self._end(record.state, error)

    def _give_up(self, error: errors.DoublewordError) -> None:
        """Tell why this kernel cannot bring the job to its end. What is sent goes on, and can be followed later."""
        sent = any(shard.batch or shard.creating or shard.waits_for for shard in self.journal.record.shards)
        self._end("unreachable" if sent else "failed", error)

    def _end(self, state: State, error: errors.DoublewordError | None) -> None:
        """Publish the last snapshot, and only then let those who wait go on: nbclient drops what comes later."""
        done = self.ledger.results.completed, self.ledger.results.failed
        self.publisher.publish(
            state=state,
            completed=done[0],
            failed=done[1],
            error=str(error) if error else "",
            trouble="",
            updated=self.journal.record.finished or time.time(),
        )
        self.publisher.emit()
        self.error = self.error or error
        if state == "failed" and self.error is not None and not self.receipt.done():
            self.receipt.set_exception(self.error)
        self._mark(self.receipt, self.looked)
        self.done.set_result(self.snapshot)

    def _mark_placed(self, error: errors.APIError | None, *, partly: bool) -> None:
        """Take note that it is known of every shard what becomes of it, and what kept some or all from being sent."""
        if error is not None and partly:
            self.publisher.publish(note=f"A part was not sent; run the cell again to send it. {error.what}")
        if error is not None and not partly and not self.receipt.done():
            self.error = error
            self.receipt.set_exception(error)
        self._mark(self.receipt)

    def _mark(self, *known: concurrent.futures.Future[None]) -> None:
        for future in known:
            if not future.done():
                future.set_result(None)

    def _observe(self, *, heard: bool = True) -> None:
        """Put together what the shards have seen; ``heard`` from the service, or else known otherwise."""
        now = time.time()
        record = self.journal.record
        counts = tally(
            record,
            uploaded=[shard.uploaded for shard in self._crew.shards],
            fetched=self.ledger.fetched(),
            answered=self.ledger.results.completed,
            rejected=self.ledger.results.failed,
            cancelling=self.journal.cancel_asked,
        )
        # What is saved next tells those who list the jobs.
        record.state, record.completed, record.failed = counts["state"], counts["completed"], counts["failed"]
        rate = None
        if self._crew.shards:
            self._break_off(counts)
        if self._crew.looked:
            self._mark(self.looked)
            # What an earlier kernel saw says nothing about how fast rows are answered now.
            rate, counts["pulse"] = self._rate.see(now, counts["completed"] + counts["failed"])
        before = self.snapshot
        moved = before.moved and (before.completed, before.failed) == (counts["completed"], counts["failed"])
        counts |= {"rate": rate, "pace": self._service.pace.most, "updated": now if heard else before.updated}
        self.publisher.publish(**counts, moved=before.moved if moved else now)

    def _break_off(self, counts: dict[str, Any]) -> None:
        """Stop a job whose first rows nearly all fail, unless its user has seen that and asked for more."""
        record = self.journal.record
        answered, failed = counts["completed"] - record.reused, counts["failed"]
        left = record.rows - counts["completed"] - failed
        if not record.unbroken and self._breaker.trips(answered=answered, failed=failed, left=left):
            record.stopped = breaker.explain(answered + failed, failed, self.ledger.commonest_failure())
            self._stopping = asyncio.create_task(self._stop())

    async def _stop(self) -> None:
        await self._service.keep(partial(save, self.journal))
        await self._service.keep(partial(asyncio.to_thread, self.journal.ask_cancel))
        self.cancel()

    def _reread(self) -> None:
        self.journal.reload()
        self.ledger.reread()


_BUG = "This is a bug of dw_jupyter; what was answered is kept. Please report it."
