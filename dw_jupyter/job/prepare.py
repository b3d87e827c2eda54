"""From a plan to a job on disk: every row rendered, and what earlier jobs have taken from them."""

from __future__ import annotations

import asyncio
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from dw_jupyter import config
from dw_jupyter.api.lines import LineFile
from dw_jupyter.frames.hashes import is_definite, make_keys, save_keys
from dw_jupyter.frames.ids import RowIds
from dw_jupyter.frames.index import save_index
from dw_jupyter.frames.kept import save_kept
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.remarks import remark_length
from dw_jupyter.frames.requests import RequestForm, Written, write_requests
from dw_jupyter.frames.schema import Schema
from dw_jupyter.frames.shards import deal, pick_lines
from dw_jupyter.job import cache, folders
from dw_jupyter.job import journal as journals
from dw_jupyter.job.disk import disk
from dw_jupyter.job.journal import IDS, INDEX, Journal
from dw_jupyter.job.ledger import save_shares
from dw_jupyter.job.record import JobRecord, digest, new_token

LIMITS = Limits()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that is needed to make the requests of one cell, checked."""

    form: RequestForm
    frame: pd.DataFrame
    ids: RowIds
    schema: Schema | None
    account: str
    key_hash: str
    model: str
    window: str
    label: str
    labelled: bool
    """Whether somebody has written the label: then a job that is there already is called so too."""
    kept: pd.DataFrame
    """Columns of the source that the frame of answers carries along."""
    tags: dict[str, str]
    fresh: bool
    note: str


async def write(plan: Plan) -> tuple[Journal, bool, str]:
    """Render every row to request lines on disk.

    Returns:
        The job they belong to, whether it is new, and what there is to say of their lengths.

    Raises:
        InputError: a row cannot be rendered.
        JournalError: the disk does not take it.
    """
    home = config.home()
    with folders.staging(home) as folder:
        written, record = await asyncio.to_thread(_render, plan, folder)
        async with folders.deciding(home):
            journal, new = await asyncio.to_thread(_place, plan, folder, record, written)
    return journal, new, remark_length(written.lengths, plan.frame.index)


def _render(plan: Plan, folder: Path) -> tuple[Written, JobRecord]:
    """Write the requests, and what stands beside them, into a folder."""
    with disk(folder):
        written = write_requests(plan.form, plan.frame, folder, ids=plan.ids, limits=LIMITS)
        _save_labels(plan, folder)
        return written, JobRecord(
            id="",
            digest=digest(plan.account, written.digest),
            account=plan.account,
            key_hash=plan.key_hash,
            label=plan.label,
            endpoint=plan.form.url,
            window=plan.window,
            model=plan.model,
            rows=written.rows,
            json_schema=plan.schema.to_json() if plan.schema is not None else None,
            token=new_token(),
            tags=plan.tags,
            shards=[],
            created=time.time(),
            definite=_is_definite(plan.form),
            named=plan.ids.given is not None,
            fresh=plan.fresh,
        )


def _place(plan: Plan, folder: Path, record: JobRecord, written: Written) -> tuple[Journal, bool]:
    """The job of the requests in a folder, and whether it is new. For whoever decides."""
    with disk(folder.parent):
        if plan.fresh or folders.latest(folder.parent, record.stem) is None:
            _divide(plan, folder, record, written)
        journal, new = folders.publish(folder, record, fresh=plan.fresh)
        if not new:
            # The requests are the same, what stands beside them may be other.
            _save_labels(plan, journal.folder)
            if plan.labelled:
                journal.rename(plan.label)
            shutil.rmtree(folder, ignore_errors=True)
    return journal, new


def _is_definite(form: RequestForm) -> bool:
    # Where a row chooses for itself how its answer is drawn, no two rows are surely the same.
    return is_definite(form.url, form.body) and not form.per_row.keys() & {"temperature", "seed"}


def _save_labels(plan: Plan, folder: Path) -> None:
    save_index(plan.frame.index, folder / INDEX)
    save_kept(plan.kept, folder)
    if plan.ids.given is not None:
        save_index(pd.Index(plan.ids.given.to_pylist(), dtype=object), folder / IDS)


def _divide(plan: Plan, folder: Path, record: JobRecord, written: Written) -> None:
    """Settle for each row whether it is sent, shares another's answer, has one already or waits for another job."""
    keys, shares = make_keys(written.hashes, definite=record.definite and not plan.fresh)
    piles = np.where(shares == np.arange(written.rows), 0, -1)
    if (piles < 0).any():
        save_shares(shares, folder)
    save_keys(keys, folder / cache.KEYS)
    found = cache.Found()
    if not plan.fresh:
        others = cache.candidates(config.home(), plan.account)
        # Some may wait for a job of that id which was forgotten, and is now made anew.
        waiting = cache.waiting_for(record.stem, others)
        earlier = [other for other in others if other.id not in waiting]
        into = journals.lines_path(folder, "reused", 0)
        rows = keys["row"].astype(np.int64)
        found = cache.find(keys, rows, earlier, jobs=folder.parent, schema=plan.schema, into=into, ids=plan.ids)
    piles[found.reused] = -1
    reused = np.isin(shares, found.reused)
    record.reused = int(reused.sum())
    record.merged = int(np.count_nonzero(~reused & (shares != np.arange(written.rows))))
    for number, rows in enumerate(found.waiting.values(), 1):
        piles[rows] = number
    paths = [shard.path for shard in written.shards]
    if len(found.reused):
        # They may be asked again, and be read.
        kept = LineFile(folder / journals.REUSED_REQUESTS)
        for lines in pick_lines(paths, np.isin(np.arange(written.rows), found.reused)):
            kept.append(lines)
    if not piles.any():
        dealt = [list(written.shards)]
    else:
        dealt = deal(paths, piles, folder, LIMITS)
        for path in paths:
            path.unlink()
    waited = ["", *found.waiting]
    for pile, shards in enumerate(dealt):
        for shard in shards:
            shard.path.rename(folder / f"requests-{len(record.shards):03}.jsonl")
            record.add(shard, waits_for=waited[pile])
    for pile_folder in folder.glob("pile-*"):
        pile_folder.rmdir()
