"""A whole answer told again as the server-sent events of a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import msgspec

from dw_jupyter.local.backend import Answer, Stream
from dw_jupyter.local.dialects import chat_events, message_events, response_events
from dw_jupyter.local.limits import CHAT, COMPLETIONS, MESSAGES, RESPONSES

Events = Iterator[dict[str, Any]]

TELL: dict[str, Callable[[dict[str, Any], bool], Events]] = {
    CHAT: chat_events.of_chat,
    COMPLETIONS: chat_events.of_completion,
    RESPONSES: response_events.of_response,
    MESSAGES: message_events.of_message,
}
NAMED = frozenset({RESPONSES, MESSAGES})
"""The streams whose events have names and which end without ``[DONE]``."""


def retell(path: str, body: dict[str, Any], answer: Answer) -> Answer | Stream:
    """A good answer as a stream; any other, and an embedding, as it is."""
    if answer.status_code != 200 or path not in TELL:
        return answer
    options = body.get("stream_options")
    usage = isinstance(options, dict) and options.get("include_usage") is True
    told = TELL[path](msgspec.json.decode(answer.body), usage)
    return Stream(pieces=_pieces(path, told), whole=answer)


async def _pieces(path: str, events: Events) -> AsyncIterator[bytes]:
    for event in events:
        name = b"event: " + event["type"].encode() + b"\n" if path in NAMED else b""
        yield name + b"data: " + msgspec.json.encode(event) + b"\n\n"
        await asyncio.sleep(0)  # a client that reads is sent each event by itself
    if path not in NAMED:
        yield b"data: [DONE]\n\n"
