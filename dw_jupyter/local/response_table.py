"""Responses in the state."""

from __future__ import annotations

import sqlite3
import time
from typing import Any

import msgspec

TABLE = """
CREATE TABLE responses (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, open INTEGER NOT NULL, request BLOB NOT NULL,
    response BLOB NOT NULL);
"""
KEPT_SECONDS = 30 * 86_400
OPEN = frozenset({"queued", "in_progress"})


def add(connection: sqlite3.Connection, response: dict[str, Any], request: dict[str, Any]) -> None:
    """Keep a response and its request; one of the same id is replaced."""
    connection.execute(
        "INSERT OR REPLACE INTO responses (id, created_at, open, request, response) VALUES (?, ?, ?, ?, ?)",
        (
            response["id"],
            int(time.time()),
            response["status"] in OPEN,
            msgspec.json.encode(request),
            msgspec.json.encode(response),
        ),
    )


def update(connection: sqlite3.Connection, response: dict[str, Any]) -> bool:
    """Put a response in the place of its earlier state, unless that has ended or is gone; whether it did."""
    changed = connection.execute(
        "UPDATE responses SET open = ?, response = ? WHERE id = ? AND open",
        (response["status"] in OPEN, msgspec.json.encode(response), response["id"]),
    )
    return bool(changed.rowcount)


def get(connection: sqlite3.Connection, identifier: str) -> dict[str, Any] | None:
    """A response as it stands, ``None`` where there is none."""
    row = connection.execute("SELECT response FROM responses WHERE id = ?", (identifier,)).fetchone()
    return None if row is None else msgspec.json.decode(row["response"], type=dict[str, Any])


def delete(connection: sqlite3.Connection, identifier: str) -> bool:
    """Forget a response; whether there was one."""
    return bool(connection.execute("DELETE FROM responses WHERE id = ?", (identifier,)).rowcount)


def unfinished(connection: sqlite3.Connection) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The responses that wait, each with its request, the oldest first. Those past their time are dropped."""
    connection.execute("DELETE FROM responses WHERE created_at < ?", (int(time.time()) - KEPT_SECONDS,))
    rows = connection.execute("SELECT response, request FROM responses WHERE open ORDER BY created_at, rowid")
    return [(msgspec.json.decode(row["response"]), msgspec.json.decode(row["request"])) for row in rows]
