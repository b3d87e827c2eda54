"""The jobs that are under way in this kernel: one lifecycle each, however many cells ask for it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dw_jupyter.job.journal import Journal
from dw_jupyter.job.lifecycle import Again, Lifecycle

# By folder; used on the background loop alone.
_alive: dict[Path, Lifecycle] = {}
_opening = asyncio.Lock()


async def open_job(journal: Journal, *, note: str = "", new: bool = False, again: Again | None = None) -> Lifecycle:
    """The lifecycle of a job: the one that is under way in this kernel, or a new one that goes on from the disk.

    Args:
        journal: the job.
        note: said beside the counts.
        new: whether the job was made just now, so that nothing of that folder can be under way.
        again: takes a job up that has ended.
    """
    async with _opening:
        life = None if new else _alive.get(journal.folder)
        if life is None:
            life = Lifecycle(journal, note=note, neighbour=lambda folder: open_job(Journal.load(folder)))
            await life.start(again=again)
            if not life.done.done():
                _alive[journal.folder] = life
                life.done.add_done_callback(lambda _: _forget(journal.folder, life))
        elif note:
            life.remark(note)
        return life


def _forget(folder: Path, life: Lifecycle) -> None:
    if _alive.get(folder) is life:  # else a new job has taken the place of a deleted one
        del _alive[folder]
