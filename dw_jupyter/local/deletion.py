"""What becomes of the state when files and batches are deleted: who loses what, and whose content may go.

A deleted file or batch is hidden at once. What it holds is then purged where nothing shows it any more, and the disk
space is used again. A purge that was cut short is finished at the next start.
"""

from __future__ import annotations

import sqlite3

from dw_jupyter.local import batches, files

UNLINK = (
    "UPDATE batches SET input_file_id = NULL WHERE input_file_id = ?",
    "UPDATE batches SET output_file_id = NULL WHERE output_file_id = ?",
    "UPDATE batches SET error_file_id = NULL WHERE error_file_id = ?",
)


def delete_file(connection: sqlite3.Connection, file_id: str) -> list[int]:
    """Hide a file. Batches on an input file lose it, and those that ran are cancelled.

    Returns:
        The numbers of all batches that had to do with it.

    Raises:
        Refusal: 404.
    """
    file = files.get(connection, file_id)
    if file["purpose"] == "batch":
        touched = connection.execute("SELECT seq FROM batches WHERE input_file_id = ?", (file_id,)).fetchall()
        touched_numbers = [row["seq"] for row in touched]
        for batch in touched_numbers:
            _cancel_if_running(connection, batch)
    else:
        touched_numbers = [file["batch"]]
    connection.execute("UPDATE files SET deleted = 1 WHERE id = ?", (file_id,))
    for unlink in UNLINK:
        connection.execute(unlink, (file_id,))
    return touched_numbers


def delete_batch(connection: sqlite3.Connection, batch: int) -> None:
    """Hide a batch, cancelling it where it still runs. Its files stay."""
    _cancel_if_running(connection, batch)
    connection.execute("UPDATE batches SET deleted = 1 WHERE seq = ?", (batch,))


def purge_templates(connection: sqlite3.Connection, file_id: str) -> None:
    """Remove the requests of an input file that was deleted; of a batch on it only what was answered is left."""
    connection.execute(
        "DELETE FROM templates WHERE file_id = :id AND EXISTS (SELECT 1 FROM files WHERE id = :id AND deleted)",
        {"id": file_id},
    )


def purge_answers(connection: sqlite3.Connection, batch: int) -> None:
    """Remove the answers of a batch that no file shows any more, unless the batch still runs."""
    row = batches.by_number(connection, batch)
    output, error = row["output_file_id"], row["error_file_id"]
    if (output and error) or batches.is_unfinished(row):
        return
    if not output and not error and (row["deleted"] or not row["input_file_id"]):
        connection.execute("DELETE FROM requests WHERE batch = ?", (batch,))
        return
    for state, kept in (("completed", output), ("failed", error)):
        if not kept:
            connection.execute(
                "UPDATE requests SET line = NULL WHERE batch = ? AND state = ? AND line IS NOT NULL", (batch, state)
            )


def purge_rest(connection: sqlite3.Connection) -> None:
    """Finish what earlier purges may have left."""
    rows = connection.execute("SELECT seq FROM batches WHERE output_file_id IS NULL OR error_file_id IS NULL")
    for row in rows.fetchall():
        purge_answers(connection, row["seq"])


def _cancel_if_running(connection: sqlite3.Connection, batch: int) -> None:
    if batches.is_unfinished(batches.by_number(connection, batch)):
        batches.cancel(connection, batch)
