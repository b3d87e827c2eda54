"""The items of a response and the messages of a chat, each in terms of the other."""

from __future__ import annotations

from typing import Any, Literal
from uuid import uuid4

from msgspec import Struct

from dw_jupyter.local.dialects.shape import content_text, read
from dw_jupyter.local.refusal import Refusal


class MessageItem(Struct):
    """Something said, by the user or by the model."""

    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[dict[str, Any]]


class CallItem(Struct):
    """A call that the model made."""

    call_id: str
    name: str
    arguments: str


class OutputItem(Struct):
    """What the called function returned."""

    call_id: str
    output: str | list[dict[str, Any]]


def to_messages(given: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages that say what the input says. Reasoning is left out, calls in a row are one message.

    Raises:
        Refusal: 400 for an item of a kind that is not understood, and where there is none.
    """
    if isinstance(given, str):
        given = [{"role": "user", "content": given}] if given else []
    if not given:
        raise Refusal(400, "input: a text or at least one item is needed.")
    messages: list[dict[str, Any]] = []
    for number, item in enumerate(given):
        at = f"input[{number}]"
        match item.get("type", "message"):
            case "message":
                said = read(item, MessageItem, at=at)
                messages.append({"role": said.role, "content": _content(said.content)})
            case "function_call":
                call = read(item, CallItem, at=at)
                function = {"name": call.name, "arguments": call.arguments}
                if not messages or "tool_calls" not in messages[-1]:
                    messages.append({"role": "assistant", "content": None, "tool_calls": []})
                messages[-1]["tool_calls"].append({"id": call.call_id, "type": "function", "function": function})
            case "function_call_output":
                done = read(item, OutputItem, at=at)
                text = content_text(done.output)
                messages.append({"role": "tool", "tool_call_id": done.call_id, "content": text})
            case "reasoning":
                continue
            case kind:
                raise Refusal(400, f"{at}: items of type {kind!r} are not understood.")
    return messages


def _content(content: str | list[dict[str, Any]]) -> Any:
    """A content in a chat's words: texts alone are one text, images stay parts."""
    if isinstance(content, str) or not any(part.get("type") == "input_image" for part in content):
        return content_text(content)
    parts = []
    for part in content:
        if part.get("type") == "input_image":
            parts.append({"type": "image_url", "image_url": {"url": part.get("image_url")}})
        else:
            parts.append({"type": "text", "text": content_text([part])})
    return parts


def from_message(message: dict[str, Any], *, status: str) -> list[dict[str, Any]]:
    """The output items that say what the message of a chat completion says."""
    output: list[dict[str, Any]] = []
    if thought := message.get("reasoning_content"):
        content = [{"type": "reasoning_text", "text": thought}]
        output.append({"id": _id("rs"), "type": "reasoning", "summary": [], "content": content})
    calls = message.get("tool_calls") or []
    text = message.get("content") or ""
    if text or not calls:
        content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
        output.append({"id": _id("msg"), "type": "message", "role": "assistant", "status": status, "content": content})
    for call in calls:
        function = call["function"]
        item = {"call_id": call.get("id") or _id("call"), "name": function["name"], "arguments": function["arguments"]}
        output.append({"id": _id("fc"), "type": "function_call", "status": status} | item)
    return output


def _id(kind: str) -> str:
    return f"{kind}_{uuid4().hex}"
