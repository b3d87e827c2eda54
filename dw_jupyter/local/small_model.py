"""The small real model: llama.cpp in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from dw_jupyter.local import tools_by_schema, vectors
from dw_jupyter.local.backend import Answer, Model, Patience, Stream
from dw_jupyter.local.dialects import chat, events, translation
from dw_jupyter.local.limits import CHAT, EMBEDDINGS
from dw_jupyter.local.model_process import SLOTS
from dw_jupyter.local.plain_messages import retell
from dw_jupyter.local.references import without_root
from dw_jupyter.local.refusal import Refusal, envelope
from dw_jupyter.local.runner import Runner

ALIAS = "local"
HELD_BACK = ("stream", "stream_options", "service_tier", "tools", "tool_choice", "parallel_tool_calls")
"""What the model's process is not told: the service or `tools_by_schema` sees to it."""


class SmallModel:
    """A back end that runs the weights in a ``.gguf`` file. The model's id is the file's name, ``local`` its alias.

    It chats, within a schema or with tools where that is asked for. Embeddings, the means of its own vectors, come
    from a second process, which starts when the first one is asked for.

    Args:
        weights: the file.
    """

    concurrency = SLOTS
    patience = Patience(attempts=3, first_wait=0.5, longest_wait=5.0)

    def __init__(self, weights: Path) -> None:
        # "SmolLM2-135M-Instruct.Q4_1.gguf" → "SmolLM2-135M-Instruct": how it is packed is not its name.
        name = weights.stem.rsplit(".", 1)
        packed = len(name) == 2 and name[1][:1] in {"Q", "q", "I", "i", "F", "f", "B", "b"}
        self._model = Model(id=name[0] if packed else weights.stem, created=int(weights.stat().st_mtime))
        self._speaker = Runner(weights)
        self._embedder = Runner(weights, embedding=True)
        self._knows_tools = False

    async def start(self) -> None:
        """Start the model's process and wait until it answers.

        Raises:
            LocalServiceError: it ended instead: the file is no model, say.
        """
        await self._speaker.start()
        told = msgspec.json.decode((await self._speaker.ask("GET", "/props")).body)
        self._knows_tools = (told.get("chat_template_caps") or {}).get("supports_tools") is True

    async def stop(self) -> None:
        """End the model's processes."""
        await asyncio.gather(self._speaker.stop(), self._embedder.stop())

    async def models(self) -> Sequence[Model]:
        """Just the one, under its own name."""
        return (self._model,)

    def find(self, name: str) -> Model | None:
        """The model by its id or as ``local``."""
        return self._model if name in {self._model.id, ALIAS} else None

    async def complete(self, path: str, body: dict[str, Any]) -> Answer:
        """Ask the model; its answer names it as the service does and leaves out its timings."""
        return await translation.answer(path, body, chat=self._chat, embed=self._embed)

    async def stream(self, path: str, body: dict[str, Any]) -> Answer | Stream:
        """The whole answer, in pieces."""
        return events.retell(path, body, await self.complete(path, body))

    async def _chat(self, body: dict[str, Any]) -> Answer:
        request = chat.parse(body)
        asked = {name: value for name, value in body.items() if name not in HELD_BACK and value is not None}
        asked |= {"model": self._model.id, "max_tokens": request.most_tokens}
        form = request.response_format
        if form is not None and form.json_schema is not None:
            schema = {"name": form.json_schema.name, "schema": without_root(form.json_schema.schema)}
            asked["response_format"] = {"type": "json_schema", "json_schema": schema}
        by_schema = bool(request.callable) and not self._knows_tools
        if by_schema:
            asked |= tools_by_schema.question(request)
        elif self._knows_tools:
            asked |= {name: body[name] for name in ("tools", "tool_choice") if body.get(name)}
        else:
            asked["messages"] = [retell(message) for message in request.messages]
        answered = await self._speaker.ask("POST", CHAT, {key: each for key, each in asked.items() if each is not None})
        if answered.status_code != 200:
            return _refused(answered)
        answer = msgspec.json.decode(answered.body)
        answer.pop("timings", None)
        if by_schema:
            for choice in answer["choices"]:
                tools_by_schema.read(choice, request)
        return Answer.of(answer | {"model": self._model.id})

    async def _embed(self, body: dict[str, Any]) -> Answer:
        request = vectors.parse(body)
        inputs = [each or " " for each in request.inputs]  # the model makes nothing of an empty text
        answered = await self._embedder.ask("POST", EMBEDDINGS, {"model": self._model.id, "input": inputs})
        if answered.status_code != 200:
            return _refused(answered)
        answer = msgspec.json.decode(answered.body)
        made = [vectors.normalise(each["embedding"]) for each in sorted(answer["data"], key=lambda each: each["index"])]
        if request.dimensions not in {None, len(made[0])}:
            raise Refusal(400, f"dimensions: this model's vectors have {len(made[0])}, and no other number.")
        tokens, form = answer["usage"]["prompt_tokens"], request.encoding_format
        return Answer.of(vectors.listing(self._model.id, made, tokens=tokens, encoding_format=form))


def _refused(answered: Answer) -> Answer:
    """What the model's process says no to, in OpenAI's envelope: its own has numbers for codes."""
    try:
        message = str(msgspec.json.decode(answered.body)["error"]["message"])
    except (msgspec.DecodeError, KeyError, TypeError):
        message = answered.body.decode(errors="replace")
    return Answer(status_code=answered.status_code, body=envelope(answered.status_code, message))
