"""What the browser is told of the jobs and batches: JSON values only, in words ready to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from dw_jupyter.job.entries import Entry, Filters, Totals, select, total
from dw_jupyter.job.estimate import FREE
from dw_jupyter.job.snapshot import dollars

SIZE = 25
"""Entries on a page."""
MOST_CHARACTERS, MOST_TAGS, MOST_BATCHES = 300, 16, 20
"""As much of an entry as the browser is told: a label may be of any length."""
MAGIC, CALL = "%dwbatch panel", "dw.panel()"
"""What opens a panel."""
_ATTACH = {MAGIC: "%dwbatch attach {}", CALL: 'dw.attach("{}")'}
UNKNOWN = "cost unknown"


def state_of(
    entries: Sequence[Entry],
    filters: Filters,
    *,
    page: int,
    now: float,
    account: str,
    trouble: str,
    complete: bool,
    line: str,
) -> dict[str, Any]:
    """One page of the entries that are wanted. The shape is ``PanelState`` in ``js/src/panel/state.ts``.

    Args:
        entries: all of them, in order.
        filters: which are wanted.
        page: from 0; the nearest that there is.
        now: epoch seconds.
        account: whose batches are among them.
        trouble: why something may be missing.
        complete: whether the account was asked once.
        line: what opened the panel.
    """
    wanted = select(entries, filters)
    pages = max(1, -(-len(wanted) // SIZE))
    page = min(max(0, page), pages - 1)
    return {
        "rows": [row_of(entry, now) for entry in wanted[page * SIZE : (page + 1) * SIZE]],
        "first": page * SIZE,
        "matching": len(wanted),
        "all": len(entries),
        "page": page,
        "pages": pages,
        "totals": totals_of(total(wanted)),
        "narrowing": asdict(filters),
        "account": account,
        "trouble": trouble,
        "complete": complete,
        "again": line,
        "attach": _ATTACH[line],
    }


def row_of(entry: Entry, now: float) -> dict[str, Any]:
    """One job or batch. The shape is ``Row`` in ``js/src/panel/state.ts``."""
    snapshot = entry.snapshot
    return {
        "id": entry.id,
        "here": entry.here,
        "phase": snapshot.state,
        "group": entry.group,
        "label": _clip(snapshot.label or entry.id),
        "headline": _clip(snapshot.headline),
        "completed": snapshot.completed,
        "failed": snapshot.failed,
        "total": snapshot.total,
        "cost": cost_of(entry),
        "created": snapshot.started,
        "details": _details(entry, now),
        "tags": [_clip(f"{name}: {text}") for name, text in list(entry.tags.items())[:MOST_TAGS]],
        "batches": list(snapshot.batches[:MOST_BATCHES]),
        "note": _clip(entry.note or snapshot.note),
        "trouble": _clip(snapshot.trouble),
        "error": _clip(snapshot.error.partition("\n")[2].strip()) if entry.here else "",
        "actions": actions_of(entry),
    }


def _clip(text: str) -> str:
    """Words of somebody else's, so far as they are let into a trait."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _details(entry: Entry, now: float) -> list[str]:
    snapshot = entry.snapshot
    what = f"job {entry.id}" if entry.here else f"batch {entry.id}, made elsewhere"
    tokens = f"{entry.tokens:,} tokens" if entry.tokens and not snapshot.tokens else ""
    window = f"window {snapshot.window}" if snapshot.ended and snapshot.window else ""
    account = f"account {snapshot.account}" if snapshot.account else ""
    return list(filter(None, (what, *snapshot.details(now), window, tokens, account)))


def actions_of(entry: Entry) -> list[str]:
    """What can be asked of an entry beside attaching it."""
    snapshot = entry.snapshot
    if snapshot.state == "unreachable":
        return []
    if not snapshot.ended:
        return [] if snapshot.state == "cancelling" else ["cancel"]
    unanswered = snapshot.waiting or snapshot.failed
    return [*(["retry"] if unanswered else []), *(["forget"] if entry.here else [])]


def cost_of(entry: Entry) -> str:
    """What an entry cost, or has cost so far, in words. Unknown is not free."""
    if entry.cost is None:
        return UNKNOWN
    if entry.snapshot.account == FREE:
        return "free"
    return dollars(str(entry.cost)) + ("" if entry.snapshot.ended else " so far")


def totals_of(totals: Totals) -> list[str]:
    """Sums as short phrases; of nothing there are none."""
    if not totals.entries:
        return []
    jobs = "1 job" if totals.entries == 1 else f"{totals.entries:,} jobs"
    failed = f", {totals.failed:,} failed" if totals.failed else ""
    unpriced = f"{totals.unpriced:,} of unknown cost" if totals.unpriced else ""
    return [
        phrase
        for phrase, wanted in (
            (jobs, True),
            (f"{totals.active:,} active", totals.active),
            (f"{totals.completed:,} rows answered{failed}", True),
            (dollars(str(totals.cost)), totals.cost),
            (unpriced, unpriced),
        )
        if wanted
    ]


def moment(seconds: float) -> str:
    """Epoch seconds as words that stay true in a saved notebook."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC" if seconds else ""
