"""What the routes work with, and what they share: the body and the reply."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from dw_jupyter.local.backend import Backend
from dw_jupyter.local.background import Background
from dw_jupyter.local.database import Database
from dw_jupyter.local.engine import Engine
from dw_jupyter.local.limits import Limits
from dw_jupyter.local.refusal import Refusal

T = TypeVar("T")

JSON_BYTES = 2 * 1024 * 1024
"""Enough to name every request of the largest file."""


@dataclass
class Activity:
    """When the service was last of use."""

    open_requests: int = 0
    last: float = field(default_factory=time.monotonic)

    def touch(self) -> None:
        """Say that something was asked just now."""
        self.last = time.monotonic()


@dataclass(frozen=True, kw_only=True)
class Service:
    """The parts of a running service."""

    database: Database
    backend: Backend
    engine: Engine
    background: Background
    limits: Limits
    api_key: str = field(repr=False)
    activity: Activity = field(default_factory=Activity)


def service_of(request: Request) -> Service:
    """The service that a request has come to."""
    return cast("Service", request.app.state.service)


def reply(content: Any, *, status_code: int = 200) -> Response:
    """A JSON answer."""
    return Response(msgspec.json.encode(content), status_code=status_code, media_type="application/json")


def listing(rows: list[dict[str, Any]], *, limit: int) -> Response:
    """One page of a list. ``rows`` holds one more than ``limit`` where there are more."""
    page = rows[:limit]
    ends = {"first_id": page[0]["id"], "last_id": page[-1]["id"]} if page else {}
    return reply({"object": "list", "data": page, **ends, "has_more": len(rows) > limit})


async def read_body(request: Request, *, most: int) -> bytes:
    """The body of a request.

    Raises:
        Refusal: 413 when it has more than ``most`` bytes.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise Refusal(413, "length limit exceeded")
    return bytes(body)


async def read_json(request: Request, kind: type[T]) -> T:
    """The body of a request as ``kind``.

    Raises:
        Refusal: 415 for another content type, 400 for what is no JSON, 422 for JSON of another form.
    """
    kind_of_body = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not re.fullmatch(r"application/(\S+\+)?json", kind_of_body):
        raise Refusal(415, "Expected request with `Content-Type: application/json`")
    body = await read_body(request, most=JSON_BYTES)
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Refusal(422, f"Failed to deserialize the JSON body into the target type: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, f"Failed to parse the request body as JSON: {error}") from None
