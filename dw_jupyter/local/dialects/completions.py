"""Text completions by a model that chats: each prompt is a user's message."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import Struct

from dw_jupyter.local.backend import Answer
from dw_jupyter.local.dialects.chat import Chat
from dw_jupyter.local.dialects.shape import read
from dw_jupyter.local.refusal import Refusal

# `logprobs` is a number here and a truth value in a chat; `echo` and `suffix` are no words of a chat.
NOT_CHAT = frozenset({"prompt", "echo", "suffix", "logprobs", "best_of", "stream", "stream_options"})
LARGEST_PROMPTS = 2048


class CompletionRequest(Struct):
    """What is read here of a completion request; the chat reads the rest."""

    prompt: str | list[Any]
    echo: bool | None = None
    suffix: str | None = None


async def answer(body: dict[str, Any], chat: Chat) -> Answer:
    """Answer every prompt, one after the other; the first one that is refused is the whole answer.

    Raises:
        Refusal: 400 for what is no completion request.
    """
    request = read(body, CompletionRequest)
    if request.suffix:
        raise Refusal(400, "suffix: this model cannot complete towards an end.")
    choices: list[dict[str, Any]] = []
    usage: Counter[str] = Counter()
    rest = {key: value for key, value in body.items() if key not in NOT_CHAT}
    for prompt in _prompts(request.prompt):
        said = await chat(rest | {"messages": [{"role": "user", "content": prompt}]})
        if said.status_code != 200:
            return said
        spoken = msgspec.json.decode(said.body)
        for choice in spoken["choices"]:
            text = (prompt if request.echo else "") + (choice["message"].get("content") or "")
            reason = choice["finish_reason"]
            choices.append({"index": len(choices), "text": text, "logprobs": None, "finish_reason": reason})
        counts = spoken.get("usage") or {}
        usage.update({key: value for key, value in counts.items() if isinstance(value, int)})
    return Answer.of(
        {
            "id": f"cmpl-{uuid4().hex}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": spoken["model"],
            "choices": choices,
            "usage": dict(usage),
        }
    )


def _prompts(prompt: str | list[Any]) -> list[str]:
    prompts = [prompt] if isinstance(prompt, str) else prompt
    if not prompts or len(prompts) > LARGEST_PROMPTS:
        raise Refusal(400, f"prompt: between 1 and {LARGEST_PROMPTS} prompts are needed.")
    if not all(isinstance(each, str) for each in prompts):
        raise Refusal(400, "prompt: a text or a list of texts is needed; tokens are not understood.")
    return prompts
