"""``/v1/models``, and answers in real time."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dw_jupyter.local.backend import Answer, Model
from dw_jupyter.local.dialects import message_replies
from dw_jupyter.local.inference import ask, offers, read_request, respond
from dw_jupyter.local.limits import CHAT, COMPLETIONS, EMBEDDINGS, MESSAGES
from dw_jupyter.local.service import reply, service_of


async def list_models(request: Request) -> Response:
    """GET: the models on offer. An alias is no model; the filters of the query would leave none out."""
    models = await service_of(request).backend.models()
    if message_replies.claims(request.url.path, request.headers):
        return reply(message_replies.models(models))
    return reply({"object": "list", "data": [_wire(each) for each in models]})


async def retrieve_model(request: Request) -> Response:
    """GET: one model, by its id or an alias."""
    backend, name = service_of(request).backend, request.path_params["model"]
    if not await offers(backend, name):
        return respond(Answer.refusal(404, f"The model '{name}' does not exist.", code="model_not_found"))
    model = backend.find(name)
    assert model is not None  # noqa: S101 - it is offered
    return reply(_wire(model))


async def complete(request: Request) -> Response:
    """POST: one answer, by the same back end that answers batches."""
    service = service_of(request)
    body = await read_request(request, service)
    answer = body if isinstance(body, Answer) else await ask(service.backend, request.url.path, body)
    if isinstance(answer, Answer) and request.url.path == MESSAGES:
        answer = message_replies.refusal(answer)
    return respond(answer)


def _wire(model: Model) -> dict[str, Any]:
    return {"id": model.id, "object": "model", "created": model.created, "owned_by": "None"}


ROUTES = [
    Route("/v1/models", list_models, methods=["GET"]),
    Route("/v1/models/{model:path}", retrieve_model, methods=["GET"]),
    *(Route(path, complete, methods=["POST"]) for path in (CHAT, COMPLETIONS, EMBEDDINGS, MESSAGES)),
]
