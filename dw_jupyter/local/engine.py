"""Runs batches: takes their requests up, has them answered, keeps the answers, ends the batch.

One task a batch; all share the back end's slots, so that a small batch is not kept waiting by a large one. The state
on disk is the only memory: a task may be stopped at any point and another one goes on from there.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator
from weakref import WeakValueDictionary

import msgspec

from dw_jupyter.local import batches, deletion, earlier, outcome, requests
from dw_jupyter.local.backend import Answer, Backend, NoAnswer
from dw_jupyter.local.database import Database
from dw_jupyter.local.dialects import message_replies
from dw_jupyter.local.limits import MESSAGES, RESPONSES
from dw_jupyter.local.outcome import Outcome, Request
from dw_jupyter.local.patience import persevere
from dw_jupyter.local.recorder import Recorder
from dw_jupyter.local.refusal import envelope

logger = logging.getLogger(__name__)

REST_SECONDS = 5.0
"""How long a batch rests after the state could not be written, on a full disk say."""


class Engine:
    """The batches under way."""

    def __init__(self, database: Database, backend: Backend) -> None:
        self._database = database
        self._backend = backend
        self._recorder = Recorder(database)
        self._slots = asyncio.Semaphore(backend.concurrency)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._again: set[int] = set()
        self._alone: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._under_way: set[int] = set()

    @property
    def under_way(self) -> frozenset[int]:
        """The requests that are with the back end, or wait to be asked again, by their id in the state."""
        return frozenset(self._under_way)

    @property
    def busy(self) -> bool:
        """Whether any batch is under way."""
        return bool(self._tasks)

    async def resume(self) -> None:
        """Take up every batch that an earlier run of the service left unfinished."""
        for batch in await self._database.read(batches.unfinished):
            self.start(batch)

    def alone(self, batch: int) -> asyncio.Lock:
        """Held by whoever changes the requests of a batch from outside, from its write to its `start` or `stop`."""
        return self._alone.setdefault(batch, asyncio.Lock())

    def start(self, batch: int) -> None:
        """Run a batch. One that runs looks through its requests once more before it ends."""
        if batch in self._tasks:
            self._again.add(batch)
            return
        task = asyncio.create_task(self._run(batch), name=f"batch {batch}")
        self._tasks[batch] = task
        task.add_done_callback(lambda _: self._forget(batch, task))

    async def stop(self, batch: int) -> None:
        """Stop running a batch, if it runs. Answers that have come are kept, requests under way are given up."""
        task = self._tasks.pop(batch, None)
        self._again.discard(batch)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
            await self._recorder.settle()

    async def close(self) -> None:
        """Stop everything; `resume` goes on from there."""
        for batch in list(self._tasks):
            await self.stop(batch)

    def _forget(self, batch: int, task: asyncio.Task[None]) -> None:
        if self._tasks.get(batch) is task:  # else another one runs the batch by now
            del self._tasks[batch]
            if batch in self._again:
                self._again.discard(batch)
                self.start(batch)

    async def _run(self, batch: int) -> None:
        while True:
            try:
                await self._work(batch)
            except* (sqlite3.Error, OSError):
                logger.exception("A batch rests: the state could not be written.")
            else:
                return
            await asyncio.sleep(REST_SECONDS)

    async def _work(self, batch: int) -> None:
        await self._database.write(requests.populate, batch)
        waiting: asyncio.Queue[Request | None] = asyncio.Queue(maxsize=self._backend.concurrency)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._backend.concurrency):
                group.create_task(self._answer_all(waiting))
            async for request in self._pending(batch):
                await waiting.put(request)
            for _ in range(self._backend.concurrency):
                await waiting.put(None)
        await self._database.write(batches.finalize, batch)
        await self._database.write(deletion.purge_answers, batch)  # its files may have been deleted while it ran

    async def _pending(self, batch: int) -> AsyncIterator[Request]:
        last = 0
        while page := await self._database.read(requests.pending, batch, after=last):
            for request in page:
                yield request
            last = page[-1].id

    async def _answer_all(self, waiting: asyncio.Queue[Request | None]) -> None:
        while (request := await waiting.get()) is not None:
            self._under_way.add(request.id)
            try:
                await self._recorder.record(await self._end(request))
            finally:
                self._under_way.discard(request.id)

    async def _end(self, request: Request) -> Outcome:
        try:
            return await self._answer(request)
        except Exception as error:  # one row's surprise must not hold up the others
            logger.exception("A request could not be handled.")
            return outcome.fail(request, "RequestBuilderError", {"error": repr(error)})

    async def _answer(self, request: Request) -> Outcome:
        """Have a request answered, asking again while its failure may pass."""
        seconds = 0.0

        async def ask() -> Answer:
            nonlocal seconds
            async with self._slots:
                start = time.monotonic()
                answer = await self._ask(request)
            seconds = time.monotonic() - start
            return answer

        try:
            answer = await persevere(ask, self._backend.patience)
        except NoAnswer as error:
            return outcome.fail(request, error.kind, {"error": str(error)})
        if answer.status_code < 400:
            return outcome.succeed(request, answer, seconds=seconds)
        return outcome.refuse(request, answer, seconds=seconds)

    async def _ask(self, request: Request) -> Answer:
        body = msgspec.json.decode(request.body)
        if request.url == RESPONSES:
            body = await earlier.put_before(self._database, body)
        if isinstance(body, Answer):
            return body
        if self._backend.find(body["model"]) is None:
            # The batch was made while another model was served.
            message = f"The model '{body['model']}' is not served now."
            return Answer(status_code=404, body=envelope(404, message, code="model_not_found"))
        answer = await self._backend.complete(request.url, body)
        return message_replies.refusal(answer) if request.url == MESSAGES else answer
