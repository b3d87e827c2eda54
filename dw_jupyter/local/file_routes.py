"""``/v1/files``."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from dw_jupyter.local import batches, files, requests, upload
from dw_jupyter.local.database import Database
from dw_jupyter.local.refusal import Refusal, parse_id
from dw_jupyter.local.service import integer, listing, page_size, reply, service_of

STATES = {"batch_output": "completed", "batch_error": "failed"}
PAGE_LINES = 1000


async def create(request: Request) -> Response:
    """POST: an upload, checked as it comes."""
    service = service_of(request)
    length = request.headers.get("content-length", "")
    file = await upload.receive(
        request.stream(),
        content_type=request.headers.get("content-type", ""),
        content_length=int(length) if length.isdecimal() else 0,
        database=service.database,
        backend=service.backend,
        limits=service.limits,
    )
    return reply(file, status_code=201)


async def list_files(request: Request) -> Response:
    """GET: the files, output and error files among them."""
    query = request.query_params
    order = query.get("order", "desc")
    if order not in {"asc", "desc"}:
        raise Refusal(400, "Order must be 'asc' or 'desc'")
    limit = page_size(request)
    rows = await service_of(request).database.read(
        files.list_files,
        after=query.get("after"),
        limit=limit + 1,
        order=order,
        purpose=query.get("purpose"),
        search=query.get("search", ""),
    )
    return listing(rows, limit=limit)


async def retrieve(request: Request) -> Response:
    """GET: one file."""
    return reply(await service_of(request).database.read(files.read, _file_id(request)))


async def delete(request: Request) -> Response:
    """DELETE: an input file takes its running batches with it."""
    service, file_id = service_of(request), _file_id(request)
    for batch in await service.database.write(files.delete, file_id):
        await service.database.write(batches.cancel, batch)
        await service.engine.stop(batch)
    return reply({"id": file_id, "object": "file", "deleted": True})


async def content(request: Request) -> Response:
    """GET: the lines of a file, from ``skip`` on.

    Without ``limit`` they are streamed, and a result file is cut to the number that ``X-Last-Line`` tells.
    """
    database = service_of(request).database
    skip = max(0, integer(request, "skip") or 0)
    limit = None if integer(request, "limit") is None else page_size(request)
    search = request.query_params.get("search")
    source = await database.read(_open, _file_id(request), skip=skip)
    if limit is not None:
        lines = [line async for page in _pages(database, source, search or "", limit + 1) for line in page]
        incomplete = source.incomplete or len(lines) > limit
        headers = {"X-Incomplete": _word(incomplete), "X-Last-Line": str(skip + len(lines[:limit]))}
        return Response(b"".join(lines[:limit]), media_type="application/x-ndjson", headers=headers)
    headers = {"X-Incomplete": _word(source.incomplete)}
    left = None
    if source.count is not None and search is None:
        left = max(0, source.count - skip)
        headers["X-Last-Line"] = str(skip + left)
    blocks = (b"".join(page) async for page in _pages(database, source, search or "", left))
    return StreamingResponse(blocks, media_type="application/x-ndjson", headers=headers)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the lines of one file come from. ``state`` is ``None`` for an input file."""

    file_id: str
    batch: int
    state: str | None
    after: int
    incomplete: bool
    count: int | None
    """How many lines there are now; ``None`` for an input file or a deleted batch."""


def _open(connection: sqlite3.Connection, file_id: str, *, skip: int) -> Source:
    file = files.get(connection, file_id)
    state = STATES.get(file["purpose"])
    if state is None:
        after = requests.input_place(connection, file_id, skip=skip)
        return Source(file_id=file_id, batch=0, state=None, after=after, incomplete=False, count=None)
    batch = batches.by_number(connection, file["batch"])
    return Source(
        file_id=file_id,
        batch=batch["seq"],
        state=state,
        after=requests.place(connection, batch["seq"], state, skip=skip),
        incomplete=not batch["deleted"] and not batches.is_finished(batch),
        count=None if batch["deleted"] else batch[state],
    )


async def _pages(database: Database, source: Source, search: str, left: int | None) -> AsyncIterator[list[bytes]]:
    """The lines in pages of a size that is cheap to send; ``left`` is how many lines at most."""
    after = source.after
    while left is None or left > 0:
        most = PAGE_LINES if left is None else min(left, PAGE_LINES)
        if source.state is None:
            lines, after = await database.read(
                requests.input_lines, source.file_id, after=after, search=search, limit=most
            )
        else:
            lines, after = await database.read(
                requests.answer_lines, source.batch, source.state, after=after, search=search, limit=most
            )
        if not lines:
            return
        yield lines
        left = None if left is None else left - len(lines)


def _file_id(request: Request) -> str:
    return parse_id("file ID", request.path_params["file_id"])


def _word(value: bool) -> str:
    return "true" if value else "false"


ROUTES = [
    Route("/v1/files", create, methods=["POST"]),
    Route("/v1/files", list_files, methods=["GET"]),
    Route("/v1/files/{file_id}", retrieve, methods=["GET"]),
    Route("/v1/files/{file_id}", delete, methods=["DELETE"]),
    Route("/v1/files/{file_id}/content", content, methods=["GET"]),
]
