"""``/v1/batches``."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dw_jupyter.local import batches
from dw_jupyter.local.limits import PATHS, WINDOW_SECONDS
from dw_jupyter.local.refusal import Refusal, parse_id
from dw_jupyter.local.service import listing, page_size, read_json, reply, service_of


class CreateBatch(msgspec.Struct, frozen=True):
    """What a batch is made of. Unknown fields are passed over."""

    input_file_id: str
    endpoint: str
    completion_window: str
    metadata: dict[str, str] | None = None


async def create(request: Request) -> Response:
    """POST: a batch on an uploaded file; it starts at once."""
    service = service_of(request)
    wish = await read_json(request, CreateBatch)
    if wish.completion_window not in WINDOW_SECONDS:
        raise Refusal(400, f"Unsupported completion_window. Allowed values: {', '.join(WINDOW_SECONDS)}")
    if wish.endpoint not in PATHS:
        raise Refusal(400, f"Unsupported endpoint '{wish.endpoint}'. Supported: {', '.join(PATHS)}")
    row = await service.database.write(
        batches.create,
        input_file_id=parse_id("input_file_id", wish.input_file_id),
        endpoint=wish.endpoint,
        completion_window=wish.completion_window,
        metadata=wish.metadata or {},
    )
    service.engine.start(row["seq"])
    return reply(batches.wire(row), status_code=201)


async def list_batches(request: Request) -> Response:
    """GET: the batches, newest first."""
    query = request.query_params
    limit = page_size(request)
    rows = await service_of(request).database.read(
        batches.list_batches,
        after=query.get("after"),
        limit=limit + 1,
        status=query.get("status"),
        search=query.get("search", ""),
    )
    return listing(rows, limit=limit)


async def retrieve(request: Request) -> Response:
    """GET: one batch."""
    return reply(batches.wire(await service_of(request).database.read(batches.get, _batch_id(request))))


async def cancel(request: Request) -> Response:
    """POST: cancel a batch, whatever its state."""
    service = service_of(request)
    batch = (await service.database.read(batches.get, _batch_id(request)))["seq"]
    await service.database.write(batches.cancel, batch)
    await service.engine.stop(batch)
    return reply(batches.wire(await service.database.read(batches.by_number, batch)))


async def retry(request: Request) -> Response:
    """POST: run what failed or was cancelled again, in the same batch."""
    service = service_of(request)
    batch = (await service.database.read(batches.get, _batch_id(request)))["seq"]
    await service.engine.stop(batch)
    try:
        row = await service.database.write(batches.retry, batch)
    finally:
        if batch in await service.database.read(batches.unfinished):
            service.engine.start(batch)
    return reply(batches.wire(row))


async def delete(request: Request) -> Response:
    """DELETE: hide a batch, cancelling it where it still runs."""
    service = service_of(request)
    batch = (await service.database.read(batches.get, _batch_id(request)))["seq"]
    await service.database.write(batches.delete, batch)
    await service.engine.stop(batch)
    return Response(status_code=204)


def _batch_id(request: Request) -> str:
    return parse_id("batch ID", request.path_params["batch_id"])


ROUTES = [
    Route("/v1/batches", create, methods=["POST"]),
    Route("/v1/batches", list_batches, methods=["GET"]),
    Route("/v1/batches/{batch_id}", retrieve, methods=["GET"]),
    Route("/v1/batches/{batch_id}", delete, methods=["DELETE"]),
    Route("/v1/batches/{batch_id}/cancel", cancel, methods=["POST"]),
    Route("/v1/batches/{batch_id}/retry", retry, methods=["POST"]),
]
