"""A job that has ended is taken up again: to send what was never sent, or to ask once more what failed.

What is to be asked is settled in one step, the save of the record: a kill before it leaves the job as it ended. Whoever
calls holds `folders.deciding`, so that no other job begins to ask the same rows meanwhile.
"""

from __future__ import annotations

import difflib
import json
import time
from typing import Any, Literal

import numpy as np

from dw_jupyter import errors
from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.results import STATUSES, Results, Status
from dw_jupyter.frames.shards import ShardWriter
from dw_jupyter.job.asked import REUSED, Asked
from dw_jupyter.job.cache import KEYS, Found, candidates, find, keys_of, waiting_for
from dw_jupyter.job.disk import disk
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.ledger import ids_in
from dw_jupyter.job.record import ShardRecord

LEAST_WINDOW = 3600.0
"""Seconds of its window that a batch must have left to be run again in place: the service stops trying before."""
_UNANSWERED: tuple[Status, ...] = ("failed", "cancelled", "expired", "missing")


def resume(journal: Journal, results: Results, *, window: str, limits: Limits) -> None:
    """Take a job up that ended with something unsent, such as for want of credit; leave any other as it ended.

    Args:
        journal: the job.
        results: what its rows have.
        window: the completion window, if nothing of the job was sent in another.
        limits: of one request file.

    Raises:
        JournalError: the disk does not take it; the job is as it was.
    """
    record = journal.record
    if not record.resumable:
        return
    asked = Asked(journal)
    unanswered = results.rows_of(*_UNANSWERED)
    unsent = [asked.last_in(number, unanswered) for number, shard in enumerate(record.shards) if shard.unsent]
    if all(shard.batch is None for shard in record.shards):
        record.window = window
    _ask(journal, asked, np.concatenate(unsent), unanswered=unanswered, limits=limits)


def retry(journal: Journal, results: Results, *, where: str | None, body: dict[str, Any], limits: Limits) -> None:
    """Ask rows once more: in place on the service where all that it failed is wanted, else in a batch of their own.

    Args:
        journal: the job.
        results: what its rows have.
        where: which rows: a status, the reason why answers ended (``"length"``), or words in ``dw_error``; all that
            have no answer unless given.
        body: fields of the request body to change.
        limits: of one request file.

    Raises:
        OptionError: no row is meant, or the job has not ended and something particular is.
        JournalError: the disk does not take it; the job is as it was.
    """
    if journal.record.finished is None:
        if where is None and not body:
            return  # it goes on with all that has no answer
        what = f"Job {journal.record.id} has not ended."
        raise errors.OptionError(what, "Run its cell again: that goes on with it.")
    record = journal.record
    if where is None and results.completed > record.completed:
        _finish_step(journal)  # an earlier retry broke off when it had found answers elsewhere
        return
    rows = _choose(results, where)
    if not len(rows):
        meant = f"is {where!r}" if where else "is without an answer"
        near = difflib.get_close_matches(where or "", [*_UNANSWERED, "length"], n=1)
        todo = f"Did you mean {near[0]!r}? " if near and near[0] != where else ""
        todo += "`job.errors()` says what went wrong." if where else "There is nothing to ask again."
        raise errors.OptionError(f"No row of job {record.id} {meant}.", todo)
    record.unbroken = True  # whoever retries has seen what failed
    unanswered = results.rows_of(*_UNANSWERED)
    _ask(journal, Asked(journal), rows, unanswered=unanswered, body=body, limits=limits)


def ask_apart(journal: Journal, number: int, *, limits: Limits) -> None:
    """Ask what failed of a batch in one of its own, since the service does not run it again in place.

    The record says so, and is to be saved.
    """
    asked = Asked(journal)
    rows = np.setdiff1d(asked.in_file(number), _answered(journal, number))
    with disk(journal.folder):
        _write(journal, asked, asked.last_in(number, rows), limits=limits)
    journal.record.shards[number].retrying = False


def _choose(results: Results, where: str | None) -> Positions:
    if where is None:
        return results.rows_of(*_UNANSWERED)
    if where in STATUSES:
        return results.rows_of(where)
    ending = results.rows_ending(where)
    if len(ending):
        return ending
    open_rows = results.rows_of(*_UNANSWERED)
    return open_rows[[where.lower() in reason.lower() for reason in results.reasons(open_rows)]]


def _ask(
    journal: Journal,
    asked: Asked,
    rows: Positions,
    *,
    unanswered: Positions,
    body: dict[str, Any] | None = None,
    limits: Limits,
) -> None:
    """Have rows of an ended job asked, each once, whatever other jobs ask meanwhile; the record is saved.

    Args:
        journal: the job.
        asked: its request files.
        rows: which rows.
        unanswered: all rows without an answer: those of them that nothing asks stay as they are.
        body: fields of the request body to change.
        limits: of one request file.
    """
    record = journal.record
    with disk(journal.folder):
        found = Found() if body else _find_elsewhere(journal, np.intersect1d(rows, unanswered))
        elsewhere = np.concatenate([found.reused, *found.waiting.values()])
        left = np.setdiff1d(rows, elsewhere)
        apart = [asked.last_in(REUSED, left)]
        for number, shard in enumerate(record.shards):
            wanted = asked.last_in(number, left)
            lost = np.setdiff1d(asked.in_file(number), _answered(journal, number))
            way = _way(shard, wanted, lost, changed=bool(body))
            shard.retrying = way == "in place"
            if shard.unsent:
                settled = np.concatenate([wanted, elsewhere])
                own = asked.last_in(number, unanswered)
                shard.superseded = way == "apart" and bool(np.isin(own, settled).all())
                shard.error = "" if way == "as it is" else shard.error
            apart.append(wanted if way == "apart" else np.setdiff1d(wanted, lost))
        _write(journal, asked, np.concatenate(apart), body=body, limits=limits)
        for other, awaited in found.waiting.items():
            _write(journal, asked, awaited, limits=limits, waits_for=other)
        if body:
            (journal.folder / KEYS).unlink(missing_ok=True)  # made again without the rows that now ask otherwise
        _finish_step(journal)


def _way(
    shard: ShardRecord, wanted: Positions, lost: Positions, *, changed: bool
) -> Literal["as it is", "in place", "apart"]:
    """How rows of a shard are asked.

    Args:
        shard: it.
        wanted: rows that it was the last to hold, and that are to be asked.
        lost: rows that it holds, and that the service has not answered.
        changed: whether they are asked otherwise than before.

    Conditions, first match wins:

    1. other parameters, or nothing that the service has not answered is wanted → apart, in a batch of their own
    2. not all is wanted that the service would ask: it runs what failed since, too, and sends files whole → apart
    3. it was never sent → as it is
    4. the service can run it again: it has its input, and enough of its window → in place
    5. otherwise apart
    """
    if changed or not len(lost) or not np.isin(lost, wanted).all():
        return "apart"
    if shard.unsent:
        return "as it is"
    return "in place" if _runs_again(shard) else "apart"


def _finish_step(journal: Journal) -> None:
    """Have the job begin again, as the record now says."""
    journal.record.reopen()
    journal.forget_cancel()
    journal.save()


def _runs_again(shard: ShardRecord) -> bool:
    """Whether the service can run what failed of a batch again, in place."""
    batch = shard.batch
    if batch is None or shard.error or not batch.input_file_id:
        return False
    return batch.expires_at is None or batch.expires_at - time.time() > LEAST_WINDOW


def _answered(journal: Journal, number: int) -> Positions:
    """The rows that the service counts as its successes, fitting the schema or not."""
    return journal.ids.locate(list(ids_in(journal.path("output", number))))


def _find_elsewhere(journal: Journal, rows: Positions) -> Found:
    """What other jobs have of these rows by now, or are asking: while this one lay still, they may have been sent."""
    record = journal.record
    if record.foreign or record.fresh:
        return Found()
    others = candidates(journal.home, record.account)
    waiting = waiting_for(record.id, others)
    others = [other for other in others if other.id not in waiting]
    into = journal.path("reused", len(record.shards))
    keys, jobs = keys_of(journal), journal.folder.parent
    found = find(keys, rows, others, jobs=jobs, schema=record.schema, into=into, ids=journal.ids)
    record.reused += len(found.reused)
    return found


def _write(
    journal: Journal,
    asked: Asked,
    rows: Positions,
    *,
    body: dict[str, Any] | None = None,
    limits: Limits,
    waits_for: str = "",
) -> None:
    """Write the requests of some rows, as each was asked last, into new files, and take them into the record."""
    if not len(rows):
        return
    record = journal.record
    with ShardWriter(journal.folder, limits, begin=len(record.shards)) as writer:
        for row, line in asked.lines(rows):
            changed = (_change(line, body) if body else line) + b"\n"
            writer.write((changed,), len(changed), row=row)
    for shard in writer.shards:
        record.add(shard, again=True, waits_for=waits_for)


def _change(line: bytes, body: dict[str, Any]) -> bytes:
    request = json.loads(line)
    request["body"] |= body
    return json.dumps(request, separators=(",", ":"), allow_nan=False).encode()
