"""An answer held back, so that `dw_jupyter.local.faults` can spoil it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODILESS = frozenset({204, 304})


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes

    async def begin(self, send: Send) -> None:
        """Send its head."""
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})

    @property
    def identifier(self) -> str | None:
        """The id of the object that it tells of, if it does."""
        try:
            return str(json.loads(self.body)["id"]) if self.status < 300 else None
        except (ValueError, TypeError, KeyError):
            return None

    def lines(self) -> list[bytes]:
        """The lines of its body, their ends included; a body of one piece is one line."""
        *whole, tail = self.body.split(b"\n")
        return [line + b"\n" for line in whole] + ([tail] if tail else [])

    def with_body(self, body: bytes) -> Answer:
        """The same with another body, told by ``Content-Length`` where it has that."""
        headers = MutableHeaders(raw=list(self.headers))
        if "content-length" in headers:
            headers["content-length"] = str(len(body))
        return replace(self, headers=headers.raw, body=body)

    def without(self, identifiers: Collection[str]) -> Answer:
        """The page of a list, with some of its objects left out; what is no list stays as it is."""
        try:
            page: dict[str, Any] = json.loads(self.body)
            data = [each for each in page.pop("data") if each["id"] not in identifiers]
        except (ValueError, TypeError, KeyError):
            return self
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
        rest = {key: value for key, value in page.items() if key not in {"first_id", "last_id"}}
        return self.with_body(msgspec.json.encode(rest | {"data": data} | ends))


async def collect(app: ASGIApp, scope: Scope, receive: Receive) -> Answer:
    """Let an application act, and keep what it answers."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(scope, receive, keep)
    head, *rest = messages
    body = b"".join(message.get("body", b"") for message in rest)
    return Answer(status=head["status"], headers=head["headers"], body=body)


def make(status: int, body: str | dict[str, Any], headers: dict[str, str]) -> Answer:
    """An answer of a text or of JSON. ``headers`` may name another content type."""
    kind = "text/plain" if isinstance(body, str) else "application/json"
    content = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    named = any(name.lower() == "content-type" for name in headers)
    made = Response(b"" if status in BODILESS else content, status, headers, media_type=None if named else kind)
    return Answer(status=status, headers=made.raw_headers, body=bytes(made.body))
