"""``/v1/responses``: answered at once, or in the background and asked for later."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dw_jupyter.local import earlier, response_table
from dw_jupyter.local.backend import Answer, Stream
from dw_jupyter.local.dialects import events
from dw_jupyter.local.inference import ask, read_request, respond
from dw_jupyter.local.limits import RESPONSES
from dw_jupyter.local.service import Service, reply, service_of


async def create(request: Request) -> Response:
    """POST: 200 and the response, or, with ``background``, 202 and the promise of one.

    It can be asked for again unless ``store`` is false, or an upstream has streamed it.
    """
    service = service_of(request)
    body = await read_request(request, service)
    if not isinstance(body, Answer):
        body = await earlier.put_before(service.database, body)
    if isinstance(body, Answer):
        return respond(body)
    if body.get("background"):
        return await _promise(service, body)
    answer = await ask(service.backend, RESPONSES, body)
    whole = answer.whole if isinstance(answer, Stream) else answer
    if whole is not None and whole.status_code == 200 and body.get("store") is not False:
        await _keep(service, body, whole)
    return respond(answer)


async def retrieve(request: Request) -> Response:
    """GET: a response as it stands."""
    response = await _read(request)
    return _missing(request) if response is None else reply(response)


async def cancel(request: Request) -> Response:
    """POST: a response that waits, or is worked on, is cancelled; one that has ended stays as it is."""
    service = service_of(request)
    response = await _read(request)
    if response is None:
        return _missing(request)
    await service.database.write(response_table.update, response | {"status": "cancelled"})
    await service.background.stop(response["id"])
    return reply(await _read(request))


async def delete(request: Request) -> Response:
    """DELETE: a response is forgotten, and no longer worked on."""
    identifier = request.path_params["response_id"]
    service = service_of(request)
    if not await service.database.write(response_table.delete, identifier):
        return _missing(request)
    await service.background.stop(identifier)
    return reply({"id": identifier, "object": "response", "deleted": True})


async def _promise(service: Service, body: dict[str, Any]) -> Response:
    if not body.get("input") or not isinstance(body["input"], (str, list)):
        return respond(Answer.refusal(400, "input: a text or at least one item is needed."))
    try:
        response = await service.background.begin(body)
    except (RecursionError, OverflowError) as error:
        return respond(Answer.refusal(400, f"The request is nested too deeply, or holds too large a number: {error}"))
    if not body.get("stream"):
        return reply(response, status_code=202)
    await service.background.finished(response["id"])
    ended = await service.database.read(response_table.get, response["id"])
    return respond(events.retell(RESPONSES, body, Answer.of(ended or response)))


async def _keep(service: Service, body: dict[str, Any], answer: Answer) -> None:
    """Keep a response under its id, so that it can be asked for again."""
    try:
        response = msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return  # an upstream's own way to answer
    if isinstance(response.get("id"), str) and isinstance(response.get("status"), str):
        await service.database.write(response_table.add, response, body)


async def _read(request: Request) -> dict[str, Any] | None:
    return await service_of(request).database.read(response_table.get, request.path_params["response_id"])


def _missing(request: Request) -> Response:
    return respond(Answer.refusal(404, f"Response with id '{request.path_params['response_id']}' not found."))


ROUTES = [
    Route(RESPONSES, create, methods=["POST"]),
    Route(RESPONSES + "/{response_id}", retrieve, methods=["GET"]),
    Route(RESPONSES + "/{response_id}", delete, methods=["DELETE"]),
    Route(RESPONSES + "/{response_id}/cancel", cancel, methods=["POST"]),
]
