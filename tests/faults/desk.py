"""What a program does at the service: the calls a notebook would make, and what it sees."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import threading
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd
import psutil

import dw_jupyter as dw
from dw_jupyter import config
from dw_jupyter.frames.limits import Limits
from dw_jupyter.job import lifecycle, loop, prepare, registry, send, service, shard
from dw_jupyter.job.snapshot import ENDED

PATIENCE = 60.0


class View(TypedDict):
    """A job as its user sees it."""

    job: str
    state: str
    error: str
    total: int
    completed: int
    failed: int
    reused: int
    merged: int
    index: list[int]
    statuses: list[str]
    reasons: list[str | None]
    responses: list[str | None]


class Desk:
    """The jobs that a program has its hands on, by id.

    Args:
        environment: home, and the account unless an address is given.
        address: a file that says where the embedded service is now; it is the account then.
        rows_a_file: as if a request file could hold no more.
        pause: no wait of a job is longer, in seconds.
    """

    def __init__(
        self,
        *,
        environment: dict[str, str],
        address: Path | None = None,
        rows_a_file: int | None = None,
        pause: float = 0.05,
    ) -> None:
        os.environ |= environment
        if address is not None:
            config.providers["local"] = lambda _: config.Connection(account="local", **json.loads(address.read_bytes()))
            config.choose("local")
        if rows_a_file is not None:
            prepare.LIMITS = Limits(requests=rows_a_file)
        _hurry(pause)
        self._jobs: dict[str, dw.Job] = {}

    def submit(self, texts: list[str], **options: Any) -> str:
        """Run a cell over these texts; the job's id."""
        keys = [f'"key"/{place}' for place in reversed(range(len(texts)))]
        frame = pd.DataFrame({"text": texts, "key": keys}, index=range(100, 100 + len(texts)))
        job = dw.submit(frame, "{{ text }}", model="echo", **options)
        job.ready(PATIENCE)
        self._jobs[job.id] = job
        return job.id

    def attach(self, job_id: str) -> None:
        """Find a job by its id."""
        self._jobs[job_id] = dw.attach(job_id)

    def receive(self, job_id: str) -> bool:
        """Wait until every batch is made."""
        return self._jobs[job_id].received(PATIENCE)

    def view(self, job_id: str) -> View:
        """A job as it is now: the counts first, since the rows can only be more by then."""
        job = self._jobs[job_id]
        now = job.snapshot
        frame = job.df
        return {
            "job": now.job,
            "state": now.state,
            "error": now.error,
            "total": now.total,
            "completed": now.completed,
            "failed": now.failed,
            "reused": now.reused,
            "merged": now.merged,
            "index": frame.index.tolist(),
            "statuses": frame["dw_status"].tolist(),
            "reasons": _texts(frame["dw_error"]),
            "responses": _texts(frame["response"]),
        }

    def wait(self, job_id: str) -> View:
        """Wait for a job's end."""
        with contextlib.suppress(dw.errors.JobFailedError, dw.errors.JobCancelledError):
            self._jobs[job_id].result(PATIENCE)
        return self.view(job_id)

    def run(self, texts: list[str], **options: Any) -> View:
        """Run a cell and wait for it."""
        return self.wait(self.submit(texts, **options))

    def run_and_retry(self, texts: list[str], *, body: dict[str, Any], **options: Any) -> View:
        """Run a cell, and ask once more what failed, unless that is done."""
        view = self.run(texts, **options)
        return self._retry_and_wait(view, body)

    def run_and_stop(self, texts: list[str], *, body: dict[str, Any], **options: Any) -> View:
        """Run a cell, cancel it, and go on with what was not answered."""
        job_id = self.submit(texts, **options)
        if self.view(job_id)["state"] not in ENDED:
            self.receive(job_id)
            self.cancel(job_id)
        return self._retry_and_wait(self.wait(job_id), body)

    def _retry_and_wait(self, view: View, body: dict[str, Any]) -> View:
        if set(view["statuses"]) == {"completed"}:
            return view
        self.retry(view["job"], **body)
        return self.wait(view["job"])

    def cancel(self, job_id: str) -> None:
        """Ask for its end."""
        self._jobs[job_id].cancel()

    def retry(self, job_id: str, **body: Any) -> None:
        """Ask again what has no answer."""
        self._jobs[job_id].retry(**body)

    def forget(self, job_id: str) -> None:
        """Remove it from this machine."""
        dw.forget(job_id)
        self._jobs.pop(job_id, None)

    def drop(self) -> None:
        """Let every job go."""
        self._jobs.clear()

    def measure(self) -> dict[str, int]:
        """What a program holds on to: lifecycles, tasks, open files; and its threads, beside those of the one pool."""
        gc.collect()
        tasks = loop.run(_count_tasks())
        pool = sum(thread.name.startswith("asyncio_") for thread in threading.enumerate())
        return {
            "lives": len(registry._alive),
            "tasks": tasks,
            "threads": threading.active_count() - pool,
            "files": psutil.Process().num_fds(),
        }


def _texts(column: pd.Series) -> list[str | None]:
    return [text if isinstance(text, str) else None for text in column]


async def _count_tasks() -> int:
    """Tasks of the background loop, beside this one."""
    return len(asyncio.all_tasks()) - 1


def _hurry(pause: float) -> None:
    """Shorten the waits, which are of seconds and more, so that a test sees many jobs to their end."""
    waited = service.Service.pause

    async def wait(self: service.Service, seconds: float) -> None:
        await waited(self, min(seconds, pause))

    service.Service.pause = wait  # type: ignore[method-assign] # in a process of its own
    pace = service.Pace(least=pause, most=pause)
    service.LOOPBACK = pace
    lifecycle.LOOPBACK = lifecycle.CLOUD = pace  # type: ignore[attr-defined] # the same
    send.LOOKS = send.LOOKS_HERE = (0.0, pause, pause)
    shard.SAVE_SECONDS = 0.0
    loop.LINGER_SECONDS = 0.0
