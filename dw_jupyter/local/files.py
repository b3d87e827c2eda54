"""Files in the state, and how they look on the wire."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dw_jupyter.local.limits import FILE_SECONDS
from dw_jupyter.local.refusal import not_found

LIST = """
SELECT f.* FROM shown_files f
WHERE (:after IS NULL OR f.seq * :sign > (SELECT seq FROM files WHERE id = :after) * :sign
       OR NOT EXISTS (SELECT 1 FROM files WHERE id = :after))
AND (:purpose IS NULL OR f.purpose = :purpose) AND (:search = '' OR instr(fold(f.filename), :search))
ORDER BY f.seq * :sign LIMIT :limit
"""


@dataclass(frozen=True, kw_only=True)
class Template:
    """One checked line of an input file. ``body`` is compact JSON."""

    custom_id: str
    url: str
    model: str
    body: bytes


def add_templates(connection: sqlite3.Connection, file_id: str, templates: Sequence[Template]) -> None:
    """Keep lines of a file that is still coming in; they count once `accept` has run."""
    connection.executemany(
        "INSERT INTO templates (file_id, custom_id, url, model, body) VALUES (?, ?, ?, ?, ?)",
        [(file_id, each.custom_id, each.url, each.model, each.body) for each in templates],
    )


def drop_unaccepted(connection: sqlite3.Connection, file_id: str) -> None:
    """Forget the lines of a file that was refused; those of an accepted one stay."""
    connection.execute(
        "DELETE FROM templates WHERE file_id = :id AND NOT EXISTS (SELECT 1 FROM files WHERE id = :id)", {"id": file_id}
    )


def accept(
    connection: sqlite3.Connection, file_id: str, *, filename: str, size: int, seconds: int | None
) -> dict[str, Any]:
    """Make an input file of the lines kept so far. ``seconds`` is its life, by default 30 days."""
    now = int(time.time())
    connection.execute(
        "INSERT INTO files (id, purpose, filename, bytes, created_at, expires_at) VALUES (?, 'batch', ?, ?, ?, ?)",
        (file_id, filename, size, now, now + (FILE_SECONDS if seconds is None else seconds)),
    )
    return wire(get(connection, file_id))


def add_result_file(connection: sqlite3.Connection, file_id: str, *, batch: int, purpose: str, filename: str) -> None:
    """Make the output or error file of a batch; its lines are the batch's answers."""
    connection.execute(
        "INSERT INTO files (id, purpose, filename, created_at, batch) VALUES (?, ?, ?, ?, ?)",
        (file_id, purpose, filename, int(time.time()), batch),
    )


def get(connection: sqlite3.Connection, file_id: str) -> sqlite3.Row:
    """The row of a file.

    Raises:
        Refusal: 404.
    """
    row: sqlite3.Row | None = connection.execute("SELECT * FROM shown_files WHERE id = ?", (file_id,)).fetchone()
    if row is None:
        raise not_found("File", file_id)
    return row


def read(connection: sqlite3.Connection, file_id: str) -> dict[str, Any]:
    """A file as the wire shows it.

    Raises:
        Refusal: 404.
    """
    return wire(get(connection, file_id))


def list_files(
    connection: sqlite3.Connection, *, after: str | None, limit: int, order: str, purpose: str | None, search: str
) -> list[dict[str, Any]]:
    """Files by their time of creation. An unknown cursor gives the first page."""
    rows = connection.execute(
        LIST,
        {
            "after": after,
            "sign": 1 if order == "asc" else -1,
            "purpose": purpose,
            "search": search.lower(),
            "limit": limit,
        },
    )
    return [wire(row) for row in rows]


def wire(row: sqlite3.Row) -> dict[str, Any]:
    """A file as clients see it: what is not set is left out."""
    shown = {
        "id": row["id"],
        "object": "file",
        "bytes": row["size"] or 0,
        "created_at": row["created_at"],
        "filename": row["filename"],
        "purpose": row["purpose"],
        "expires_at": row["expires_at"],
    }
    return {key: value for key, value in shown.items() if value is not None}
