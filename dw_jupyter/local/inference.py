"""Answers in real time: from a request of HTTP to the back end and back. Errors come in OpenAI's envelope."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from dw_jupyter.local.backend import Answer, Backend, NoAnswer, Stream
from dw_jupyter.local.refusal import Refusal, envelope
from dw_jupyter.local.service import Service, read_body
from dw_jupyter.local.validation import too_large

TIERS = frozenset({"auto", "default", "flex", "priority", "scale", "standard_only", "background"})


async def read_request(request: Request, service: Service) -> dict[str, Any] | Answer:
    """The body of a request for a model that is on offer, or the answer that refuses it."""
    most = service.limits.body_bytes
    try:
        body: dict[str, Any] = msgspec.json.decode(await read_body(request, most=most), type=dict[str, Any])
    except Refusal:
        return Answer.refusal(413, too_large(most + 1, most))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Answer.refusal(400, f"The body is not a JSON object: {error}")
    model = body.get("model")
    if not isinstance(model, str):
        return Answer.refusal(400, "Missing 'model' field in request body")
    for name in ("stream", "background", "store"):
        if not isinstance(body.get(name), (bool, type(None))):
            return Answer.refusal(400, f"{name}: true or false is needed.")
    tier = body.get("service_tier")
    if tier is not None and not (isinstance(tier, str) and tier in TIERS):
        return Answer.refusal(400, f"service_tier: one of {', '.join(sorted(TIERS))} is needed.")
    if not await offers(service.backend, model):
        message = f"The model '{model}' does not exist or is not available to user."
        return Answer.refusal(404, message, code="model_not_found")
    return body


async def offers(backend: Backend, model: str) -> bool:
    """Whether a back end has a model, asked again where it is not known yet."""
    if backend.find(model) is None:
        await backend.models()
    return backend.find(model) is not None


async def ask(backend: Backend, path: str, body: dict[str, Any]) -> Answer | Stream:
    """What the back end says: in pieces where that is wished for."""
    try:
        if body.get("stream"):
            return await backend.stream(path, body)
        return await backend.complete(path, body)
    except NoAnswer as error:
        return Answer.refusal(502, _unreachable(error))
    except (RecursionError, OverflowError) as error:  # JSON that could be read, but not be written again
        return Answer.refusal(400, f"The request is nested too deeply, or holds too large a number: {error}")


def respond(answer: Answer | Stream) -> Response:
    """An answer of the back end as an answer of HTTP."""
    if isinstance(answer, Stream):
        return EventStream(answer)
    headers = {} if answer.retry_after is None else {"Retry-After": str(math.ceil(answer.retry_after))}
    return Response(answer.body, status_code=answer.status_code, media_type="application/json", headers=headers)


class EventStream(StreamingResponse):
    """Server-sent events. What stands behind them is let go in the end, whether the client stays or leaves."""

    def __init__(self, stream: Stream) -> None:
        super().__init__(_tell(stream.pieces), media_type="text/event-stream", headers={"Cache-Control": "no-cache"})
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._stream.close is not None:
                await self._stream.close()


async def _tell(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces; where they break off, a last event that says so, as other servers do."""
    try:
        async for piece in pieces:
            yield piece
    except NoAnswer as error:
        yield b"\n\ndata: " + envelope(502, _unreachable(error)) + b"\n\n"


def _unreachable(error: NoAnswer) -> str:
    return f"The model could not be reached: {error}"
