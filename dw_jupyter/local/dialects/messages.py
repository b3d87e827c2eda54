"""The Messages API by a model that chats."""

from __future__ import annotations

from typing import Any, Literal
from uuid import uuid4

import msgspec
from msgspec import Struct

from dw_jupyter.local.backend import Answer
from dw_jupyter.local.dialects.chat import Chat
from dw_jupyter.local.dialects.shape import content_text, read
from dw_jupyter.local.refusal import Refusal

Blocks = list[dict[str, Any]]

STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}
CHOICES = {"auto": "auto", "any": "required", "none": "none"}


class MessageParam(Struct):
    """One turn of the conversation."""

    role: Literal["user", "assistant", "system"]
    content: str | Blocks


class ToolParam(Struct):
    """A function that the model may call."""

    name: str
    input_schema: dict[str, Any]
    description: str = ""


class ToolChoice(Struct):
    """Whether a tool is to be called, and which."""

    type: Literal["auto", "any", "none", "tool"]
    name: str = ""


class ToolUse(Struct):
    """A call that the model made in an earlier turn."""

    id: str
    name: str
    input: dict[str, Any]


class ToolResult(Struct):
    """What a called function returned."""

    tool_use_id: str
    content: str | Blocks = ""


class MessagesRequest(Struct):
    """What is read of a request here; the chat reads the rest."""

    messages: list[MessageParam]
    system: str | Blocks | None = None
    max_tokens: int | None = None
    stop_sequences: list[str] | None = None
    temperature: float | None = None
    top_p: float | None = None
    tools: list[ToolParam] | None = None
    tool_choice: ToolChoice | None = None


async def answer(body: dict[str, Any], chat: Chat) -> Answer:
    """Answer a request, whole.

    Raises:
        Refusal: 400 for what is no request for a message.
    """
    said = await chat(to_chat(body))
    if said.status_code != 200:
        return said
    return Answer.of(from_chat(msgspec.json.decode(said.body)))


def to_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The body of the chat that asks the same.

    Raises:
        Refusal: 400, with what is wrong and where.
    """
    request = read(body, MessagesRequest)
    messages: list[dict[str, Any]] = []
    if request.system:
        messages.append({"role": "system", "content": content_text(request.system)})
    for said in request.messages:
        messages += _turn(said)
    asked = {
        "model": body["model"],
        "messages": messages,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "stop": request.stop_sequences,
        "tools": [_tool(tool) for tool in request.tools or []] or None,
        "tool_choice": _choice(request.tool_choice),
    }
    return {key: value for key, value in asked.items() if value is not None}


def from_chat(completion: dict[str, Any]) -> dict[str, Any]:
    """The message that says what a chat completion says."""
    choice = completion["choices"][0]
    said = choice["message"]
    calls = said.get("tool_calls") or []
    content: Blocks = [{"type": "text", "text": said["content"]}] if said.get("content") or not calls else []
    for call in calls:
        given = _arguments(call["function"]["arguments"])
        content.append({"type": "tool_use", "id": call["id"], "name": call["function"]["name"], "input": given})
    reason = "tool_calls" if calls else choice.get("finish_reason")
    usage = completion.get("usage") or {}
    return {
        "id": f"msg_{uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": completion.get("model"),
        "content": content,
        "stop_reason": STOP_REASONS.get(reason, "end_turn"),
        "stop_sequence": None,
        "usage": {
            "input_tokens": usage.get("prompt_tokens") or 0,
            "output_tokens": usage.get("completion_tokens") or 0,
        },
    }


def _turn(said: MessageParam) -> list[dict[str, Any]]:
    """One turn as messages: results of tools first, then the rest of what is said."""
    if isinstance(said.content, str):
        return [{"role": said.role, "content": said.content}]
    messages = []
    calls = []
    parts: Blocks = []
    for block in said.content:
        match block.get("type"):
            case "text":
                parts.append({"type": "text", "text": content_text([block])})
            case "image":
                parts.append({"type": "image_url", "image_url": {"url": _image(block.get("source"))}})
            case "tool_use":
                use = read(block, ToolUse)
                function = {"name": use.name, "arguments": msgspec.json.encode(use.input).decode()}
                calls.append({"id": use.id, "type": "function", "function": function})
            case "tool_result":
                done = read(block, ToolResult)
                text = content_text(done.content)
                messages.append({"role": "tool", "tool_call_id": done.tool_use_id, "content": text})
            case "thinking" | "redacted_thinking":
                continue
            case kind:
                raise Refusal(400, f"messages: blocks of type {kind!r} are not understood.")
    if parts or calls:
        images = any(part["type"] == "image_url" for part in parts)
        turn: dict[str, Any] = {"role": said.role, "content": parts if images else content_text(parts)}
        messages.append(turn | ({"tool_calls": calls} if calls else {}))
    return messages


def _image(source: Any) -> str:
    if isinstance(source, dict) and source.get("type") == "base64":
        return f"data:{source.get('media_type')};base64,{source.get('data')}"
    if isinstance(source, dict) and isinstance(source.get("url"), str):
        return str(source["url"])
    raise Refusal(400, "messages: the source of an image is base64 data or a url.")


def _tool(tool: ToolParam) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.input_schema}
    return {"type": "function", "function": function}


def _choice(choice: ToolChoice | None) -> Any:
    if choice is None:
        return None
    if choice.type == "tool":
        return {"type": "function", "function": {"name": choice.name}}
    return CHOICES[choice.type]


def _arguments(text: str) -> Any:
    """The arguments of a call: an object, or, where a model wrote something else, that text in one."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return {"text": text}
