"""Which batches a list shows, and in which order."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from dw_jupyter.local import batches
from dw_jupyter.local.refusal import Refusal

STATUS_FILTERS = ("in_progress", "completed", "failed", "cancelled", "expired")

# `rank` puts what has ended after what has not where that is asked for. A cursor's place is that of its batch now.
LIST = """
WITH ranked AS (
    SELECT *, :active_first AND (completed_at IS NOT NULL OR failed_at IS NOT NULL OR cancelled_at IS NOT NULL) AS rank
    FROM batches),
cursor AS (SELECT rank, seq FROM ranked WHERE id = :after)
SELECT b.* FROM ranked b LEFT JOIN files f ON f.id = b.input_file_id LEFT JOIN cursor c WHERE NOT b.deleted
AND (c.seq IS NULL OR b.rank > c.rank OR (b.rank = c.rank AND b.seq < c.seq))
AND (:search = '' OR instr(fold(b.metadata), :search) OR instr(fold(f.filename), :search) OR instr(b.id, :search))
AND (:since IS NULL OR b.created_at >= :since) AND (:until IS NULL OR b.created_at <= :until)
AND (:windows = '[]' OR b.completion_window IN (SELECT value FROM json_each(:windows)))
AND CASE :status
    WHEN 'in_progress' THEN b.completed_at IS NULL AND b.failed_at IS NULL AND b.cancelled_at IS NULL
    WHEN 'completed' THEN b.completed_at IS NOT NULL
    WHEN 'failed' THEN b.failed_at IS NOT NULL AND b.completed_at IS NULL
    WHEN 'cancelled' THEN b.cancelled_at IS NOT NULL
    WHEN 'expired' THEN b.expires_at < coalesce(b.completed_at, b.failed_at, b.cancelled_at, :now)
    ELSE 1 END
ORDER BY b.rank, b.seq DESC LIMIT :limit
"""


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a list of batches is asked for.

    ``since`` and ``until`` are epoch seconds, ``windows`` completion windows, all when there are none. An unknown
    cursor ``after`` gives the first page.
    """

    after: str | None = None
    search: str = ""
    status: str | None = None
    since: float | None = None
    until: float | None = None
    windows: Sequence[str] = ()
    active_first: bool = False


def read(connection: sqlite3.Connection, filters: Filters, *, limit: int, measured: bool) -> list[dict[str, Any]]:
    """Batches, newest first, as the wire shows them; ``measured``: with their analytics.

    Raises:
        Refusal: 400 for a status that is no filter.
    """
    if filters.status is not None and filters.status not in STATUS_FILTERS:
        valid = ", ".join(STATUS_FILTERS)
        raise Refusal(400, f"Unknown batch status filter: '{filters.status}'. Valid values: {valid}")
    rows = connection.execute(
        LIST,
        {
            "after": filters.after,
            "search": filters.search.lower(),
            "status": filters.status,
            "since": filters.since,
            "until": filters.until,
            "windows": msgspec.json.encode(list(filters.windows)).decode(),
            "active_first": filters.active_first,
            "now": int(time.time()),
            "limit": limit,
        },
    )
    return [batches.wire(row, measured=measured) for row in rows]
