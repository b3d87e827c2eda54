"""A job that has ended is taken up again: to send what was never sent, or to ask once more what failed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from dw_jupyter import errors
from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.results import STATUSES, Results, Status
from dw_jupyter.frames.shards import ShardWriter
from dw_jupyter.job.cache import KEYS, Found, candidates, find, keys_of
from dw_jupyter.job.journal import Journal, disk
from dw_jupyter.job.ledger import REUSED, ids_in, locate, rows_of
from dw_jupyter.job.record import JobRecord, ShardRecord

LEAST_WINDOW = 3600.0
"""Seconds of its window that a batch must have left to be run again in place: the service stops trying before."""
_UNANSWERED: tuple[Status, ...] = ("failed", "cancelled", "expired", "missing")


def resume(journal: Journal, _: Results, *, window: str) -> None:
    """Take a job up that ended with something unsent, such as for want of credit; leave any other as it ended."""
    if journal.record.resumable:
        journal.forget_cancel()
        journal.record.resume(window=window)
        journal.save()


def retry(journal: Journal, results: Results, *, where: str | None, body: dict[str, Any], limits: Limits) -> None:
    """Ask rows once more: in place on the service where all that it failed is wanted, else in a batch of their own.

    Args:
        journal: a job that has ended.
        results: what its rows have.
        where: which rows: a status, the reason why answers ended (``"length"``), or words in ``dw_error``; all that
            have no answer unless given.
        body: fields of the request body to change.
        limits: of one request file.

    Raises:
        OptionError: no row is meant.
        JournalError: the disk does not take it; the job is as it was.
    """
    record = journal.record
    rows = _choose(results, where)
    if not len(rows):
        meant = f"is {where!r}" if where else "is without an answer"
        raise errors.OptionError(f"No row of job {record.id} {meant}.", "`job.errors()` says what went wrong.")
    asked = [rows_of(journal, number) for number in range(len(record.shards))]
    last = np.full(record.rows, -1)
    for number, of_shard in enumerate(asked):
        last[of_shard] = number
    own = last[rows] >= 0
    if not own.any():
        what = f"The answers to these {len(rows):,} rows are those of another job."
        raise errors.OptionError(what, "Retry that one, or run the cell with --fresh.")
    rows = rows[own]
    unanswered = np.intersect1d(rows, results.rows_of(*_UNANSWERED))
    found = _find_elsewhere(journal, unanswered) if not body else Found()
    rows = np.setdiff1d(rows, np.concatenate([found.reused, *found.waiting.values()]))
    again: list[Positions] = []
    for number, shard in enumerate(record.shards):
        shard.retrying = False
        wanted = rows[last[rows] == number]
        if not len(wanted):
            continue
        if shard.batch is None:  # never sent: then it is sent now
            shard.error = ""
            continue
        # In place the service runs all that it failed, also what has been asked apart since.
        lost = np.setdiff1d(asked[number], _answered(journal, number))
        if not body and _runs_again(shard) and len(lost) and np.isin(lost, wanted).all():
            shard.retrying = True
            wanted = np.setdiff1d(wanted, lost)
        again.append(wanted)
    with disk(journal.folder):
        _write_again(journal, np.concatenate([*again, np.array([], np.int64)]), asked, body, limits)
        for other, awaited in found.waiting.items():
            _write_again(journal, awaited, asked, body, limits, waits_for=other)
        if body:
            (journal.folder / KEYS).unlink(missing_ok=True)  # made again without the rows that now ask otherwise
    record.finished, record.state, record.error, record.stopped = None, "uploading", "", ""
    record.unbroken = True  # whoever retries has seen what failed
    journal.forget_cancel()
    journal.save()


def ask_apart(journal: Journal, number: int, *, limits: Limits) -> None:
    """Ask what failed of a batch in one of its own, since the service does not run it again in place.

    The record says so, and is to be saved.
    """
    asked = [rows_of(journal, each) for each in range(number + 1)]
    with disk(journal.folder):
        _write_again(journal, np.setdiff1d(asked[number], _answered(journal, number)), asked, {}, limits)
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


def _runs_again(shard: ShardRecord) -> bool:
    """Whether the service can run what failed of a batch again, in place."""
    batch = shard.batch
    if batch is None or shard.error or not batch.input_file_id:
        return False
    return batch.expires_at is None or batch.expires_at - time.time() > LEAST_WINDOW


def _answered(journal: Journal, number: int) -> Positions:
    """The rows that the service counts as its successes, fitting the schema or not."""
    return locate(journal)(list(ids_in(journal.path("output", number))))


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
    with disk(journal.folder):
        found = find(keys[np.isin(keys["row"], rows)], others, jobs, record.schema, journal.folder / REUSED)
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


def _write_again(
    journal: Journal,
    rows: Positions,
    asked: list[Positions],
    body: dict[str, Any],
    limits: Limits,
    *,
    waits_for: str = "",
) -> None:
    """Write the requests of some rows, as each was asked last, into new files, and take them into the record.

    ``asked`` are the rows of each shard.
    """
    if not len(rows):
        return
    record = journal.record
    with ShardWriter(journal.folder, limits, begin=len(record.shards)) as writer:
        for row, line in _lines(journal, rows, asked):
            changed = _change(line, body) if body else line
            writer.write((changed,), len(changed), row=row)
    for shard in writer.shards:
        record.add(shard, again=True, waits_for=waits_for)


def _change(line: bytes, body: dict[str, Any]) -> bytes:
    request = json.loads(line)
    request["body"] |= body
    return json.dumps(request, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _lines(journal: Journal, rows: Positions, asked: list[Positions]) -> Iterator[tuple[int, bytes]]:
    """The request lines of some rows, as each was asked last."""
    last = np.full(journal.record.rows, -1)
    for number, of_shard in enumerate(asked):
        last[np.intersect1d(of_shard, rows)] = number
    for number, of_shard in enumerate(asked):
        with journal.requests_path(number).open("rb") as lines:
            for row, line in zip(of_shard.tolist(), lines, strict=True):
                if last[row] == number:
                    yield row, line
