"""One job at work: upload, create, poll, collect, end.

A lifecycle is driven on the background loop, and its state is written there alone. It knows no display: whoever
wants to draw subscribes a renderer. Several handles, from several cells, may share one.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import time
from functools import partial
from pathlib import Path

import filelock
import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.api.lines import read_blocks
from dw_jupyter.frames.results import Results, Status
from dw_jupyter.frames.schema import Schema
from dw_jupyter.job.journal import Journal, save
from dw_jupyter.job.publisher import Publisher, Renderer, log
from dw_jupyter.job.rate import Rate
from dw_jupyter.job.service import CLOUD, LOOPBACK, Service
from dw_jupyter.job.shard import Shard
from dw_jupyter.job.snapshot import ENDED, Snapshot, State
from dw_jupyter.job.tally import outcome, tally


class Lifecycle:
    """The life of one job from its journal on; made on the background loop.

    Args:
        journal: the job's folder.
        note: said beside the counts, such as that the job was begun by an earlier cell.
    """

    def __init__(self, journal: Journal, *, note: str = "") -> None:
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
        self._note = note
        self._results = self._empty()
        self._read: dict[Path, int] = {}
        self._rate = Rate()
        self._task: asyncio.Task[None] | None = None
        self._shards: list[Shard] = []
        self._service = Service(
            partial(config.connect, record.account),
            token=record.shards[0].token.rpartition("-")[0],
            trouble=lambda text: self._publisher.publish(trouble=text.replace("\n", " ")),
        )
        self._publisher = Publisher(self._first_snapshot())

    def _first_snapshot(self) -> Snapshot:
        record = self.journal.record
        return Snapshot(
            job=record.id,
            label=record.label,
            state=record.state,
            total=record.rows,
            completed=record.completed,
            failed=record.failed,
            model=record.model,
            window=record.window,
            account=record.account,
            batches=tuple(shard.batch.id for shard in record.shards if shard.batch),
            note=self._note,
            error=record.error,
            started=record.created,
            updated=record.finished or time.time(),
        )

    def frame(self, index: pd.Index) -> pd.DataFrame:
        """The answers so far on ``index``; a new frame each time. From any thread."""
        snapshot = self.snapshot
        frame = self._results.frame(index, rest=_rest(snapshot.state))
        frame.attrs["dw_jupyter"] = {
            "job": snapshot.job,
            "state": snapshot.state,
            "answered": snapshot.completed,
            "failed": snapshot.failed,
            "total": snapshot.total,
        }
        return frame

    async def start(self, *, resume: str | None) -> None:
        """Read what is on the disk already; begin, or go on where the journal stopped.

        Whoever has the lock reads before it decides: another kernel may have done anything until then.

        Args:
            resume: the completion window in which to take up a job that ended with something unsent, such as for
                want of credit; ``None`` to leave it as it ended.
        """
        owned = self._take()
        try:
            await asyncio.to_thread(self._reread)
            if resume and owned and self.journal.record.resumable:
                self.journal.record.resume(window=resume)
                self.journal.forget_cancel()
        except BaseException:
            if owned:
                self.journal.lock.release()
            raise
        self._publisher.snapshot = self._first_snapshot()
        if self.journal.record.finished is not None:
            if owned:
                self.journal.lock.release()
            for future in (self.receipt, self.looked):
                future.set_result(None)
            self.done.set_result(self.snapshot)
        else:
            self._observe()
            self._task = asyncio.create_task(self._live(owned=owned))

    @property
    def snapshot(self) -> Snapshot:
        """All that is known now. From any thread."""
        return self._publisher.snapshot

    def subscribe(self, context: contextvars.Context, renderer: Renderer) -> None:
        """Add a renderer; it draws at once."""
        self._publisher.subscribe(context, renderer)

    def remark(self, note: str) -> None:
        """Say something beside the counts."""
        self._publisher.publish(note=note)

    def cancel(self) -> None:
        """Take note that the job is to end; the state says ``cancelled`` when the service has confirmed it."""
        if self.journal.record.finished is None:
            self._observe()
            self._service.wake.set()

    async def _live(self, *, owned: bool) -> None:
        try:
            try:
                if not owned:
                    await self._follow()
                await self._drive()
            finally:
                self.journal.lock.release()
                await self._service.aclose()
        except errors.DoublewordError as error:
            self._end("failed", error)
        except Exception as error:  # noqa: BLE001 - whatever it is, whoever waits must hear of it
            log.exception("job %s", self.journal.record.id)
            self._end("failed", errors.DoublewordError(f"{type(error).__name__}: {error}"[:300], _BUG))

    def _take(self) -> bool:
        """Become the kernel that drives this job, unless another one is."""
        try:
            self.journal.lock.acquire(blocking=False)
        except filelock.Timeout:
            return False
        return True

    async def _follow(self) -> None:
        """Show what the kernel that drives the job writes, until it is gone and this one has taken over."""
        self._publisher.publish(note="Another kernel drives this job; this view follows it.")
        while not self._take():
            await asyncio.to_thread(self._read_more)
            self._observe()
            self._mark_looked()
            if all(shard.batch or shard.error for shard in self.journal.record.shards) and not self.receipt.done():
                self.receipt.set_result(None)
            await asyncio.sleep(LOOPBACK.least if self.journal.record.account == "local" else CLOUD.least)
        await asyncio.to_thread(self._reread)
        self._publisher.publish(note=self._note)

    async def _drive(self) -> None:
        record = self.journal.record
        if record.finished is None:
            await save(self.journal)
            make = partial(Shard, results=self._results, service=self._service, changed=self._observe)
            self._shards = [make(self.journal, number) for number in range(len(record.shards))]
            try:
                async with asyncio.TaskGroup() as group:
                    for shard in self._shards:
                        group.create_task(self._run(shard))
            except BaseExceptionGroup as several:
                raise several.exceptions[0] from None
            record.completed, record.failed = self._results.completed, self._results.failed
            record.state, record.error = outcome(
                record,
                completed=record.completed,
                reason="" if record.completed else self._commonest_failure(),
                cancelling=self.journal.cancel_asked,
            )
            record.finished = time.time()
            await save(self.journal)
        error = errors.DoublewordError(*record.error.split("\n", 1)) if record.error else None
        self._end(record.state, error)

    async def _run(self, shard: Shard) -> None:
        try:
            await shard.send()
        except errors.APIError as error:
            self.error = self.error or error
        sent = [run.record.batch for run in self._shards if run.record.batch or run.record.error]
        if len(sent) == len(self._shards) and not self.receipt.done():
            if any(sent) or self.error is None:
                self.receipt.set_result(None)
            else:
                self.receipt.set_exception(self.error)
        if self.error is not None and any(sent):
            self._publisher.publish(note=f"A part was not sent; run the cell again to send it. {self.error.what}")
        await shard.watch()

    def _end(self, state: State, error: errors.DoublewordError | None) -> None:
        """Publish the last snapshot, and only then let those who wait go on: nbclient drops what comes later."""
        done = self._results.completed, self._results.failed
        self._publisher.publish(
            state=state,
            completed=done[0],
            failed=done[1],
            error=str(error) if error else "",
            trouble="",
            updated=self.journal.record.finished or time.time(),
        )
        self._publisher.emit()
        self.error = self.error or error
        if not self.receipt.done():
            if state == "failed" and self.error is not None:
                self.receipt.set_exception(self.error)
            else:
                self.receipt.set_result(None)
        self._mark_looked()
        self.done.set_result(self.snapshot)

    def _mark_looked(self) -> None:
        if not self.looked.done():
            self.looked.set_result(None)

    def _observe(self) -> None:
        """Put together what the shards have seen."""
        now = time.time()
        counts = tally(
            self.journal.record,
            uploaded=[shard.uploaded for shard in self._shards] or [0] * len(self.journal.record.shards),
            answered=self._results.completed,
            rejected=self._results.failed,
            cancelling=self.journal.cancel_asked,
        )
        rate = None
        if self._shards and all(shard.looked for shard in self._shards if shard.record.batch):
            self._mark_looked()
            # What an earlier kernel saw says nothing about how fast rows are answered now.
            rate = self._rate.see(now, counts["completed"] + counts["failed"])
        self._publisher.publish(**counts, rate=rate, updated=now)

    def _commonest_failure(self) -> str:
        """The reason that most of the failed rows give, ``""`` where none has failed."""
        reasons = self._results.frame(pd.RangeIndex(self._results.rows))["dw_error"].value_counts()
        return str(reasons.index[0]) if len(reasons) else ""

    def _empty(self) -> Results:
        record = self.journal.record
        schema = Schema.from_json(record.json_schema) if record.json_schema else None
        return Results(record.rows, schema)

    def _reread(self) -> None:
        """Take in what is on the disk, from the beginning."""
        self._results = self._empty()
        self._read.clear()
        self._read_more()

    def _read_more(self) -> None:
        """Take in what was written since, by whichever kernel, a block at a time."""
        self.journal.reload()
        for number in range(len(self.journal.record.shards)):
            for kind in ("output", "error"):
                path = self.journal.path(kind, number)
                for block in read_blocks(path, start=self._read.get(path, 0)):
                    self._results.add(block)
                    self._read[path] = self._read.get(path, 0) + len(block)


_BUG = "This is a bug of dw_jupyter; what was answered is kept. Please report it."


def _rest(state: State) -> Status:
    """The status of a row without an answer, in a job of this state."""
    if state not in ENDED:
        return "pending"
    return "cancelled" if state == "cancelled" else "missing"
