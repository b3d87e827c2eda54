"""Lines that the state can show: of an input file, of an output or error file, of a batch's results.

They are read a page at a time, by the place of the last one read, so that a reader in the midst of a long file costs
as much as one at its start, and holds nothing open.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

PAGE_LINES, PAGE_BYTES = 1000, 256 * 1024
BEYOND = 2**62
"""A place after which there is no line."""


@dataclass(frozen=True, kw_only=True)
class Lines:
    """A set of lines in its order.

    ``rows`` is SQL from FROM on, a constant of this module; ``place`` the column that they are ordered by, a number
    above 0; ``columns`` what `write` needs to make a line of a row; ``values`` what `rows` asks for by name.
    """

    rows: str
    place: str
    columns: str
    write: Callable[[sqlite3.Row], bytes]
    values: dict[str, Any]

    def select(self, columns: str) -> str:
        """The query for some columns of the lines after ``:after``, in order."""
        return f"SELECT {columns} {self.rows} AND {self.place} > :after ORDER BY {self.place}"


def of_input(file_id: str, *, search: str) -> Lines:
    """The requests of an input file whose custom_id holds ``search``."""
    return Lines(
        rows="FROM templates t WHERE t.file_id = :file AND (:search = '' OR instr(fold(t.custom_id), :search))",
        place="t.id",
        columns="t.custom_id, t.url, t.body",
        write=_write_request,
        values={"file": file_id, "search": search.lower()},
    )


def of_answers(batch: int, state: str, *, search: str) -> Lines:
    """The lines of an output file (``state`` is ``completed``) or error file (``failed``), as they came."""
    return Lines(
        rows="FROM requests r WHERE r.batch = :batch AND r.state = :state AND r.line IS NOT NULL"
        " AND (:search = '' OR instr(fold(r.custom_id), :search))",
        place="r.position",
        columns="r.line",
        write=lambda row: bytes(row["line"]),
        values={"batch": batch, "state": state, "search": search.lower()},
    )


def of_results(batch: int, status: str | None, *, search: str, under_way: Iterable[int]) -> Lines:
    """The requests of a batch with what has become of them, in input order.

    ``status`` is the cloud's own filter: its engine's states, so that what was cancelled is found as ``canceled``
    although it is shown as ``pending``, and an unknown word finds nothing.
    """
    return Lines(
        rows="FROM (SELECT *, CASE WHEN state <> 'pending' THEN state"
        " WHEN id IN (SELECT value FROM json_each(:under_way)) THEN 'in_progress' ELSE 'pending' END AS status"
        " FROM requests) r LEFT JOIN templates t ON t.id = r.template WHERE r.batch = :batch"
        " AND (:status IS NULL OR r.status = :status) AND (:search = '' OR instr(fold(r.custom_id), :search))",
        place="r.id",
        columns="r.uuid, r.custom_id, r.model, r.status, r.line, t.body",
        write=_write_result,
        values={
            "batch": batch,
            "status": "cancelled" if status == "canceled" else None if status is None else _known(status),
            "search": search.lower(),
            "under_way": msgspec.json.encode(sorted(under_way)).decode(),
        },
    )


def skip(connection: sqlite3.Connection, lines: Lines, count: int) -> int:
    """The place after which the lines go on when ``count`` of them are left out."""
    if count <= 0:
        return 0
    query = f"{lines.select(lines.place)} LIMIT 1 OFFSET :skip"
    row = connection.execute(query, lines.values | {"after": 0, "skip": count - 1}).fetchone()
    return BEYOND if row is None else int(row[0])


def count(connection: sqlite3.Connection, lines: Lines, *, after: int, most: int) -> int:
    """How many lines there are after a place; ``most`` where there are more."""
    query = f"SELECT count(*) FROM ({lines.select('1')} LIMIT :most)"  # noqa: S608 - constants
    (found,) = connection.execute(query, lines.values | {"after": after, "most": most}).fetchone()
    return int(found)


def page(connection: sqlite3.Connection, lines: Lines, *, after: int, most: int) -> tuple[list[bytes], int]:
    """Some lines after a place, ``most`` at most and as many as are cheap to hold; and the place of the last one."""
    query = f"{lines.select(f'{lines.place} AS place, {lines.columns}')} LIMIT :most"
    found: list[bytes] = []
    size = 0
    for row in connection.execute(query, lines.values | {"after": after, "most": min(most, PAGE_LINES)}):
        after = row["place"]
        found.append(lines.write(row))
        size += len(found[-1])
        if size >= PAGE_BYTES:
            break
    return found, after


def _known(status: str) -> str:
    return status if status in {"pending", "in_progress", "completed", "failed"} else ""


def _write_request(row: sqlite3.Row) -> bytes:
    line = {"custom_id": row["custom_id"], "method": "POST", "url": row["url"], "body": msgspec.Raw(row["body"])}
    return msgspec.json.encode(line) + b"\n"


class _Response(msgspec.Struct):
    body: msgspec.Raw


class _Error(msgspec.Struct):
    message: str


class _Answer(msgspec.Struct):
    """What a line of an output or error file holds, as far as results show it."""

    response: _Response | None = None
    error: _Error | None = None


def _write_result(row: sqlite3.Row) -> bytes:
    answer = _Answer() if row["line"] is None else msgspec.json.decode(row["line"], type=_Answer)
    result = {
        "id": row["uuid"],
        "custom_id": row["custom_id"],
        "model": row["model"],
        "input_body": None if row["body"] is None else msgspec.Raw(row["body"]),
        "response_body": None if answer.response is None else answer.response.body,
        "error": None if answer.error is None else answer.error.message,
        "status": "pending" if row["status"] == "cancelled" else row["status"],
    }
    return msgspec.json.encode(result) + b"\n"
