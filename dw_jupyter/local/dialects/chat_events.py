"""The chunks in which a chat completion, or a text completion, is streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dw_jupyter.local.dialects.pieces import cut


def of_chat(completion: dict[str, Any], usage: bool) -> Iterator[dict[str, Any]]:
    """Chunks of ``choices[].delta``; where ``usage`` is asked for, a last one with the counts and no choice."""
    head = _head(completion, usage) | {"object": "chat.completion.chunk"}
    for choice in completion["choices"]:
        message = choice["message"]
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"reasoning_content": piece} for piece in cut(message.get("reasoning_content") or "")]
        deltas += [{"content": piece} for piece in cut(message.get("content") or "")]
        for number, call in enumerate(message.get("tool_calls") or []):
            function = call["function"]
            opened = {**call, "index": number, "function": {"name": function["name"], "arguments": ""}}
            deltas.append({"tool_calls": [opened]})
            deltas += [
                {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}
                for piece in cut(function["arguments"])
            ]
        reasons = [None] * len(deltas) + [choice["finish_reason"]]
        for delta, reason in zip([*deltas, {}], reasons, strict=True):
            yield head | {"choices": [{"index": choice["index"], "delta": delta, "finish_reason": reason}]}
    if usage:
        yield head | {"choices": [], "usage": completion.get("usage")}


def of_completion(completion: dict[str, Any], usage: bool) -> Iterator[dict[str, Any]]:
    """Chunks of ``choices[].text``; where ``usage`` is asked for, a last one with the counts and no choice."""
    head = _head(completion, usage) | {"object": "text_completion"}
    for choice in completion["choices"]:
        texts = [*cut(choice["text"]), ""]
        reasons = [None] * (len(texts) - 1) + [choice["finish_reason"]]
        for text, reason in zip(texts, reasons, strict=True):
            part = {"index": choice["index"], "text": text, "logprobs": None, "finish_reason": reason}
            yield head | {"choices": [part]}
    if usage:
        yield head | {"choices": [], "usage": completion.get("usage")}


def _head(completion: dict[str, Any], usage: bool) -> dict[str, Any]:
    head = {name: completion[name] for name in ("id", "created", "model")}
    return head | ({"usage": None} if usage else {})
