"""What the browser is told of the jobs and batches: JSON values only, in words ready to show."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from dw_jupyter.job.entries import Entry, Filters, Totals, select, total
from dw_jupyter.job.estimate import FREE
from dw_jupyter.job.snapshot import dollars

SIZE = 25
"""Entries on a page."""
PHRASE, SENTENCE, MOST_TAGS, MOST_BATCHES = 80, 300, 8, 8
"""As much of an entry as the browser is told, in characters and items: a label may be of any length."""
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
    opened: Collection[str] = (),
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
        opened: the ids of those that are told in full.
    """
    wanted = select(entries, filters)
    pages = max(1, -(-len(wanted) // SIZE))
    page = min(max(0, page), pages - 1)
    return {
        "rows": [row_of(entry, now, opened=entry.id in opened) for entry in wanted[page * SIZE : (page + 1) * SIZE]],
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


def row_of(entry: Entry, now: float, *, opened: bool = True) -> dict[str, Any]:
    """One job or batch, as ``Row`` in ``js/src/panel/state.ts``; opened as ``OpenRow``."""
    snapshot = entry.snapshot
    row = {
        "id": entry.id,
        "origin": _origin(entry),
        "phase": snapshot.state,
        "label": _clip(snapshot.label or entry.id, PHRASE),
        "headline": _clip(entry.headline, PHRASE),
        "completed": snapshot.completed,
        "failed": snapshot.failed,
        "total": snapshot.total,
        "cost": cost_of(entry),
        "created": int(snapshot.started),
    }
    return {**row, **_rest(entry, now)} if opened else row


def _rest(entry: Entry, now: float) -> dict[str, Any]:
    snapshot = entry.snapshot
    return {
        "details": [_clip(text, PHRASE) for text in _details(entry, now)],
        "tags": [_clip(f"{name}: {text}", PHRASE) for name, text in list(entry.tags.items())[:MOST_TAGS]],
        "batches": list(snapshot.batches[:MOST_BATCHES]),
        "note": _clip(entry.note or snapshot.note, SENTENCE),
        "trouble": _clip(snapshot.trouble, SENTENCE),
        "error": _clip(_error(entry), SENTENCE),
        "actions": actions_of(entry),
    }


def _error(entry: Entry) -> str:
    """What a row adds to its headline: what to do about a failed job, and all of a headline that is cut short."""
    snapshot = entry.snapshot
    todo = snapshot.error.partition("\n")[2].strip() if entry.here else ""
    whole = entry.headline if len(entry.headline) > PHRASE else ""
    return " ".join(filter(None, (whole, todo)))


def _origin(entry: Entry) -> str:
    """Where it was made, if it is no job of this machine; a batch does not tell whether its job is forgotten here."""
    if entry.here:
        return ""
    return "forgotten, or of another machine" if entry.ours else "made elsewhere"


def _clip(text: str, most: int) -> str:
    """Words of somebody else's, so far as they are let into a trait."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _details(entry: Entry, now: float) -> list[str]:
    snapshot = entry.snapshot
    what = f"job {entry.id}" if entry.here else f"batch {entry.id}, {_origin(entry)}"
    tokens = f"{entry.tokens:,} tokens" if entry.tokens and not snapshot.tokens else ""
    window = f"window {snapshot.window}" if snapshot.ended and snapshot.window else ""
    account = f"account {snapshot.account}" if snapshot.account else ""
    return list(filter(None, (what, *snapshot.details(now), window, tokens, account)))


def actions_of(entry: Entry) -> list[str]:
    """What can be asked of an entry beside attaching it."""
    snapshot = entry.snapshot
    if snapshot.state == "unreachable" or entry.unfetched:
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
