"""The echo model: what was said comes back. For tests, and for trying a notebook without a model.

A last user message that is exactly ``fail 500`` (or any status from 400 to 599) is answered with that status.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec

from dw_jupyter.local import instance
from dw_jupyter.local.backend import Answer, Model, Patience
from dw_jupyter.local.limits import CHAT
from dw_jupyter.local.refusal import envelope

MODEL = Model(id="echo", created=1_700_000_000, kind="CHAT")


class Echo:
    """A back end that answers chat completions with the text of the last user message.

    Where ``response_format`` asks for a JSON schema it answers with a valid instance of it.

    Args:
        delay: seconds that each answer takes.
    """

    concurrency = 8
    patience = Patience(attempts=3, first_wait=0.1, longest_wait=1.0)

    def __init__(self, *, delay: float = 0.0) -> None:
        self._delay = delay

    async def start(self) -> None:
        """Nothing to get ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    async def models(self) -> Sequence[Model]:
        """Just the one."""
        return (MODEL,)

    def find(self, name: str) -> Model | None:
        """``echo`` has no alias."""
        return MODEL if name == MODEL.id else None

    async def complete(self, path: str, body: dict[str, Any]) -> Answer:
        """Echo after the delay; 400 where there is nothing to echo."""
        if self._delay:
            await asyncio.sleep(self._delay)
        try:
            return Answer(status_code=200, body=msgspec.json.encode(_answer(path, body)))
        except _FailingError as error:
            return Answer(status_code=error.status_code, body=envelope(error.status_code, str(error)))


class _FailingError(Exception):
    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code


def _answer(path: str, body: dict[str, Any]) -> dict[str, Any]:
    if path != CHAT:
        raise _FailingError(400, f"echo answers {CHAT} only, not {path}.")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(message, dict) for message in messages):
        raise _FailingError(400, "messages: at least one message is needed.")
    said = [_text(message.get("content")) for message in messages if message.get("role") == "user"]
    text = said[-1] if said else ""
    asked = re.fullmatch(r"fail ([45]\d\d)", text)
    if asked:
        raise _FailingError(int(asked[1]), f"{text}, as asked.")
    content = _shape(body.get("response_format"), text)
    tokens_in = sum(len(_text(message.get("content")).split()) for message in messages)
    tokens_out = len(content.split())
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL.id,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": content}, "finish_reason": "stop"},
        ],
        "usage": {
            "prompt_tokens": tokens_in,
            "completion_tokens": tokens_out,
            "total_tokens": tokens_in + tokens_out,
        },
    }


def _text(content: Any) -> str:
    """The text of a message, whose content is a string or a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return ""


def _shape(response_format: Any, text: str) -> str:
    if not isinstance(response_format, dict) or response_format.get("type") in {None, "text"}:
        return text
    if response_format["type"] == "json_object":
        return msgspec.json.encode({"text": text}).decode()
    named = response_format.get("json_schema")
    if response_format["type"] != "json_schema" or not isinstance(named, dict):
        raise _FailingError(400, "response_format: a type of text, json_object or json_schema is needed.")
    try:
        made = instance.make(named.get("schema"), text)
    except (instance.UnsupportedSchemaError, TypeError, RecursionError) as error:
        raise _FailingError(400, f"response_format: {error}.") from None
    return msgspec.json.encode(made).decode()
