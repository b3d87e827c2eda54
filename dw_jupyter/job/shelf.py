"""The jobs of this machine: found again, listed, and forgotten."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
from pathlib import Path
from typing import get_args

import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.api.ids import bare
from dw_jupyter.errors import NoJobError
from dw_jupyter.frames.ids import BY_POSITION
from dw_jupyter.frames.index import load_index
from dw_jupyter.frames.kept import load_kept
from dw_jupyter.job import folders, loop, registry
from dw_jupyter.job.adopt import adopt
from dw_jupyter.job.disk import disk
from dw_jupyter.job.driver import Driver
from dw_jupyter.job.handle import Job
from dw_jupyter.job.journal import INDEX, Journal
from dw_jupyter.job.layout import Layout
from dw_jupyter.job.lifecycle import Again
from dw_jupyter.job.record import JobRecord, ShardRecord
from dw_jupyter.job.snapshot import Snapshot, State

ADOPT_SECONDS = 600.0
SHORT_ID = 8
"""As much of a batch's id as labels show."""
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")


def attach(job_id: str, *, account: str | None = None, meta: bool = False) -> Job:
    """The job of an earlier cell, live or ended; or a batch that was made elsewhere, as a job.

    The frame of such a batch has its ``custom_id`` as index, and the column ``prompt`` beside the answers.

    Args:
        job_id: a job's id, or the beginning of it; or the id of a batch.
        account: whose batch it is; the account in use unless given.
        meta: add the columns that ``submit`` adds by ``meta``.

    Raises:
        JournalError: this machine has no such job.
        NotFoundError: the account has no such batch.
    """
    job = open_journal(_find(job_id, account), meta=meta)
    job.ready()
    return job


def open_journal(journal: Journal, *, meta: bool = False, note: str = "", again: Again | None = None) -> Job:
    """The handle of a job that has a journal; ``again`` takes it up where it has ended.

    Raises:
        JournalError: its index cannot be read.
    """
    record = journal.record
    try:
        index, kept = load_index(journal.folder / INDEX), load_kept(journal.folder)
    except (OSError, ValueError) as error:
        raise errors.JournalError(
            f"The index of job {record.id} cannot be read: {error}"[:200], "Run its cell again."
        ) from None
    early = Snapshot(job=record.id, label=record.label, total=record.rows, model=record.model, started=record.created)
    layout = Layout(index=index, schema=record.schema, kept=kept, meta=meta, ids=journal.ids if meta else BY_POSITION)
    return Job(registry.open_job(journal, note=note, again=again), layout=layout, early=early)


def jobs(
    *, state: str | None = None, account: str | None = None, search: str = "", since: str | pd.Timestamp | None = None
) -> pd.DataFrame:
    """The jobs of this machine, newest first: id, label, state, counts, model, account, when it began, bytes on disk.

    Counts are those that the kernel which drives a job has written down last.

    Args:
        state: only jobs in this state, such as ``running`` or ``completed``.
        account: only jobs of this account.
        search: only jobs with this in their label, model or id, in capitals or not.
        since: only jobs that began then or later; a naive time is UTC.
    """
    if state is not None and state not in get_args(State):
        raise errors.OptionError(f"There is no state {state!r}.", f"Give {', '.join(get_args(State))}.")
    columns = ["job", "label", "state", "rows", "completed", "failed", "model", "window", "account", "created", "bytes"]
    folder = folders.jobs_folder(config.home())
    listed = pd.DataFrame([_listed(record, folder) for record in folders.records(config.home())], columns=columns)
    wanted = pd.Series(data=True, index=listed.index)
    for column, value in {"state": state, "account": account}.items():
        if value is not None:
            wanted &= listed[column] == value
    if search:
        text = listed["job"] + " " + listed["label"] + " " + listed["model"]
        wanted &= text.str.contains(search, case=False, regex=False)
    if since is not None:
        try:
            moment = pd.Timestamp(since)
        except ValueError:
            raise errors.OptionError(
                f"{since!r} is no time.", "Write 2026-01-31, or with the hour '2026-01-31 08:00'."
            ) from None
        wanted &= listed["created"] >= (moment if moment.tzinfo else moment.tz_localize("UTC"))
    return listed[wanted].reset_index(drop=True)


def describe(job_id: str) -> str:
    """A job in words: ``"reviews → labels, 142 answers, 60 kB"``.

    Raises:
        JournalError: there is no such job.
    """
    journal = _find(job_id, None, adopting=False)
    size = _size(journal.folder) / 1000
    open_yet = "" if journal.record.finished is not None else ", not ended yet"
    return f"{journal.record.label}, {journal.record.completed:,} answers, {size:,.0f} kB{open_yet}"


def forget(job_id: str) -> int:
    """Remove a job that no kernel drives from this machine, answers and all. The service keeps what it has.

    Returns:
        How many bytes were freed.

    Raises:
        JournalError: there is no such job, it still runs, or it cannot be removed.
    """
    journal = _find(job_id, None, adopting=False)
    driver = Driver(journal.folder)
    if not driver.take():
        raise errors.JournalError(f"Job {journal.record.id} still runs.", "Wait for its end, or cancel it first.")
    driver.release()
    freed = _size(journal.folder)
    with disk(journal.folder):
        # Under a name that no list shows, so that a removal cut short leaves no half of a job.
        aside = journal.folder.with_name(f".forgotten-{secrets.token_hex(8)}")
        journal.folder.rename(aside)
        shutil.rmtree(aside)
    return freed


def _find(job_id: str, account: str | None, *, adopting: bool = True) -> Journal:
    folder = folders.jobs_folder(config.home())
    records = folders.records(config.home())
    matches = [record.id for record in records if record.id.startswith(job_id)]
    exact = job_id if job_id in matches else matches[0] if job_id and len(matches) == 1 else None
    batch_id = bare(job_id)
    if exact is None and _UUID.fullmatch(batch_id):
        exact = next((record.id for record in records if any(_is(shard, batch_id) for shard in record.shards)), None)
        if exact is None and adopting:
            return loop.run(adopt(config.connect(account), batch_id), timeout=ADOPT_SECONDS)
    if exact is None and len(batch_id) >= SHORT_ID:
        beginning = [record.id for record in records if any(_is(shard, batch_id) for shard in record.shards)]
        exact = beginning[0] if len(beginning) == 1 else None
    if exact is None:
        raise _unknown(job_id, [record for record in records if record.id in matches], records)
    return Journal.load(folder / exact)


def _unknown(job_id: str, alike: list[JobRecord], records: list[JobRecord]) -> NoJobError:
    if not records:
        return NoJobError(f"There is no job {job_id!r}.", "This machine has none yet.")
    many = f"{len(alike)} jobs begin with" if job_id and alike else "There is no job"
    newest = (alike or records)[0]
    label = newest.label if len(newest.label) <= 30 else f"{newest.label[:29]}…"
    todo = f"The newest is {newest.id} ({label}); `%dwbatch jobs`, or dw_jupyter.jobs(), lists them."
    return NoJobError(f"{many} {job_id!r}.", todo)


def _is(shard: ShardRecord, batch_id: str) -> bool:
    return shard.batch is not None and shard.batch.id.startswith(batch_id)


def _listed(record: JobRecord, jobs: Path) -> dict[str, object]:
    return {
        "job": record.id,
        "label": record.label,
        "state": record.state,
        "rows": record.rows,
        "completed": record.completed,
        "failed": record.failed,
        "model": record.model,
        "window": record.window,
        "account": record.account,
        "created": pd.Timestamp(record.created, unit="s", tz="UTC").floor("s"),
        "bytes": _size(jobs / record.id),
    }


def _size(folder: Path) -> int:
    size = 0
    with contextlib.suppress(OSError):  # forgotten meanwhile
        size = sum(file.stat().st_size for file in folder.iterdir())
    return size
