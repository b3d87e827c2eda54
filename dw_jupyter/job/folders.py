"""The folder of all jobs: who decides, where a job is prepared, and which there are."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from dw_jupyter.errors import JournalError
from dw_jupyter.job.disk import disk, sync_folder
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.record import JobRecord

STAGING_SECONDS = 24 * 3600.0
DECIDING_SECONDS = 120.0
DECIDING_TURN = 0.05


def jobs_folder(home: Path) -> Path:
    """Where the jobs are, made if need be, for this user alone.

    Raises:
        JournalError: it cannot be made or written.
    """
    folder = home / "jobs"
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    return folder


@contextlib.asynccontextmanager
async def deciding(home: Path) -> AsyncIterator[None]:
    """Held while it is decided which job asks a row, so that two jobs never both find that nobody does.

    Another kernel may hold it for as long as it takes to look through its requests.

    Raises:
        JournalError: another kernel has held it for two minutes.
    """
    lock = FileLock(jobs_folder(home) / ".deciding")
    patience = time.monotonic() + DECIDING_SECONDS
    while not taken(lock):
        if time.monotonic() > patience:
            what = "Another kernel has been deciding for two minutes which rows it sends."
            raise JournalError(what, "Try again; if it hangs, restart it.", passing=True)
        await asyncio.sleep(DECIDING_TURN)
    try:
        yield
    finally:
        lock.release()


def taken(lock: FileLock) -> bool:
    """Take a lock, unless somebody else has it.

    Raises:
        JournalError: the disk does not take it.
    """
    with disk(Path(lock.lock_file).parent):
        try:
            lock.acquire(blocking=False)
        except Timeout:  # an OSError too
            return False
    return True


@contextlib.contextmanager
def staging(home: Path) -> Iterator[Path]:
    """A folder to prepare a job in; what was not published from it is gone afterwards."""
    jobs = jobs_folder(home)
    for left in (*jobs.glob(".new-*"), *jobs.glob(".forgotten-*")):  # by a kernel that was killed
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > STAGING_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
    folder = jobs / f".new-{secrets.token_hex(8)}"
    with disk(folder):
        folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(prepared: Path, record: JobRecord, *, fresh: bool) -> tuple[Journal, bool]:
    """Turn a prepared folder into the job's, unless the job is there already.

    A rename is atomic, so two kernels that run the same cell at once end with one job.

    Returns:
        The journal, and whether it is new. With ``fresh`` it always is: the id gets a number.
    """
    jobs = prepared.parent
    stem = record.stem
    if not fresh and (known := latest(jobs, stem)) is not None:
        return Journal.load(known), False
    number = 1
    while True:
        record.id = stem if number == 1 else f"{stem}-{number}"
        Journal(prepared, record).save()
        try:
            prepared.rename(jobs / record.id)
        except OSError:
            if not (jobs / record.id).exists():
                raise
            if not fresh:
                return Journal.load(jobs / record.id), False
            number += 1
            continue
        sync_folder(jobs)
        return Journal(jobs / record.id, record), True


def latest(jobs: Path, stem: str) -> Path | None:
    """The newest of the jobs with the same requests."""
    numbers = {1: jobs / stem} if (jobs / stem / "job.json").exists() else {}
    for folder in jobs.glob(f"{stem}-*"):
        number = folder.name.removeprefix(f"{stem}-")
        if number.isdecimal() and (folder / "job.json").exists():
            numbers[int(number)] = folder
    return numbers[max(numbers)] if numbers else None


def records(home: Path) -> list[JobRecord]:
    """Every job of this machine, newest first, but those that are damaged or of a newer version.

    Raises:
        JournalError: one cannot be read now.
    """
    found = []
    for path in jobs_folder(home).glob("[!.]*/job.json"):
        try:
            found.append(Journal.load(path.parent).record)
        except JournalError as error:
            if error.passing:
                raise
    return sorted(found, key=lambda record: record.created, reverse=True)
