"""The jobs that are under way in this kernel: one lifecycle each, however many cells ask for it."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from weakref import WeakValueDictionary

from dw_jupyter import errors
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.lifecycle import Again, Lifecycle
from dw_jupyter.job.snapshot import Snapshot

# By folder; used on the background loop alone.
_alive: dict[Path, Lifecycle] = {}
_latest: WeakValueDictionary[Path, Lifecycle] = WeakValueDictionary()
"""Also those that have ended, as long as somebody shows them or has their job at hand."""
_opening = asyncio.Lock()


async def open_job(journal: Journal, *, note: str = "", new: bool = False, again: Again | None = None) -> Lifecycle:
    """The lifecycle of a job: the one that is under way in this kernel, or a new one that goes on from the disk.

    Args:
        journal: the job.
        note: said beside the counts.
        new: whether the job was made just now, so that nothing of that folder can be under way.
        again: may take a job up that has ended; not asked where it is under way, here or in another kernel.
    """
    async with _opening:
        life = None if new else _alive.get(journal.folder)
        if life is None:
            life = _make(journal, note=note)
            await life.start(again=again)
            _keep(life, new=new)
        elif note or life.snapshot.label != journal.record.label:
            life.publisher.publish(note=note or life.snapshot.note, label=journal.record.label)
        return life


async def reopen_job(journal: Journal, again: Again) -> Lifecycle:
    """The lifecycle of a job that has ended and is taken up again.

    Raises:
        OptionError: it has not ended.
        JournalError: another kernel has it in its hands.
    """
    async with _opening:
        if journal.folder in _alive:
            raise errors.OptionError(f"Job {journal.record.id} still runs.", _FIRST)
        life = _make(journal)
        await life.restart(again)
        _keep(life)
        return life


def newest(life: Lifecycle) -> Lifecycle:
    """The life that a job has now: it may have been taken up again, by any of its handles. From any thread."""
    while life.successor is not None:
        life = life.successor
    return life


_FIRST = "Wait for its end, or cancel it, then retry."


def _make(journal: Journal, *, note: str = "") -> Lifecycle:
    return Lifecycle(journal, note=note, neighbour=lambda folder: open_job(Journal.load(folder)))


def _keep(life: Lifecycle, *, new: bool = False) -> None:
    folder = life.journal.folder
    before = _latest.get(folder)
    if before is not None and before.done.done() and not new:
        before.successor = life
        life.publisher.take_over(before.publisher)
    _latest[folder] = life
    if not life.done.done():
        _alive[folder] = life
        life.done.add_done_callback(lambda _: _forget(folder, life))


def alive() -> dict[str, Snapshot]:
    """What is known of each job under way in this kernel, by its id; on the background loop."""
    return {folder.name: life.snapshot for folder, life in _alive.items()}


def _forget(folder: Path, life: Lifecycle) -> None:
    if _alive.get(folder) is life:  # else a new job has taken the place of a deleted one
        del _alive[folder]


def _forget_after_fork() -> None:
    """A child has none of the parent's lifecycles at work."""
    global _opening  # noqa: PLW0603 - one for the process
    _alive.clear()
    _opening = asyncio.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)
