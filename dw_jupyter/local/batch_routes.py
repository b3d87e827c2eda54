"""``/v1/batches``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dw_jupyter.local import analytics, batch_list, batches, deletion, result_view
from dw_jupyter.local.batch_list import Filters
from dw_jupyter.local.limits import PATHS, WINDOW_SECONDS
from dw_jupyter.local.line_reply import reply_all, reply_page
from dw_jupyter.local.query import integer, moment, page_size, switch, words
from dw_jupyter.local.refusal import Refusal, parse_id, read_uuid
from dw_jupyter.local.service import Service, listing, read_json, reply, service_of


class CreateBatch(msgspec.Struct, frozen=True):
    """What a batch is made of. Unknown fields are passed over."""

    input_file_id: str
    endpoint: str
    completion_window: str
    metadata: dict[str, str] | None = None


class RetryRequests(msgspec.Struct, frozen=True):
    """Which requests to try again."""

    request_ids: list[str]


async def create(request: Request) -> Response:
    """POST: a batch on an uploaded file; it starts at once."""
    service = service_of(request)
    wish = await read_json(request, CreateBatch)
    if wish.completion_window not in WINDOW_SECONDS:
        raise Refusal(400, f"Unsupported completion_window. Allowed values: {', '.join(WINDOW_SECONDS)}")
    if wish.endpoint not in PATHS:
        raise Refusal(400, f"Unsupported endpoint '{wish.endpoint}'. Supported: {', '.join(PATHS)}")
    row = await service.database.write_through(
        batches.create,
        input_file_id=parse_id("input_file_id", wish.input_file_id),
        endpoint=wish.endpoint,
        completion_window=wish.completion_window,
        metadata=wish.metadata or {},
    )
    service.engine.start(row["seq"])
    return reply(batches.wire(row), status_code=201)


async def list_batches(request: Request) -> Response:
    """GET: the batches, newest first. There is one user: ``member_id`` changes nothing."""
    query = request.query_params
    windows = words(request, "completion_window")
    if "background" in windows:
        raise Refusal(400, "completion_window=background is only available to platform managers")
    limit = page_size(request)
    filters = Filters(
        after=read_uuid(query.get("after", "")),
        search=query.get("search", ""),
        status=query.get("status"),
        since=moment(request, "created_after"),
        until=moment(request, "created_before"),
        windows=windows,
        active_first=switch(request, "active_first"),
    )
    measured = "analytics" in words(request, "include")
    rows = await service_of(request).database.read(batch_list.read, filters, limit=limit + 1, measured=measured)
    return listing(rows, limit=limit)


async def retrieve(request: Request) -> Response:
    """GET: one batch."""
    return reply(batches.wire(await service_of(request).database.read(batches.get, _batch_id(request))))


async def results(request: Request) -> Response:
    """GET: the requests with their answers, in input order."""
    service = service_of(request)
    skip = max(0, integer(request, "skip") or 0)
    limit = None if integer(request, "limit") is None else page_size(request)
    query = request.query_params
    view = await service.database.read(
        result_view.open_view,
        _batch_id(request),
        status=query.get("status"),
        search=query.get("search"),
        under_way=service.engine.under_way,
    )
    if limit is not None:
        return await reply_page(service.database, view.lines, skip=skip, limit=limit, incomplete=view.incomplete)
    return await reply_all(service.database, view.lines, skip=skip, count=view.count, incomplete=view.incomplete)


async def read_analytics(request: Request) -> Response:
    """GET: what the answers have used and taken so far."""
    return reply(analytics.of_batch(await service_of(request).database.read(batches.get, _batch_id(request))))


async def cancel(request: Request) -> Response:
    """POST: cancel a batch, whatever its state."""
    service = service_of(request)
    batch = await _number(request)
    async with service.engine.alone(batch):
        await service.database.write_through(batches.cancel, batch)
        await service.engine.stop(batch)
    return reply(batches.wire(await service.database.read(batches.by_number, batch)))


async def retry(request: Request) -> Response:
    """POST: run what failed or was cancelled again, in the same batch."""
    return await _go_on(service_of(request), await _number(request), batches.retry)


async def retry_requests(request: Request) -> Response:
    """POST: run some requests that failed again. What is no bare UUID is passed over, a line's own id among it."""
    batch = await _number(request)
    wish = await read_json(request, RetryRequests)
    named = [parsed for text in wish.request_ids if (parsed := read_uuid(text)) is not None]
    if not named:
        raise Refusal(400, "No valid request IDs provided")
    return await _go_on(service_of(request), batch, partial(batches.retry_some, uuids=named))


async def delete(request: Request) -> Response:
    """DELETE: hide a batch, cancelling it where it still runs."""
    service = service_of(request)
    batch = await _number(request)
    async with service.engine.alone(batch):
        await service.database.write_through(deletion.delete_batch, batch)
        await service.engine.stop(batch)
        await service.database.write(deletion.purge_answers, batch)
    return Response(status_code=204)


async def _go_on(service: Service, batch: int, put_back: Callable[[sqlite3.Connection, int], sqlite3.Row]) -> Response:
    """Put requests back, and let the batch take them up; what is under way goes on."""
    async with service.engine.alone(batch):
        row = await service.database.write_through(put_back, batch)
        if batch in await service.database.read(batches.unfinished):
            service.engine.start(batch)
    return reply(batches.wire(row))


async def _number(request: Request) -> int:
    """The number in the state of the batch that is asked for."""
    row = await service_of(request).database.read(batches.get, _batch_id(request))
    return int(row["seq"])


def _batch_id(request: Request) -> str:
    return parse_id("batch ID", request.path_params["batch_id"])


ROUTES = [
    Route("/v1/batches", create, methods=["POST"]),
    Route("/v1/batches", list_batches, methods=["GET"]),
    Route("/v1/batches/{batch_id}", retrieve, methods=["GET"]),
    Route("/v1/batches/{batch_id}", delete, methods=["DELETE"]),
    Route("/v1/batches/{batch_id}/cancel", cancel, methods=["POST"]),
    Route("/v1/batches/{batch_id}/retry", retry, methods=["POST"]),
    Route("/v1/batches/{batch_id}/retry-requests", retry_requests, methods=["POST"]),
    Route("/v1/batches/{batch_id}/results", results, methods=["GET"]),
    Route("/v1/batches/{batch_id}/analytics", read_analytics, methods=["GET"]),
]
