"""The service's state: one SQLite file, read by a few threads and written by one.

Write-ahead logging lets reads go on while something is written. A committed write survives the end of the process
at any moment. Nothing here runs on the event loop.

A power cut is another matter: it may take back what was committed but not yet forced onto the disk, from the newest on.
What a client was promised (a file, a batch, a cancellation) is forced, by `Database.write_through`. An answer is not:
a batch whose answer was taken back is unfinished again, and has it made anew, while to force each answer would cost
more than many models take to make it.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from uuid import uuid4

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local import response_table

P = ParamSpec("P")
T = TypeVar("T")

# Output and error files are rows of `files` without content: their lines are the answers in `requests`, and their
# size is counted in `batches` as lines come, so that it is always exact.
TABLES = """
CREATE TABLE files (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, purpose TEXT NOT NULL, filename TEXT, bytes INTEGER,
    created_at INTEGER NOT NULL, expires_at INTEGER, batch INTEGER, deleted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE templates (
    id INTEGER PRIMARY KEY, file_id TEXT NOT NULL, custom_id TEXT NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL);
CREATE INDEX templates_by_file ON templates (file_id, id);
CREATE TABLE batches (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source_id TEXT NOT NULL, input_file_id TEXT,
    output_file_id TEXT, error_file_id TEXT, endpoint TEXT NOT NULL, completion_window TEXT NOT NULL,
    metadata TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, in_progress_at INTEGER,
    finalizing_at INTEGER, completed_at INTEGER, failed_at INTEGER, cancelled_at INTEGER, total INTEGER NOT NULL,
    completed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0,
    output_bytes INTEGER NOT NULL DEFAULT 0, error_bytes INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0);
CREATE INDEX batches_by_source ON batches (source_id);
CREATE VIEW shown_files AS
    SELECT f.*, CASE f.purpose WHEN 'batch' THEN f.bytes WHEN 'batch_output' THEN b.output_bytes
    ELSE b.error_bytes END AS size FROM files f LEFT JOIN batches b ON b.seq = f.batch WHERE NOT f.deleted;
CREATE TABLE requests (
    id INTEGER PRIMARY KEY, uuid TEXT NOT NULL, batch INTEGER NOT NULL, template INTEGER NOT NULL,
    state TEXT NOT NULL, position INTEGER, line BLOB);
CREATE INDEX requests_by_state ON requests (batch, state, position, id);
"""

# A request keeps what shows of it once its input file is deleted and the template gone with it. The sums over a
# batch's answers are kept beside its counts; an older state has none of its answers in them.
MEASURES = """
ALTER TABLE templates ADD COLUMN model TEXT;
UPDATE templates SET model = json_extract(CAST(body AS TEXT), '$.model');
ALTER TABLE requests ADD COLUMN custom_id TEXT;
ALTER TABLE requests ADD COLUMN model TEXT;
UPDATE requests SET (custom_id, model) = (SELECT t.custom_id, t.model FROM templates t WHERE t.id = template);
CREATE INDEX requests_in_order ON requests (batch, id);
ALTER TABLE batches ADD COLUMN answers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN prompt_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN completion_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN reasoning_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN total_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN answer_seconds REAL NOT NULL DEFAULT 0;
CREATE TABLE recent_answers (id INTEGER PRIMARY KEY, model TEXT NOT NULL, completion_tokens INTEGER NOT NULL);
CREATE INDEX recent_answers_by_model ON recent_answers (model, id);
"""

LOG_BYTES = 16 * 1024 * 1024
"""How large the log of writes may stay, once what is in it stands in the file itself."""

STEPS = (TABLES, MEASURES, response_table.TABLE)
"""What brings the state from each version to the next; a step that was released is never changed."""


class Database:
    """The way to the state. Queries are plain functions whose first argument is a connection.

    Args:
        path: the file; made when missing.

    Raises:
        LocalServiceError: a newer version of the package made the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._writer = ThreadPoolExecutor(1, "dw-write")
        self._readers = ThreadPoolExecutor(4, "dw-read")
        self._writer.submit(self._prepare).result()

    async def read(
        self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``query`` on one consistent view of the state."""
        return await asyncio.get_running_loop().run_in_executor(
            self._readers, lambda: self._run("DEFERRED", query, *args, **kwargs)
        )

    async def write(
        self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``query`` as one transaction; it has been committed when this returns."""
        return await asyncio.get_running_loop().run_in_executor(
            self._writer, lambda: self._run("IMMEDIATE", query, *args, **kwargs)
        )

    async def write_through(
        self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `write`; and this transaction, with all before it, is on the disk when this returns."""
        return await asyncio.get_running_loop().run_in_executor(
            self._writer, lambda: self._run_through(query, *args, **kwargs)
        )

    def close(self) -> None:
        """Wait for what runs, then close every connection."""
        self._readers.shutdown()
        self._writer.shutdown()
        for connection in self._connections:
            connection.close()

    def _run(
        self, mode: str, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        connection = self._connection()
        connection.execute(f"BEGIN {mode}")
        try:
            result = query(connection, *args, **kwargs)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        return result

    def _run_through(
        self, query: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        connection = self._connection()
        connection.execute("PRAGMA synchronous = FULL")
        try:
            return self._run("IMMEDIATE", query, *args, **kwargs)
        finally:
            connection.execute("PRAGMA synchronous = NORMAL")

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._own, "connection"):
            # Closed by another thread than the one that uses it, after all of them have ended.
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=60)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
            connection.create_function("new_id", 0, lambda: str(uuid4()))
            # SQLite's own `lower` knows ASCII only.
            connection.create_function("fold", 1, _fold, deterministic=True)
            self._own.connection = connection
            self._connections.append(connection)
        return self._own.connection  # type: ignore[no-any-return]  # an attribute of threading.local

    def _prepare(self) -> None:
        connection = self._connection()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(STEPS):
            raise LocalServiceError(
                f"{self._path} was made by a newer version of dw_jupyter.",
                "Update dw_jupyter, or give the service another folder with --home.",
            )
        for number, step in enumerate(STEPS[version:], version + 1):
            connection.executescript(f"BEGIN;{step}PRAGMA user_version = {number};COMMIT;")
        # An upload that never finished left lines that belong to no file; so did a deletion that was cut short.
        connection.execute("DELETE FROM templates WHERE file_id NOT IN (SELECT id FROM files WHERE NOT deleted)")


def _fold(text: str | None) -> str | None:
    return text.lower() if text is not None else None
