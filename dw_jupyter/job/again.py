"""A job that has ended is taken up again: to send what was never sent, or to ask once more what failed.

What is to be asked is settled in one step, the save of the record, with nobody else deciding meanwhile: a kill before
it leaves the job as it ended, and no other job begins to ask the same rows.
"""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np

from dw_jupyter import errors
from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.results import STATUSES, Results, Status
from dw_jupyter.frames.shards import ShardWriter
from dw_jupyter.job.asked import REUSED, Asked
from dw_jupyter.job.cache import KEYS, Found, candidates, find, keys_of
from dw_jupyter.job.disk import disk
from dw_jupyter.job.journal import Journal, deciding
from dw_jupyter.job.ledger import ids_in
from dw_jupyter.job.record import JobRecord, ShardRecord

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
    _ask(journal, asked, np.concatenate(unsent), limits=limits)


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
        OptionError: no row is meant, or the job has not ended.
        JournalError: the disk does not take it; the job is as it was.
    """
    if journal.record.finished is None:
        what = f"Job {journal.record.id} has not ended."
        raise errors.OptionError(what, "Run its cell again: that goes on with it.")
    rows = _choose(results, where)
    if not len(rows):
        meant = f"is {where!r}" if where else "is without an answer"
        raise errors.OptionError(f"No row of job {journal.record.id} {meant}.", "`job.errors()` says what went wrong.")
    answered = np.setdiff1d(rows, results.rows_of(*_UNANSWERED))
    journal.record.unbroken = True  # whoever retries has seen what failed
    _ask(journal, Asked(journal), rows, answered=answered, body=body, limits=limits)


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
    answered: Positions | tuple[()] = (),
    body: dict[str, Any] | None = None,
    limits: Limits,
) -> None:
    """Have rows of an ended job asked, each once, whatever other jobs ask meanwhile; the record is saved.

    Args:
        journal: the job.
        asked: its request files.
        rows: which rows.
        answered: those of them that have an answer, and are to have another.
        body: fields of the request body to change.
        limits: of one request file.
    """
    record = journal.record
    with deciding(journal.folder.parent.parent), disk(journal.folder):
        found = Found() if body else _find_elsewhere(journal, np.setdiff1d(rows, answered))
        elsewhere = np.concatenate([found.reused, *found.waiting.values()])
        left = np.setdiff1d(rows, elsewhere)
        apart = [asked.last_in(REUSED, left)]
        for number, shard in enumerate(record.shards):
            shard.retrying = False
            wanted = asked.last_in(number, left)
            if shard.unsent:
                apart.append(_send_late(shard, asked.in_file(number), wanted, changed=bool(body)))
                # What is never sent from here is asked elsewhere, or not at all.
                own = asked.last_in(number, asked.in_file(number))
                shard.superseded = bool(shard.error) and bool(np.isin(own, np.concatenate([wanted, elsewhere])).all())
            elif len(wanted):
                # In place the service runs all that it failed, also what has been asked apart since.
                lost = np.setdiff1d(asked.in_file(number), _answered(journal, number))
                in_place = not body and _runs_again(shard) and len(lost) > 0
                shard.retrying = in_place and bool(np.isin(lost, wanted).all())
                apart.append(np.setdiff1d(wanted, lost) if shard.retrying else wanted)
        _write(journal, asked, np.concatenate(apart), body=body, limits=limits)
        for other, awaited in found.waiting.items():
            _write(journal, asked, awaited, limits=limits, waits_for=other)
        if body:
            (journal.folder / KEYS).unlink(missing_ok=True)  # made again without the rows that now ask otherwise
        record.reopen()
        journal.forget_cancel()
        journal.save()


def _send_late(shard: ShardRecord, rows: Positions, wanted: Positions, *, changed: bool) -> Positions:
    """Have a shard sent as it is, where it was not and holds just the rows that are wanted; the rows it leaves over."""
    if changed or len(wanted) < len(rows):
        return wanted
    shard.error = ""
    return wanted[:0]


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
    if record.foreign:
        return Found()
    keys = keys_of(journal)
    jobs = journal.folder.parent
    others = candidates(jobs.parent, record.account)
    waiting = _waiting_for(record.id, others)  # itself, and those that to wait for would be to wait for itself
    others = [other for other in others if other.id not in waiting]
    into = journal.path("reused", len(record.shards))
    found = find(keys[np.isin(keys["row"], rows)], others, jobs, record.schema, into, ids=journal.ids)
    record.reused += len(found.reused)
    return found


def _waiting_for(job: str, others: list[JobRecord]) -> set[str]:
    """A job, and those that wait for it, directly or through others."""
    found = {job}
    while more := {
        other.id for other in others if other.id not in found and any(s.waits_for in found for s in other.shards)
    }:
        found |= more
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
