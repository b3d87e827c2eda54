"""Batches in the state: their life, and how they look on the wire."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec

from dw_jupyter.local import analytics, files, requests
from dw_jupyter.local.limits import WINDOW_SECONDS
from dw_jupyter.local.refusal import Refusal, not_found

# Metadata that the service sets itself; a caller's value is dropped without a word.
RESERVED = frozenset(
    {"created_by_email", "context_name", "context_type", "request_source", "created_by", "dw_user_agent"}
)


def create(
    connection: sqlite3.Connection,
    *,
    input_file_id: str,
    endpoint: str,
    completion_window: str,
    metadata: dict[str, str],
) -> sqlite3.Row:
    """Make a batch on an input file; its requests come later, with `requests.populate`.

    Raises:
        Refusal: 404 when there is no such input file.
    """
    if files.get(connection, input_file_id)["purpose"] != "batch":
        raise not_found("File", input_file_id)
    batch_id, output_id, error_id = str(uuid4()), str(uuid4()), str(uuid4())
    now = time.time()  # not cut to seconds, for the filters by time
    kept = {key: text for key, text in metadata.items() if key.lower().replace("-", "_") not in RESERVED}
    (seq,) = connection.execute(
        "INSERT INTO batches (id, source_id, input_file_id, output_file_id, error_file_id, endpoint,"
        " completion_window, metadata, created_at, expires_at, total)"
        " VALUES (:id, :file, :file, :output, :error, :endpoint, :window, :metadata, :now, :end,"
        " (SELECT count(*) FROM templates WHERE file_id = :file)) RETURNING seq",
        {
            "id": batch_id,
            "file": input_file_id,
            "output": output_id,
            "error": error_id,
            "endpoint": endpoint,
            "window": completion_window,
            "metadata": msgspec.json.encode(kept | {"request_source": "api"}).decode(),
            "now": now,
            "end": now + WINDOW_SECONDS[completion_window],
        },
    ).fetchone()
    for kind, file_id in (("output", output_id), ("error", error_id)):
        name = f"batch-{batch_id}-{kind}.jsonl"
        files.add_result_file(connection, file_id, batch=seq, purpose=f"batch_{kind}", filename=name)
    return by_number(connection, seq)


def get(connection: sqlite3.Connection, batch_id: str) -> sqlite3.Row:
    """The row of a batch.

    Raises:
        Refusal: 404.
    """
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM batches WHERE id = ? AND NOT deleted", (batch_id,)
    ).fetchone()
    if row is None:
        raise not_found("Batch", batch_id)
    return row


def by_number(connection: sqlite3.Connection, batch: int) -> sqlite3.Row:
    """The row of a batch that is known to exist, deleted or not."""
    row: sqlite3.Row = connection.execute("SELECT * FROM batches WHERE seq = ?", (batch,)).fetchone()
    return row


def unfinished(connection: sqlite3.Connection) -> list[int]:
    """The numbers of the batches with work left, oldest first."""
    rows = connection.execute(
        "SELECT seq FROM batches WHERE completed_at IS NULL AND failed_at IS NULL AND cancelled_at IS NULL ORDER BY seq"
    )
    return [row["seq"] for row in rows]


def cancel(connection: sqlite3.Connection, batch: int) -> sqlite3.Row:
    """Cancel a batch: also one that has ended, as the cloud does. What is answered stays."""
    now = int(time.time())
    connection.execute("UPDATE batches SET cancelled_at = coalesce(cancelled_at, ?) WHERE seq = ?", (now, batch))
    stopped = connection.execute(
        "UPDATE requests SET state = 'cancelled' WHERE batch = ? AND state = 'pending'", (batch,)
    ).rowcount
    connection.execute("UPDATE batches SET cancelled = cancelled + ? WHERE seq = ?", (stopped, batch))
    return by_number(connection, batch)


def retry(connection: sqlite3.Connection, batch: int) -> sqlite3.Row:
    """Put failed and cancelled requests back to pending, in place, and undo a cancellation.

    Raises:
        Refusal: 400 when there is nothing to do.
    """
    _check_input(connection, batch)
    if not requests.put_back(connection, batch) and by_number(connection, batch)["cancelled_at"] is None:
        raise Refusal(400, "Nothing to retry: no failed or canceled requests, and the batch is not cancelled")
    connection.execute("UPDATE batches SET failed = 0, cancelled = 0, error_bytes = 0 WHERE seq = ?", (batch,))
    return _reopen(connection, batch)


def retry_some(connection: sqlite3.Connection, batch: int, uuids: Sequence[str]) -> sqlite3.Row:
    """Put the failed ones among the named requests back to pending; if there are any, undo a cancellation.

    Raises:
        Refusal: 400 when the requests themselves are gone.
    """
    _check_input(connection, batch)
    again, size = requests.put_some_back(connection, batch, uuids)
    if not again:
        return by_number(connection, batch)
    connection.execute(
        "UPDATE batches SET failed = failed - ?, error_bytes = error_bytes - ? WHERE seq = ?", (again, size, batch)
    )
    return _reopen(connection, batch)


def finalize(connection: sqlite3.Connection, batch: int) -> None:
    """End a batch whose requests have all ended; a cancelled one is left as it is.

    Some requests may be cancelled though the batch is not: when only some others were tried again after a cancellation.
    """
    connection.execute(
        "UPDATE batches SET finalizing_at = :now, completed_at = CASE WHEN failed < total THEN :now END,"
        " failed_at = CASE WHEN failed = total THEN :now END"
        " WHERE seq = :batch AND cancelled_at IS NULL AND completed + failed + cancelled = total",
        {"now": int(time.time()), "batch": batch},
    )


def is_unfinished(row: sqlite3.Row) -> bool:
    """Whether a batch has work left, or has not been said to have ended."""
    return row["completed_at"] is None and row["failed_at"] is None and row["cancelled_at"] is None


def is_finished(row: sqlite3.Row) -> bool:
    """Whether every request has ended. A batch without its requests yet has not."""
    ended: int = row["completed"] + row["failed"] + row["cancelled"]
    return row["in_progress_at"] is not None and ended == row["total"]


def status(row: sqlite3.Row) -> str:
    """The status of a batch, by the cloud's rules.

    A batch cancelled before its requests were made says ``cancelling`` for good. ``expired`` is never said.
    """
    if row["cancelled_at"] is not None:
        return "cancelled" if is_finished(row) else "cancelling"
    if row["in_progress_at"] is None:
        return "validating"
    if not is_finished(row):
        return "in_progress"
    if row["failed"] == row["total"]:
        return "failed"
    return "completed" if row["completed_at"] is not None else "finalizing"


def wire(row: sqlite3.Row, *, measured: bool = False) -> dict[str, Any]:
    """A batch as clients see it: what is not set is left out, but a deleted input file shows as ``""``.

    ``measured``: with its analytics.
    """
    state = status(row)
    shown = {
        "id": row["id"],
        "object": "batch",
        "endpoint": row["endpoint"],
        "input_file_id": row["input_file_id"] or "",
        "completion_window": row["completion_window"],
        "status": state,
        "output_file_id": row["output_file_id"],
        "error_file_id": row["error_file_id"],
        "created_at": int(row["created_at"]),
        "in_progress_at": row["in_progress_at"],
        "expires_at": int(row["expires_at"]),
        "finalizing_at": row["finalizing_at"] if state in {"finalizing", "completed"} else None,
        "completed_at": row["completed_at"],
        "failed_at": row["failed_at"],
        "expired_at": int(row["expires_at"]) if time.time() > row["expires_at"] else None,
        "cancelling_at": row["cancelled_at"],
        "cancelled_at": row["cancelled_at"],
        "request_counts": {"total": row["total"], "completed": row["completed"], "failed": row["failed"]},
        "metadata": msgspec.json.decode(row["metadata"]),
        "analytics": analytics.of_batch(row) if measured else None,
    }
    return {key: value for key, value in shown.items() if value is not None}


def _check_input(connection: sqlite3.Connection, batch: int) -> None:
    if by_number(connection, batch)["input_file_id"] is None:
        # The cloud says yes here and never runs them.
        raise Refusal(400, "Nothing to retry: the input file of the batch was deleted, and its requests with it")


def _reopen(connection: sqlite3.Connection, batch: int) -> sqlite3.Row:
    connection.execute(
        "UPDATE batches SET finalizing_at = NULL, completed_at = NULL, failed_at = NULL, cancelled_at = NULL"
        " WHERE seq = ?",
        (batch,),
    )
    return by_number(connection, batch)
