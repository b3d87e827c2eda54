"""The echo model: what was said comes back. For tests, and for trying a notebook without a model.

Besides ``echo`` it answers to ``echo-chat`` and ``echo-embedding``, which are not listed and of one kind each.

A last user message (or last input of an embedding) that is exactly ``fail 500``, or any status from 400 to 599, is
answered with that status; ``fail 500 once`` only the first time that this request is seen by the process. ``wait 0.5``
is answered after so many seconds; ``wait 0.5 fail 500`` does both.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from dw_jupyter.local import instance, order, vectors
from dw_jupyter.local.backend import Answer, Model, Patience, Stream
from dw_jupyter.local.dialects import chat, events, translation
from dw_jupyter.local.dialects.chat import ChatRequest, Function
from dw_jupyter.local.dialects.shape import content_text
from dw_jupyter.local.refusal import Refusal
from dw_jupyter.local.validity import UnsupportedSchemaError

MODEL = Model(id="echo", created=1_700_000_000)
OF_ONE_KIND = {
    "echo-chat": Model(id="echo-chat", created=MODEL.created, kind="CHAT"),
    "echo-embedding": Model(id="echo-embedding", created=MODEL.created, kind="EMBEDDINGS"),
}
DIMENSIONS = 64


class Echo:
    """A back end that answers with the text of the last user message, or with a fixed vector for each text.

    Where a JSON schema is asked for it answers with a valid instance of it. Where tools are offered it calls the one
    asked for, else the first, with valid arguments; once a tool has answered, it answers with text. A token is a word.

    Args:
        delay: seconds that each answer takes.
    """

    concurrency = 8
    patience = Patience(attempts=3, first_wait=0.1, longest_wait=1.0)

    def __init__(self, *, delay: float = 0.0) -> None:
        self._delay = delay
        self._failed: set[bytes] = set()

    async def start(self) -> None:
        """Nothing to get ready."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    async def models(self) -> Sequence[Model]:
        """Just the one."""
        return (MODEL,)

    def find(self, name: str) -> Model | None:
        """``echo``, and its namesakes of one kind."""
        return MODEL if name == MODEL.id else OF_ONE_KIND.get(name)

    async def complete(self, path: str, body: dict[str, Any]) -> Answer:
        """Echo after the delay; 400 where there is nothing to echo."""
        if self._delay:
            await asyncio.sleep(self._delay)
        return await translation.answer(path, body, chat=self._chat, embed=self._embed)

    async def stream(self, path: str, body: dict[str, Any]) -> Answer | Stream:
        """The whole answer, in pieces."""
        return events.retell(path, body, await self.complete(path, body))

    async def _chat(self, body: dict[str, Any]) -> Answer:
        request = chat.parse(body)
        said = [content_text(message.content) for message in request.messages if message.role == "user"]
        text = said[-1] if said else ""
        await self._obey(text, body)
        message, reason = _message(request, text)
        choices = [(message, reason)] * (request.n or 1)
        told = message["content"] or "".join(call["function"]["arguments"] for call in message.get("tool_calls", ()))
        counts = {
            "prompt": sum(len(content_text(each.content).split()) for each in request.messages),
            "answer": len(told.split()) * len(choices),
        }
        return Answer.of(chat.completion(body["model"], choices, **counts))

    async def _embed(self, body: dict[str, Any]) -> Answer:
        request = vectors.parse(body)
        texts = [each if isinstance(each, str) else msgspec.json.encode(each).decode() for each in request.inputs]
        await self._obey(texts[-1], body)
        tokens = sum(len(each.split() if isinstance(each, str) else each) for each in request.inputs)
        made = [vectors.fixed(text, request.dimensions or DIMENSIONS) for text in texts]
        form = request.encoding_format
        return Answer.of(vectors.listing(body["model"], made, tokens=tokens, encoding_format=form))

    async def _obey(self, text: str, body: dict[str, Any]) -> None:
        """Wait and fail as the text orders.

        Raises:
            Refusal: the failure.
        """
        ordered = order.read(text)
        await asyncio.sleep(ordered.wait)
        if ordered.status_code is None:
            return
        if ordered.once:
            seen = hashlib.sha256(msgspec.json.encode(body, order="deterministic")).digest()
            if seen in self._failed:
                return
            self._failed.add(seen)
        raise Refusal(ordered.status_code, f"{text}, as asked.")


def _message(request: ChatRequest, text: str) -> tuple[dict[str, Any], str]:
    """The answer, and why it ends."""
    if request.callable and request.messages[-1].role != "tool":
        function = request.callable[0]
        call = chat.tool_call(function.name, _arguments(function, text))
        return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    content, reason = _cut(_shape(request, text), request)
    return {"role": "assistant", "content": content}, reason


def _arguments(function: Function, text: str) -> Any:
    return _instance(f"tools: {function.name}", function.parameters or {"type": "object"}, text)


def _shape(request: ChatRequest, text: str) -> str:
    form = request.response_format
    if form is None or form.type == "text":
        return text
    if form.json_schema is None:
        return msgspec.json.encode({"text": text}).decode()
    return msgspec.json.encode(_instance("response_format", form.json_schema.schema, text)).decode()


def _instance(where: str, schema: Any, text: str) -> Any:
    try:
        return instance.make(schema, text)
    except UnsupportedSchemaError as error:
        raise Refusal(400, f"{where}: {error}.") from None


def _cut(text: str, request: ChatRequest) -> tuple[str, str]:
    """The text up to the first stop sequence and the limit on its tokens, and why it ends there."""
    stops = [request.stop] if isinstance(request.stop, str) else request.stop or []
    ends = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    text = text[: min(ends, default=len(text))]
    if request.most_tokens is not None and len(text.split()) > request.most_tokens:
        words = list(re.finditer(r"\s*\S+", text))[: request.most_tokens]
        return text[: words[-1].end()], "length"
    return text, "stop"
