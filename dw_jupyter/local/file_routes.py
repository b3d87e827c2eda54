"""``/v1/files``."""

from __future__ import annotations

import sqlite3

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dw_jupyter.local import batches, deletion, estimate, files, lines, upload
from dw_jupyter.local.line_reply import reply_all, reply_page
from dw_jupyter.local.lines import Lines
from dw_jupyter.local.query import integer, page_size
from dw_jupyter.local.refusal import Refusal, parse_id, read_uuid
from dw_jupyter.local.service import listing, reply, service_of

STATES = {"batch_output": "completed", "batch_error": "failed"}


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
    """GET: the files, output and error files among them.

    There is one user: ``own`` and ``member_id`` change nothing.
    """
    query = request.query_params
    order = query.get("order", "desc")
    if order not in {"asc", "desc"}:
        raise Refusal(400, "Order must be 'asc' or 'desc'")
    limit = page_size(request)
    rows = await service_of(request).database.read(
        files.list_files,
        after=read_uuid(query.get("after", "")),
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
    touched = await service.database.write_through(deletion.delete_file, file_id)
    unfinished = await service.database.read(batches.unfinished)
    for batch in touched:
        if batch not in unfinished:
            await service.engine.stop(batch)
        await service.database.write(deletion.purge_answers, batch)
    await service.database.write(deletion.purge_templates, file_id)
    return reply({"id": file_id, "object": "file", "deleted": True})


async def content(request: Request) -> Response:
    """GET: the lines of a file, from ``skip`` on.

    Without ``limit`` a result file is cut to the number that ``X-Last-Line`` tells.
    """
    database = service_of(request).database
    skip = max(0, integer(request, "skip") or 0)
    limit = None if integer(request, "limit") is None else page_size(request)
    search = request.query_params.get("search")
    shown, count, incomplete = await database.read(_open, _file_id(request), search=search)
    if limit is not None:
        return await reply_page(database, shown, skip=skip, limit=limit, incomplete=incomplete)
    return await reply_all(database, shown, skip=skip, count=count, incomplete=incomplete)


async def cost_estimate(request: Request) -> Response:
    """GET: what a batch on a file would use. Any ``completion_window`` will do: all cost the same here."""
    service, file_id = service_of(request), _file_id(request)
    await service.backend.models()
    return reply(await service.database.read(estimate.of_file, file_id, find=service.backend.find))


def _open(connection: sqlite3.Connection, file_id: str, *, search: str | None) -> tuple[Lines, int | None, bool]:
    """The lines of a file; how many there are now, where that is to be told; and whether more may come."""
    file = files.get(connection, file_id)
    state = STATES.get(file["purpose"])
    if state is None:
        return lines.of_input(file_id, search=search or ""), None, False
    batch = batches.by_number(connection, file["batch"])
    known = search is None and not batch["deleted"]
    return (
        lines.of_answers(batch["seq"], state, search=search or ""),
        batch[state] if known else None,
        not batch["deleted"] and not batches.is_finished(batch),
    )


def _file_id(request: Request) -> str:
    return parse_id("file ID", request.path_params["file_id"])


ROUTES = [
    Route("/v1/files", create, methods=["POST"]),
    Route("/v1/files", list_files, methods=["GET"]),
    Route("/v1/files/{file_id}", retrieve, methods=["GET"]),
    Route("/v1/files/{file_id}", delete, methods=["DELETE"]),
    Route("/v1/files/{file_id}/content", content, methods=["GET"]),
    Route("/v1/files/{file_id}/cost-estimate", cost_estimate, methods=["GET"]),
]
