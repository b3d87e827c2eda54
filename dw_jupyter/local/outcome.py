"""From answers to lines of the output file or the error file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from dw_jupyter.local.backend import Answer
from dw_jupyter.local.usage import NONE_TOLD, Usage, read_usage

Reason = Literal["RetriableHttpStatus", "NonRetriableHttpStatus", "NetworkError", "Timeout", "RequestBuilderError"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request of a batch, as the engine takes it up. ``batch`` is the batch's number in the state."""

    id: int
    uuid: str
    batch: int
    custom_id: str
    model: str
    url: str
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of one request. ``line`` is what its file shows, with its line end.

    ``seconds`` is how long the last answer took, ``None`` where none came.
    """

    request: int
    batch: int
    model: str
    state: Literal["completed", "failed"]
    line: bytes
    usage: Usage = NONE_TOLD
    seconds: float | None = None


def is_retriable(status_code: int) -> bool:
    """Whether a status may pass by itself. The cloud's engine counts 404 among these."""
    return status_code >= 500 or status_code in {404, 408, 429, 499}


def succeed(request: Request, answer: Answer, *, seconds: float) -> Outcome:
    """The outcome of an answer below 400."""
    body, usage = _read(answer.body)
    response = {"status_code": answer.status_code, "request_id": None, "body": body}
    return _outcome(request, "completed", response, None, usage=usage, seconds=seconds)


def refuse(request: Request, answer: Answer, *, seconds: float) -> Outcome:
    """The outcome of an answer of 400 or more."""
    reason: Reason = "RetriableHttpStatus" if is_retriable(answer.status_code) else "NonRetriableHttpStatus"
    details = {"status": answer.status_code, "body": answer.body.decode(errors="replace")}
    return fail(request, reason, details, seconds=seconds)


def fail(request: Request, reason: Reason, details: dict[str, Any], *, seconds: float | None = None) -> Outcome:
    """The outcome of a request that failed: a JSON text inside the message, as the cloud's engine writes it."""
    message = msgspec.json.encode({"type": reason, "details": details}).decode()
    return _outcome(request, "failed", None, {"code": None, "message": message}, seconds=seconds)


def _outcome(
    request: Request,
    state: Literal["completed", "failed"],
    response: dict[str, Any] | None,
    error: dict[str, Any] | None,
    *,
    usage: Usage = NONE_TOLD,
    seconds: float | None,
) -> Outcome:
    identity = {"id": f"batch_req_{request.uuid}", "custom_id": request.custom_id}
    return Outcome(
        request=request.id,
        batch=request.batch,
        model=request.model,
        state=state,
        line=msgspec.json.encode(identity | {"response": response, "error": error}) + b"\n",
        usage=usage,
        seconds=seconds,
    )


def _read(body: bytes) -> tuple[msgspec.Raw, Usage]:
    """A body as JSON on one line, and its usage; a body that is no JSON becomes a JSON string."""
    try:
        value = msgspec.json.decode(body)
        return msgspec.Raw(msgspec.json.encode(value)), read_usage(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return msgspec.Raw(msgspec.json.encode(body.decode(errors="replace"))), NONE_TOLD
