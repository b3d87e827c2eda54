"""``/v1/models``, and answers in real time. Errors come in OpenAI's envelope here."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dw_jupyter.local.backend import Answer, NoAnswer
from dw_jupyter.local.limits import CHAT
from dw_jupyter.local.refusal import Refusal, envelope
from dw_jupyter.local.service import read_body, reply, service_of
from dw_jupyter.local.validation import too_large


async def list_models(request: Request) -> Response:
    """GET: the models on offer. An alias is no model."""
    models = await service_of(request).backend.models()
    data = [{"id": each.id, "object": "model", "created": each.created, "owned_by": "None"} for each in models]
    return reply({"object": "list", "data": data})


async def complete(request: Request) -> Response:
    """POST: one answer, by the same back end that answers batches."""
    answer = await _answer(request)
    headers = {} if answer.retry_after is None else {"Retry-After": str(int(answer.retry_after))}
    return Response(answer.body, status_code=answer.status_code, media_type="application/json", headers=headers)


async def _answer(request: Request) -> Answer:
    service = service_of(request)
    most = service.limits.body_bytes
    try:
        body: dict[str, Any] = msgspec.json.decode(await read_body(request, most=most), type=dict[str, Any])
    except Refusal:
        return _error(413, too_large(most + 1, most))
    except (msgspec.DecodeError, RecursionError) as error:
        return _error(400, f"The body is not a JSON object: {error}")
    model = body.get("model")
    if not isinstance(model, str):
        return _error(400, "Missing 'model' field in request body")
    if service.backend.find(model) is None:
        return _error(404, f"The model '{model}' does not exist or is not available to user.", code="model_not_found")
    if body.get("stream"):
        return _error(400, "The embedded service does not stream answers: leave out 'stream'.")
    try:
        return await service.backend.complete(request.url.path, body)
    except NoAnswer as error:
        return _error(502, f"The model could not be reached: {error}")


def _error(status_code: int, message: str, *, code: str | None = None) -> Answer:
    return Answer(status_code=status_code, body=envelope(status_code, message, code=code))


ROUTES = [
    Route("/v1/models", list_models, methods=["GET"]),
    Route(CHAT, complete, methods=["POST"]),
]
