"""The Responses API by a model that chats."""

from __future__ import annotations

import time
from typing import Any, Literal
from uuid import uuid4

import msgspec
from msgspec import Struct

from dw_jupyter.local.backend import Answer
from dw_jupyter.local.dialects import items
from dw_jupyter.local.dialects.chat import Chat, Function
from dw_jupyter.local.dialects.shape import read
from dw_jupyter.local.refusal import Refusal

Status = Literal["queued", "in_progress", "completed", "incomplete", "failed", "cancelled"]

SHARED = ("temperature", "top_p", "seed", "stop", "service_tier", "parallel_tool_calls", "user", "metadata")
"""What a chat calls by the same name."""
TOLD: dict[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": None,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
"""What a response tells of its request, and what stands there when nothing was asked."""


class FunctionTool(Function):
    """A function on offer; here its fields stand beside the type. Tools of a service's own are not understood."""

    type: Literal["function"] = "function"


class Choice(Struct):
    """The wish that one function be called."""

    name: str
    type: Literal["function"] = "function"


class Format(Struct):
    """The form that the answer shall have."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    name: str = ""
    schema: Any = None


class Text(Struct):
    """What is asked of the text."""

    format: Format | None = None


class Reasoning(Struct):
    """How much thought is asked for."""

    effort: str | None = None


class ResponseRequest(Struct):
    """What is read of a request here; the chat reads the rest."""

    input: str | list[dict[str, Any]] | None = None
    instructions: str | None = None
    max_output_tokens: int | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: Literal["auto", "none", "required"] | Choice | None = None
    text: Text | None = None
    reasoning: Reasoning | None = None


async def answer(body: dict[str, Any], chat: Chat) -> Answer:
    """Answer a request, whole.

    Raises:
        Refusal: 400 for what is no request for a response.
    """
    said = await chat(to_chat(body))
    if said.status_code != 200:
        return said
    return Answer.of(from_chat(body, msgspec.json.decode(said.body)))


def to_chat(body: dict[str, Any]) -> dict[str, Any]:
    """The body of the chat that asks the same.

    Raises:
        Refusal: 400, with what is wrong and where.
    """
    request = read(body, ResponseRequest)
    messages = items.to_messages(request.input or "")
    if request.instructions:
        messages.insert(0, {"role": "system", "content": request.instructions})
    asked: dict[str, Any] = {"model": body["model"], "messages": messages}
    asked |= {name: body[name] for name in SHARED if body.get(name) is not None}
    if request.max_output_tokens is not None:
        asked["max_tokens"] = request.max_output_tokens
    if request.reasoning and request.reasoning.effort:
        asked["reasoning_effort"] = request.reasoning.effort
    if request.tools:
        asked["tools"] = [_chat_tool(tool) for tool in request.tools]
    if isinstance(request.tool_choice, Choice):
        asked["tool_choice"] = {"type": "function", "function": {"name": request.tool_choice.name}}
    elif request.tool_choice:
        asked["tool_choice"] = request.tool_choice
    if request.text and request.text.format:
        asked["response_format"] = _chat_format(request.text.format)
    return asked


def from_chat(body: dict[str, Any], completion: dict[str, Any]) -> dict[str, Any]:
    """The response that says what a chat completion says, with `ResponseRequest`'s own words told again."""
    choice = completion["choices"][0]
    cut = choice.get("finish_reason") == "length"
    response = outline(body, status="incomplete" if cut else "completed")
    usage = completion.get("usage") or {}
    inside, outside = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    thought = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
    return response | {
        "model": completion.get("model") or body["model"],
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": items.from_message(choice["message"], status=response["status"]),
        "usage": {
            "input_tokens": inside,
            "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
            "output_tokens": outside,
            "output_tokens_details": {"reasoning_tokens": thought},
            "total_tokens": inside + outside,
        },
    }


def outline(body: dict[str, Any], *, status: Status, identifier: str | None = None) -> dict[str, Any]:
    """A response without output yet, as it stands while it is worked on. Its id is made, unless given."""
    told = {name: default if body.get(name) is None else body[name] for name, default in TOLD.items()}
    return told | {
        "id": identifier or f"resp_{uuid4()}",
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "model": body["model"],
        "background": body.get("background") is True,
        "service_tier": body.get("service_tier") or "default",
        "store": body.get("store") is not False,
        "error": None,
        "incomplete_details": None,
        "output": [],
        "usage": None,
    }


def _chat_tool(tool: FunctionTool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": {key: value for key, value in function.items() if value is not None}}


def _chat_format(asked: Format) -> dict[str, Any]:
    if asked.type != "json_schema":
        return {"type": asked.type}
    if asked.schema is None:
        raise Refusal(400, "text.format: schema is missing.")
    return {"type": "json_schema", "json_schema": {"name": asked.name, "schema": asked.schema, "strict": True}}
