"""The requests of a batch in the state: made from their file, taken up, ended, read back as lines."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from dw_jupyter.local.outcome import Outcome, Request

PAGE_BYTES = 256 * 1024

COUNT = {
    "completed": "UPDATE batches SET position = position + 1, cancelled = cancelled - :cancelled,"
    " completed = completed + 1, output_bytes = output_bytes + :size WHERE seq = :batch RETURNING position",
    "failed": "UPDATE batches SET position = position + 1, cancelled = cancelled - :cancelled,"
    " failed = failed + 1, error_bytes = error_bytes + :size WHERE seq = :batch RETURNING position",
}


def populate(connection: sqlite3.Connection, batch: int) -> None:
    """Make the requests of a batch, once, all or none; not those of a batch already cancelled."""
    started = connection.execute(
        "UPDATE batches SET in_progress_at = ? WHERE seq = ? AND in_progress_at IS NULL AND cancelled_at IS NULL",
        (int(time.time()), batch),
    )
    if started.rowcount:
        connection.execute(
            "INSERT INTO requests (uuid, batch, template, state) SELECT new_id(), ?, id, 'pending' FROM templates"
            " WHERE file_id = (SELECT source_id FROM batches WHERE seq = ?) ORDER BY id",
            (batch, batch),
        )


def pending(connection: sqlite3.Connection, batch: int, *, after: int) -> list[Request]:
    """A page of the requests that wait, in input order: those with an id above ``after``."""
    rows = connection.execute(
        "SELECT r.id, r.uuid, r.batch, t.custom_id, t.url, t.body FROM requests r JOIN templates t"
        " ON t.id = r.template WHERE r.batch = ? AND r.state = 'pending' AND r.position IS NULL AND r.id > ?"
        " ORDER BY r.id LIMIT 1000",
        (batch, after),
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
        (state,) = connection.execute("SELECT state FROM requests WHERE id = ?", (outcome.request,)).fetchone()
        if state not in {"pending", "cancelled"}:
            continue
        was_cancelled = state == "cancelled"
        (position,) = connection.execute(
            COUNT[outcome.state], {"cancelled": was_cancelled, "size": len(outcome.line), "batch": outcome.batch}
        ).fetchone()
        connection.execute(
            "UPDATE requests SET state = ?, position = ?, line = ? WHERE id = ?",
            (outcome.state, position, outcome.line, outcome.request),
        )


def place(connection: sqlite3.Connection, batch: int, state: str, *, skip: int) -> int:
    """The position after which the lines of a file go on when ``skip`` of them are left out."""
    if skip <= 0:
        return 0
    row = connection.execute(
        "SELECT position FROM requests WHERE batch = ? AND state = ? ORDER BY position LIMIT 1 OFFSET ?",
        (batch, state, skip - 1),
    ).fetchone()
    return int(row["position"]) if row else 2**62


def answer_lines(
    connection: sqlite3.Connection, batch: int, state: str, *, after: int, search: str, limit: int
) -> tuple[list[bytes], int]:
    """A page of lines of an output or error file, and the position of the last one."""
    rows = connection.execute(
        "SELECT r.position, r.line FROM requests r JOIN templates t ON t.id = r.template WHERE r.batch = ?"
        " AND r.state = ? AND r.position > ? AND (? = '' OR instr(lower(t.custom_id), ?)) ORDER BY r.position LIMIT ?",
        (batch, state, after, search, search.lower(), limit),
    )
    return _page(rows, after)


def input_lines(
    connection: sqlite3.Connection, file_id: str, *, after: int, search: str, limit: int
) -> tuple[list[bytes], int]:
    """A page of lines of an input file, and the id of the last one."""
    rows = connection.execute(
        "SELECT id, custom_id, url, body FROM templates WHERE file_id = ? AND id > ?"
        " AND (? = '' OR instr(lower(custom_id), ?)) ORDER BY id LIMIT ?",
        (file_id, after, search, search.lower(), limit),
    )
    return _page(((row["id"], _input_line(row)) for row in rows), after)


def input_place(connection: sqlite3.Connection, file_id: str, *, skip: int) -> int:
    """Like `place`, for an input file."""
    if skip <= 0:
        return 0
    row = connection.execute(
        "SELECT id FROM templates WHERE file_id = ? ORDER BY id LIMIT 1 OFFSET ?", (file_id, skip - 1)
    ).fetchone()
    return int(row["id"]) if row else 2**62


def _input_line(row: sqlite3.Row) -> bytes:
    line = {"custom_id": row["custom_id"], "method": "POST", "url": row["url"], "body": msgspec.Raw(row["body"])}
    return msgspec.json.encode(line) + b"\n"


def _page(rows: Iterable[Sequence[Any]], after: int) -> tuple[list[bytes], int]:
    lines: list[bytes] = []
    size = 0
    for row in rows:
        after = row[0]
        lines.append(row[1])
        size += len(row[1])
        if size >= PAGE_BYTES:
            break
    return lines, after
