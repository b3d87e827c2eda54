"""One job's counts, put together from its batches."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from dw_jupyter.job.record import JobRecord
from dw_jupyter.job.snapshot import Snapshot, State


def tally(
    record: JobRecord,
    *,
    uploaded: Sequence[int],
    fetched: tuple[int, int],
    answered: int,
    rejected: int,
    cancelling: bool,
) -> dict[str, Any]:
    """The fields of a snapshot that follow from what the batches say and what is on this machine.

    Args:
        record: the job.
        uploaded: bytes sent of each shard that is at work.
        fetched: lines of output and of error files that are on this machine.
        answered: rows whose answer is on this machine, those among them that share one or had one before.
        rejected: rows that have failed as far as the lines on this machine tell, answers that do not fit the schema
            among them: those are the service's success and our failure.
        cancelling: whether the user wants it to end.
    """
    batches = [shard.batch for shard in record.shards if shard.batch is not None]
    # What the service counts and has not yet been fetched comes on top of what is here.
    completed = answered + max(0, sum(batch.completed for batch in batches) - fetched[0])
    failed = rejected + max(0, sum(batch.failed for batch in batches) - fetched[1])
    size = sum(shard.bytes for shard in record.shards)
    sending = [*uploaded, *[0] * (len(record.shards) - len(uploaded))]
    sent = sum(s.bytes if s.batch else n for s, n in zip(record.shards, sending, strict=True))
    return {
        "state": "cancelling" if cancelling else _state(record, started=completed + failed > 0),
        "completed": min(completed, record.rows),
        "failed": min(failed, record.rows),
        "reused": record.reused,
        "awaited": _awaited(record),
        "uploaded": min(1.0, sent / size) if size else 1.0,
        "window_ends": min((b.expires_at for b in batches if b.expires_at is not None), default=None),
        "batches": tuple(batch.id for batch in batches),
        "shards": _batches_in_all(record),
        **spending(record),
    }


def spending(record: JobRecord) -> dict[str, Any]:
    """Tokens, cost and estimate of a job, put together from what the service says of its batches."""
    told = [shard.analytics for shard in record.shards if shard.analytics]
    answers = sum(shard.batch.completed for shard in record.shards if shard.batch)
    return {
        "tokens": sum(each.total_tokens or 0 for each in told),
        "cost": _sum(each.total_cost for each in told),
        "counted": sum(each.total_requests or 0 for each in told) >= answers,
        "estimate": _estimate(record),
    }


def _sum(amounts: Iterable[str | None]) -> str:
    """The sum of decimal numbers, ``""`` where it is nothing: zero is what the service says when it does not know."""
    total = Decimal(0)
    for amount in filter(None, amounts):
        with contextlib.suppress(InvalidOperation):
            total += Decimal(amount)
    return str(total) if total.is_finite() and total > 0 else ""


def _estimate(record: JobRecord) -> str:
    """What all batches were thought to cost, ``""`` while that is not known of each."""
    sent = [shard for shard in record.shards if shard.requests and not shard.waits_for]
    known = all(_sum([shard.estimate]) for shard in sent)
    return _sum(shard.estimate for shard in sent) if known else ""


def _batches_in_all(record: JobRecord) -> int:
    return sum(1 for shard in record.shards if shard.requests or shard.batch)


def opening(record: JobRecord, *, note: str) -> Snapshot:
    """The first snapshot of a job whose record is on the disk."""
    return Snapshot(
        job=record.id,
        label=record.label,
        state=record.state,
        total=record.rows,
        completed=record.completed,
        failed=record.failed,
        reused=record.reused,
        awaited=_awaited(record),
        merged=record.merged,
        model=record.model,
        window=record.window,
        account=record.account,
        batches=tuple(shard.batch.id for shard in record.shards if shard.batch),
        shards=_batches_in_all(record),
        note=note,
        error=record.error,
        started=record.created,
        idle=record.idle,
        updated=record.finished or time.time(),
        **spending(record),
    )


def _awaited(record: JobRecord) -> int:
    return sum(shard.requests for shard in record.shards if shard.waits_for)


def _state(record: JobRecord, *, started: bool) -> State:
    if started:
        return "running"
    return "queued" if all(shard.settled or shard.waits_for for shard in record.shards) else "uploading"


def outcome(record: JobRecord, *, completed: int, cancelled: int, reason: str) -> tuple[State, str]:
    """How a job ended whose shards have all ended, and why, where it failed: two lines.

    Args:
        record: the job.
        completed: rows answered.
        cancelled: rows that were cancelled.
        reason: why most of the failed rows failed, ``""`` where none did.
    """
    if completed == record.rows:
        return "completed", ""
    if record.stopped:
        return "failed", record.stopped
    if cancelled:
        return "cancelled", ""
    if completed:
        return "completed", ""
    for shard in record.shards:
        if shard.error:
            return "failed", shard.error
        for error in (shard.batch and shard.batch.errors and shard.batch.errors.data) or []:
            if error.message:
                return "failed", f"The service failed the batch: {error.message}"
    if reason:
        what = f"None of the {record.rows:,} rows was answered. Most say: {reason}"
        return "failed", f"{what[:200]}\nThe column dw_error says why, row by row."
    return "failed", "The service failed the batch and gave no reason.\nRun the cell with --fresh to try it again."
