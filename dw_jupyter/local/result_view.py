"""A batch's results: its requests and answers side by side, and what a reader is told of their number."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import msgspec

from dw_jupyter.local import batches, lines
from dw_jupyter.local.lines import Lines
from dw_jupyter.local.refusal import Refusal


@dataclass(frozen=True, kw_only=True)
class ResultView:
    """What one reader sees of a batch's results.

    ``incomplete`` is whether anything waits or is under way; nothing does while the batch is still being validated.
    ``count`` is how many lines there are by the batch's counts, which know of requests that are not made yet and of
    no others than the four states; ``None`` where lines are searched for.
    """

    lines: Lines
    incomplete: bool
    count: int | None


def open_view(
    connection: sqlite3.Connection, batch_id: str, *, status: str | None, search: str | None, under_way: frozenset[int]
) -> ResultView:
    """The results of a batch as they are now. ``under_way`` holds the ids of requests that are being answered.

    Raises:
        Refusal: 404; 410 when the output or the error file was deleted.
    """
    batch = batches.get(connection, batch_id)
    if batch["output_file_id"] is None or batch["error_file_id"] is None:
        raise Refusal(410, "The results of this batch are gone: its output or error file was deleted")
    running = _count_running(connection, batch["seq"], under_way)
    ended = batch["completed"] + batch["failed"] + batch["cancelled"]
    left = batch["total"] - ended if batch["in_progress_at"] is not None else 0
    counts = {
        "completed": batch["completed"],
        "failed": batch["failed"],
        "in_progress": running,
        "pending": left - running,
    }
    return ResultView(
        lines=lines.of_results(batch["seq"], status, search=search or "", under_way=under_way),
        incomplete=left > 0,
        count=None if search is not None else counts.get(status or "", batch["total"]),
    )


def _count_running(connection: sqlite3.Connection, batch: int, under_way: frozenset[int]) -> int:
    (found,) = connection.execute(
        "SELECT count(*) FROM requests WHERE batch = ? AND state = 'pending'"
        " AND id IN (SELECT value FROM json_each(?))",
        (batch, msgspec.json.encode(sorted(under_way)).decode()),
    ).fetchone()
    return int(found)
