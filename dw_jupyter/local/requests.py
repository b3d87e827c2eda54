"""The requests of a batch in the state: made from their file, taken up, ended, put back."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence

import msgspec

from dw_jupyter.local.outcome import Outcome, Request

PAGE_REQUESTS, PAGE_BYTES = 1000, 256 * 1024

COUNT = {
    "completed": "UPDATE batches SET position = position + 1, cancelled = cancelled - :cancelled,"
    " completed = completed + 1, output_bytes = output_bytes + :size WHERE seq = :batch RETURNING position",
    "failed": "UPDATE batches SET position = position + 1, cancelled = cancelled - :cancelled,"
    " failed = failed + 1, error_bytes = error_bytes + :size WHERE seq = :batch RETURNING position",
}
MEASURE = """
UPDATE batches SET answers = answers + 1, prompt_tokens = prompt_tokens + :prompt,
completion_tokens = completion_tokens + :completion, reasoning_tokens = reasoning_tokens + :reasoning,
total_tokens = total_tokens + :total, answer_seconds = answer_seconds + :seconds WHERE seq = :batch
"""
RECENT_ANSWERS = 100
"""How many of a model's last answers the cost estimate goes by, as in the cloud."""


def populate(connection: sqlite3.Connection, batch: int) -> None:
    """Make the requests of a batch, once, all or none; not those of a batch already cancelled."""
    started = connection.execute(
        "UPDATE batches SET in_progress_at = ? WHERE seq = ? AND in_progress_at IS NULL AND cancelled_at IS NULL",
        (int(time.time()), batch),
    )
    if started.rowcount:
        connection.execute(
            "INSERT INTO requests (uuid, batch, template, state, custom_id, model)"
            " SELECT new_id(), ?, id, 'pending', custom_id, model FROM templates"
            " WHERE file_id = (SELECT source_id FROM batches WHERE seq = ?) ORDER BY id",
            (batch, batch),
        )


def pending(connection: sqlite3.Connection, batch: int, *, after: int) -> list[Request]:
    """A page of the requests that wait, in input order: those with an id above ``after``."""
    rows = connection.execute(
        "SELECT r.id, r.uuid, r.batch, r.custom_id, r.model, t.url, t.body FROM requests r JOIN templates t"
        " ON t.id = r.template WHERE r.batch = ? AND r.state = 'pending' AND r.position IS NULL AND r.id > ?"
        " ORDER BY r.id LIMIT ?",
        (batch, after, PAGE_REQUESTS),
    )
    page: list[Request] = []
    size = 0
    for row in rows:
        page.append(Request(**dict(row)))
        size += len(row["body"])
        if size >= PAGE_BYTES:
            break
    return page


def record(connection: sqlite3.Connection, outcomes: Sequence[Outcome]) -> None:
    """Keep outcomes, in the order of their coming.

    An answer that comes after its batch was cancelled is kept too. One that comes after its request has ended
    otherwise is dropped.
    """
    for outcome in outcomes:
        row = connection.execute("SELECT state FROM requests WHERE id = ?", (outcome.request,)).fetchone()
        if row is None or row["state"] not in {"pending", "cancelled"}:
            continue
        (position,) = connection.execute(
            COUNT[outcome.state],
            {"cancelled": row["state"] == "cancelled", "size": len(outcome.line), "batch": outcome.batch},
        ).fetchone()
        connection.execute(
            "UPDATE requests SET state = ?, position = ?, line = ? WHERE id = ?",
            (outcome.state, position, outcome.line, outcome.request),
        )
        if outcome.seconds is not None:
            _measure(connection, outcome, outcome.seconds)
    _forget_older(connection, {outcome.model for outcome in outcomes})


def put_back(connection: sqlite3.Connection, batch: int) -> int:
    """Put the failed and cancelled requests of a batch back among those that wait; how many they are."""
    return connection.execute(
        "UPDATE requests SET state = 'pending', position = NULL, line = NULL WHERE batch = ?"
        " AND state IN ('failed', 'cancelled')",
        (batch,),
    ).rowcount


def put_some_back(connection: sqlite3.Connection, batch: int, uuids: Sequence[str]) -> tuple[int, int]:
    """Put those failed requests of a batch back that are named; how many they are, and the bytes of their lines."""
    named = {"batch": batch, "uuids": msgspec.json.encode(uuids).decode()}
    chosen = (
        "WHERE batch = :batch AND state = 'failed' AND position IS NOT NULL"
        " AND uuid IN (SELECT value FROM json_each(:uuids))"
    )
    (size,) = connection.execute(
        f"SELECT coalesce(sum(length(line)), 0) FROM requests {chosen}",  # noqa: S608 - a constant
        named,
    ).fetchone()
    again = connection.execute(
        f"UPDATE requests SET state = 'pending', position = NULL, line = NULL {chosen}",  # noqa: S608 - a constant
        named,
    ).rowcount
    return again, int(size)


def _measure(connection: sqlite3.Connection, outcome: Outcome, seconds: float) -> None:
    usage = outcome.usage
    connection.execute(
        MEASURE,
        {
            "prompt": usage.prompt,
            "completion": usage.completion or 0,
            "reasoning": usage.reasoning,
            "total": usage.total,
            "seconds": seconds,
            "batch": outcome.batch,
        },
    )
    if outcome.state == "completed" and usage.completion is not None:
        connection.execute(
            "INSERT INTO recent_answers (model, completion_tokens) VALUES (?, ?)", (outcome.model, usage.completion)
        )


def _forget_older(connection: sqlite3.Connection, models: set[str]) -> None:
    for model in models:
        connection.execute(
            "DELETE FROM recent_answers WHERE model = :model AND id <= (SELECT id FROM recent_answers"
            " WHERE model = :model ORDER BY id DESC LIMIT 1 OFFSET :most)",
            {"model": model, "most": RECENT_ANSWERS},
        )
