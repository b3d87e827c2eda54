"""The handle of a job: awaitable, safe from any thread, and as light as a future."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import time
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from typing import Any

import pandas as pd

from dw_jupyter import errors, job
from dw_jupyter.api.types import Batch, RequestCounts
from dw_jupyter.frames.reasons import group_reasons
from dw_jupyter.job import again, loop, prepare, registry
from dw_jupyter.job.body import check_changes
from dw_jupyter.job.interrupts import StillRunningError, StoppedAwaitingError, StoppedWaiting, noticed
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.layout import Layout
from dw_jupyter.job.lifecycle import Lifecycle
from dw_jupyter.job.progress import drawn
from dw_jupyter.job.publisher import Renderer
from dw_jupyter.job.reader import Reader
from dw_jupyter.job.snapshot import Snapshot

HEARTBEAT = 0.1
_NOTHING = "The job was cancelled before a row was answered.", "Run the cell with --fresh to send it anew."
RECEIPT_SECONDS = 2.0  # so long does showing a job wait for its batches to be made


class Job:
    """One cell's work: as many batches as its rows ask for.

    ``await job`` or ``job.result()`` wait for the end and give the frame; ``job.df`` is the frame as it is now. A
    job is bound to its journal on disk, not to this object: dropping the object, or the kernel, loses nothing.
    """

    def __init__(self, opening: Coroutine[Any, Any, Lifecycle], *, layout: Layout, early: Snapshot) -> None:
        self._layout = layout
        self._early = early
        self._renderers: list[Renderer] = []
        self._begin(loop.spawn(opening))

    def _begin(self, opened: concurrent.futures.Future[Lifecycle]) -> None:
        self._opened = opened
        self._receipt = loop.spawn(self._until(lambda life: life.receipt))
        loop.linger(self._receipt)
        self._looked = loop.spawn(self._until(lambda life: life.looked))
        self._ended = loop.spawn(self._until_ended())

    @property
    def id(self) -> str:
        """The job's id, by which ``attach`` finds it; ``""`` until its rows are rendered."""
        return self.snapshot.job

    @property
    def snapshot(self) -> Snapshot:
        """All that is known of the job now."""
        life = self._life()
        if life is not None:
            return life.snapshot
        if self._opened.done() and not self._opened.cancelled() and (error := self._opened.exception()):
            return self._early.failing(error)
        return self._early

    @property
    def status(self) -> str:
        """The state in words: ``"142 of 500 answered, 3 failed"``, and what may be wrong."""
        return "; ".join(filter(None, ((now := self.snapshot).headline, now.trouble, now.worry(time.time()))))

    @property
    def counts(self) -> RequestCounts:
        """How many rows there are, and how many are answered and failed."""
        now = self.snapshot
        return RequestCounts(total=now.total, completed=now.completed, failed=now.failed)

    @property
    def batches(self) -> list[Batch]:
        """The service's batches, as last seen; empty until they are made."""
        return [s.batch for s in life.journal.record.shards if s.batch] if (life := self._life()) else []

    @property
    def df(self) -> pd.DataFrame:
        """A new frame on the source's index: kept columns, the answers so far, ``dw_status`` and ``dw_error``."""
        return self._layout.frame(self._life())

    def objects(self, kind: type | None = None) -> list[object | None]:
        """The answers so far as instances of the class that was the schema: one a row, in the order of the source.

        A row without an answer that fits, or whose answer the class refuses, has None.

        Args:
            kind: the class, for a job found again by ``attach``: the journal holds no classes. Without one, and where
                the schema was none, answers are dicts.

        Raises:
            SchemaError: it is no class for answers, or takes none of those that are there.
        """
        return self._layout.objects(self._life(), kind)

    def errors(self) -> pd.DataFrame:
        """Why rows have no answer, grouped: kind, HTTP status, message, how many rows, an example, a few labels."""
        return group_reasons(self.df)

    @property
    def reader(self) -> Reader | None:
        """What reads its rows from the disk; None while they are being prepared."""
        return self._layout.reader(self._life())

    def done(self) -> bool:
        """Whether the job has ended and every answer is here."""
        return self._ended.done()

    def cancel(self) -> None:
        """Ask the service to stop. Returns at once; ``status`` says when it is confirmed. Answers are kept.

        The wish is on the disk when this returns, unless the rows are still being prepared.

        Raises:
            JournalError: the wish cannot be written down.
            JobUnreachableError: this kernel cannot reach the service.
        """
        if isinstance(failure := self.snapshot.failure(), errors.JobUnreachableError):
            raise failure
        if (life := self._life()) is not None and life.journal.record.finished is None:
            life.journal.ask_cancel()
        loop.spawn(self._cancel())

    def retry(self, where: str | None = None, **body: Any) -> Job:
        """Ask rows once more that have no answer. Rows that have one are left alone.

        What failed is run again in place, in the batch that it is in, where the service can; with other parameters,
        or where only some of it is meant, in a batch of its own.

        Args:
            where: which rows: a status such as ``"failed"``, the reason why answers ended (``"length"``, also rows
                that have an answer), or words in ``dw_error``; all without an answer unless given.
            **body: fields of the request body to change, such as ``max_tokens``.

        Returns:
            This job; it runs again.

        Raises:
            OptionError: no row is meant, a field cannot be sent, or the job still runs.
            JournalError: another kernel drives the job, or the disk does not take it.
        """
        life = self._life()
        if life is None or not life.done.done():
            raise errors.OptionError("The job still runs.", "Wait for its end, or cancel it, then retry.")
        changes = check_changes(body)
        taken_up = partial(again.retry, where=where, body=changes, limits=prepare.LIMITS)
        before = self._opened
        self._begin(loop.spawn(registry.reopen_job(Journal.load(life.journal.folder), taken_up)))
        try:
            loop.wait(self._opened)
        except errors.DoublewordError:  # an interrupt only ends the wait
            self._begin(before)
            raise
        return self

    def look(self, timeout: float | None = None) -> str:
        """Wait until the service has said how far the job is, at most ``timeout`` seconds; the state in words."""
        with contextlib.suppress(TimeoutError):
            loop.wait(self._looked, timeout=timeout)
        return self.status

    def ready(self, timeout: float | None = None) -> None:
        """Wait until the requests are on disk and the job has its id.

        Raises:
            DoublewordError: a row cannot be rendered, or the journal cannot be written or read.
            TimeoutError: ``timeout`` seconds are over; the job goes on.
            KeyboardInterrupt: the wait was interrupted; the job goes on.
        """
        loop.wait(self._opened, timeout=timeout)

    def received(self, timeout: float | None = None) -> bool:
        """Wait until every batch is made, at most ``timeout`` seconds; whether they are.

        Raises:
            DoublewordError: what keeps a batch from being made.
            KeyboardInterrupt: the wait was interrupted; the job goes on.
        """
        try:
            loop.wait(self._receipt, timeout=timeout)
        except TimeoutError:
            return False
        except KeyboardInterrupt:
            raise StoppedWaiting(self.snapshot) from None
        return True

    def result(self, timeout: float | None = None) -> pd.DataFrame:
        """Wait for the end and give the frame.

        Raises:
            JobFailedError: nothing was answered; a row that failed is not an error but has a ``dw_status``.
            JobCancelledError: it was cancelled before a row was answered.
            JobUnreachableError: it goes on, but this kernel cannot follow it, such as for want of the right key.
            TimeoutError: ``timeout`` seconds are over; the job goes on.
            KeyboardInterrupt: the wait was interrupted; the job goes on.
        """
        try:
            with drawn(lambda: self.snapshot, self._renderers) as turn:
                loop.wait(self._ended, timeout=timeout, turn=turn)
        except KeyboardInterrupt:
            raise StoppedWaiting(self.snapshot) from None
        except TimeoutError:
            raise StillRunningError(self.snapshot) from None
        return self._finish()

    def __await__(self) -> Generator[Any, None, pd.DataFrame]:
        return self._wait().__await__()

    async def _wait(self) -> pd.DataFrame:
        ended = asyncio.wrap_future(self._ended)
        with noticed() as interrupted, drawn(lambda: self.snapshot, self._renderers) as turn:
            try:
                # Without a heartbeat an idle kernel loop does not see an interrupt until something else wakes it.
                while not ended.done() and not (await asyncio.wait((ended,), timeout=HEARTBEAT))[0]:
                    turn()
            except asyncio.CancelledError:
                if interrupted.is_set():
                    raise StoppedAwaitingError(self.snapshot) from None
                raise
        return self._finish()

    def subscribe(self, renderer: Renderer) -> None:
        """Have a renderer draw this job, in the context of the cell that calls this."""
        self._renderers.append(renderer)
        loop.spawn(self._subscribe(contextvars.copy_context(), renderer))

    def unsubscribe(self, renderer: Renderer) -> None:
        """Have a renderer draw this job no more."""
        self._renderers[:] = [each for each in self._renderers if each is not renderer]
        if (life := self._life()) is not None:
            loop.post(life.publisher.unsubscribe, renderer)

    def __repr__(self) -> str:
        now = self.snapshot
        return f"<Job {now.job or 'new'}: {', '.join((now.headline, *now.details(time.time())))}>"

    def _ipython_display_(self) -> None:
        if job.show is None:
            raise NotImplementedError  # IPython then takes `_repr_html_`, or in a terminal `repr`
        job.show(self)

    def _display_(self) -> object:
        return job.live_view(self)  # marimo shows it in the place of the job

    def _repr_html_(self) -> str | None:
        with contextlib.suppress(errors.DoublewordError):
            self.received(RECEIPT_SECONDS)  # what is shown does not change any more: let it have an id
        return job.render_html(self.snapshot) if job.render_html else None

    def _finish(self) -> pd.DataFrame:
        snapshot, life = self.snapshot, self._life()
        others = life.publisher.renderers if life else []  # of other handles, such as the names bound to it
        for renderer in dict.fromkeys([*self._renderers, *others]):
            renderer.flush(snapshot)
        if life is None:
            self._opened.result()  # raises what kept the job from being prepared
        if failure := snapshot.failure():
            raise failure from life.error if life else None
        if snapshot.state == "cancelled" and not snapshot.completed:
            raise errors.JobCancelledError(*_NOTHING, job=snapshot.job)
        return self.df

    def _life(self) -> Lifecycle | None:
        opened = self._opened
        there = opened.done() and not opened.cancelled() and not opened.exception()
        return registry.newest(opened.result()) if there else None

    async def _open(self) -> Lifecycle:
        return registry.newest(await asyncio.wrap_future(self._opened))

    async def _until(self, known: Callable[[Lifecycle], concurrent.futures.Future[Any]]) -> None:
        await asyncio.shield(asyncio.wrap_future(known(await self._open())))

    async def _until_ended(self) -> None:
        with contextlib.suppress(Exception):  # `_finish` raises it, in the cell that waits
            await self._until(lambda life: life.done)

    async def _cancel(self) -> None:
        life = await self._open()
        if life.journal.record.finished is None and not life.journal.cancel_asked:
            await asyncio.to_thread(life.journal.ask_cancel)
        life.cancel()

    async def _subscribe(self, context: contextvars.Context, renderer: Renderer) -> None:
        try:
            life = await self._open()
        except Exception:  # noqa: BLE001 - whatever it is, the view must not go on saying "Preparing"
            context.run(renderer.update, self.snapshot)
        else:
            if any(each is renderer for each in self._renderers):  # not let go meanwhile
                life.publisher.subscribe(context, renderer)
