"""What a list of everything shows: the jobs of this machine, and the batches of the account beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from dw_jupyter.api.types import Batch
from dw_jupyter.job.estimate import FREE, money
from dw_jupyter.job.record import JobRecord
from dw_jupyter.job.send import METADATA_KEY
from dw_jupyter.job.snapshot import Snapshot, State
from dw_jupyter.job.tally import opening

Group = Literal["active", "completed", "failed", "cancelled"]
DESCRIPTION = "batch_description"
_BEFORE = ("preparing", "uploading", "queued")
"""States of a job of which nothing has been answered."""
_UNFETCHED = "Ended on the service; attach it to fetch its answers."


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One job of this machine, or one batch of the account that is part of none."""

    id: str
    """The job's id, or the batch's."""
    here: bool
    """Whether it is a job of this machine."""
    ours: bool = False
    """Whether dw_jupyter made it all the same: for a job of another machine, or one that is forgotten here. Which of
    the two, a batch does not tell."""
    snapshot: Snapshot
    cost: Decimal | None = None
    """US dollars so far; ``None`` while it is not known, which does not mean free."""
    tokens: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def headline(self) -> str:
        """How it stands, in one short line."""
        return f"Ended, not fetched: {self.snapshot.headline}" if self.unfetched else self.snapshot.headline

    @property
    def unfetched(self) -> bool:
        """Whether the service is done with it, and no kernel has fetched the answers."""
        return self.note == _UNFETCHED

    @property
    def group(self) -> Group:
        """What it counts as when the list is narrowed."""
        match self.snapshot.state:
            case "completed" | "failed" | "cancelled" as state:
                return state
        return "active"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which entries are wanted; each that is left out lets all through. Times are epoch seconds."""

    group: str = ""
    """``"failed"`` also means what has failed rows, however it stands."""
    text: str = ""
    since: float | None = None
    until: float | None = None


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Sums over entries. ``unpriced`` of them cost something that is not known."""

    entries: int
    active: int
    completed: int
    failed: int
    cost: Decimal
    unpriced: int


def merge(
    records: Iterable[JobRecord], alive: Mapping[str, Snapshot], batches: Iterable[Batch], *, account: str
) -> list[Entry]:
    """Everything there is, each once: what is active first, then the newest.

    A batch belongs to the job whose record names it, or whose token its metadata hold: its receipt may be on its way.

    Args:
        records: the jobs of this machine.
        alive: what is known of those under way in this kernel; it is newer than their records.
        batches: those of the account, with their analytics.
        account: which that is.
    """
    listed = {batch.id: batch for batch in batches}
    by_token: dict[str, list[Batch]] = {}
    for batch in listed.values():
        token = str((batch.metadata or {}).get(METADATA_KEY, "")).rpartition("-")[0]
        by_token.setdefault(token, []).append(batch)
    entries = []
    for record in records:
        named = {shard.batch.id for shard in record.shards if shard.batch}
        own = {each.id: each for each in by_token.get(record.token, [])}
        own |= {batch_id: listed[batch_id] for batch_id in named & listed.keys()}
        for batch_id in own:
            listed.pop(batch_id, None)
        entries.append(_job(record, alive.get(record.id), list(own.values()), account=account))
    entries += (_batch(batch, account=account) for batch in listed.values())
    return sorted(entries, key=lambda entry: (entry.group != "active", -entry.snapshot.started, entry.id))


def select(entries: Iterable[Entry], filters: Filters) -> list[Entry]:
    """The entries that are wanted, in their order."""
    sought = filters.text.casefold().split()

    def wanted(entry: Entry) -> bool:
        now = entry.snapshot
        words = " ".join((entry.id, now.label, now.model, now.account, *now.batches, *entry.tags, *entry.tags.values()))
        return (
            (filters.group in ("", entry.group) or (filters.group == "failed" and now.failed > 0))
            and (filters.since is None or now.started >= filters.since)
            and (filters.until is None or now.started < filters.until)
            and all(word in words.casefold() for word in sought)
        )

    return [entry for entry in entries if wanted(entry)]


def total(entries: Sequence[Entry]) -> Totals:
    """Sums over some entries."""
    costs = [entry.cost for entry in entries]
    return Totals(
        entries=len(entries),
        active=sum(entry.group == "active" for entry in entries),
        completed=sum(entry.snapshot.completed for entry in entries),
        failed=sum(entry.snapshot.failed for entry in entries),
        cost=sum((cost for cost in costs if cost is not None), Decimal(0)),
        unpriced=costs.count(None),
    )


def _job(record: JobRecord, live: Snapshot | None, batches: list[Batch], *, account: str) -> Entry:
    snapshot = live or opening(record, note="")
    note = ""
    if live is None and record.finished is None and batches:
        # No kernel may be driving it: then the service knows more than the record.
        if not any(shard.again for shard in record.shards):  # else rows would be counted twice
            completed = max(record.completed, record.reused + sum(batch.completed for batch in batches))
            failed = max(record.failed, sum(batch.failed for batch in batches))
            snapshot = replace(snapshot, completed=min(completed, record.rows), failed=min(failed, record.rows))
        if snapshot.state in _BEFORE and any(batch.completed or batch.failed for batch in batches):
            snapshot = replace(snapshot, state="running")
        if all(batch.ended for batch in batches) and len(batches) >= len(record.shards):
            note, snapshot = _UNFETCHED, replace(snapshot, state="running")
    elif live is None and record.finished is None and record.account != account:
        note = f"As this machine last heard of it: {record.account} is not the account in use."
    cost = _cost(batches, account=record.account) if record.account in (account, FREE) else None
    return Entry(
        id=record.id,
        here=True,
        snapshot=snapshot,
        cost=cost if cost is not None or not snapshot.cost else Decimal(snapshot.cost),
        tokens=_tokens(batches),
        tags=record.tags,
        note=note,
    )


def _batch(batch: Batch, *, account: str) -> Entry:
    tags = {name: str(text) for name, text in (batch.metadata or {}).items() if name not in (DESCRIPTION, METADATA_KEY)}
    reasons = [error.message for error in (batch.errors and batch.errors.data) or [] if error.message]
    return Entry(
        id=batch.id,
        here=False,
        ours=METADATA_KEY in (batch.metadata or {}),
        snapshot=Snapshot(
            label=str((batch.metadata or {}).get(DESCRIPTION) or f"batch {batch.id[:8]}"),
            state=_state(batch),
            total=batch.total,
            completed=batch.completed,
            failed=batch.failed,
            model=batch.model or "",
            window=batch.completion_window or "",
            window_ends=batch.expires_at,
            account=account,
            batches=(batch.id,),
            error=reasons[0] if reasons and batch.status == "failed" else "",
            started=batch.created_at or 0.0,
            updated=_ended_at(batch) or 0.0,
        ),
        cost=_cost([batch], account=account),
        tokens=_tokens([batch]),
        tags=tags,
    )


def _state(batch: Batch) -> State:
    if batch.cancelled_at is not None or batch.status == "cancelled":
        return "cancelled"
    match batch.status:
        case "completed" | "failed" | "cancelling" as state:
            return state
        case "expired":
            return "completed" if batch.completed else "failed"
    return "running" if batch.completed or batch.failed else "queued"


def _ended_at(batch: Batch) -> float | None:
    return batch.completed_at or batch.failed_at or batch.cancelled_at


def _cost(batches: Sequence[Batch], *, account: str) -> Decimal | None:
    if account == FREE:
        return Decimal(0)
    if not batches:
        return None
    costs = [money(batch.analytics.total_cost if batch.analytics else None, account=account) for batch in batches]
    return None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0))


def _tokens(batches: Iterable[Batch]) -> int:
    return sum((batch.analytics and batch.analytics.total_tokens) or 0 for batch in batches)
