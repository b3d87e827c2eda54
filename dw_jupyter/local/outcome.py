"""From answers to lines of the output file or the error file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from dw_jupyter.local.backend import Answer

Reason = Literal["RetriableHttpStatus", "NonRetriableHttpStatus", "NetworkError", "Timeout", "RequestBuilderError"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request of a batch, as the engine takes it up. ``batch`` is the batch's number in the state."""

    id: int
    uuid: str
    batch: int
    custom_id: str
    url: str
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The end of one request. ``line`` is what its file shows, with its line end."""

    request: int
    batch: int
    state: Literal["completed", "failed"]
    line: bytes


def is_retriable(status_code: int) -> bool:
    """Whether a status may pass by itself. The cloud's engine counts 404 among these."""
    return status_code >= 500 or status_code in {404, 408, 429, 499}


def succeed(request: Request, answer: Answer) -> Outcome:
    """The outcome of an answer below 400."""
    response = {"status_code": answer.status_code, "request_id": None, "body": _one_line(answer.body)}
    return _outcome(request, "completed", response=response, error=None)


def refuse(request: Request, answer: Answer) -> Outcome:
    """The outcome of an answer of 400 or more."""
    reason: Reason = "RetriableHttpStatus" if is_retriable(answer.status_code) else "NonRetriableHttpStatus"
    return fail(request, reason, {"status": answer.status_code, "body": answer.body.decode(errors="replace")})


def fail(request: Request, reason: Reason, details: dict[str, Any]) -> Outcome:
    """The outcome of a request that failed: a JSON text inside the message, as the cloud's engine writes it."""
    message = msgspec.json.encode({"type": reason, "details": details}).decode()
    return _outcome(request, "failed", response=None, error={"code": None, "message": message})


def _outcome(request: Request, state: Literal["completed", "failed"], **parts: Any) -> Outcome:
    line = msgspec.json.encode({"id": f"batch_req_{request.uuid}", "custom_id": request.custom_id, **parts})
    return Outcome(request=request.id, batch=request.batch, state=state, line=line + b"\n")


def _one_line(body: bytes) -> msgspec.Raw:
    """A body as JSON on one line; a body that is no JSON becomes a JSON string."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = body.decode(errors="replace")
    return msgspec.Raw(msgspec.json.encode(value))
