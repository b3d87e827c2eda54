"""Chat completions: what may be asked, and the form of an answer."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from msgspec import Meta, Struct

from dw_jupyter.local.backend import Answer
from dw_jupyter.local.dialects.shape import read
from dw_jupyter.local.refusal import Refusal

Chat = Callable[[dict[str, Any]], Awaitable[Answer]]
"""Answers the body of a chat completion; may raise `Refusal`."""

Content = str | list[dict[str, Any]] | None
Positive = Annotated[int, Meta(ge=1, le=2**31)]


class Function(Struct):
    """A function that the model may call."""

    name: Annotated[str, Meta(min_length=1, max_length=256)]
    description: str | None = None
    parameters: dict[str, Any] | None = None


class Tool(Struct):
    """A tool on offer. Functions are the only kind."""

    function: Function
    type: Literal["function"] = "function"


class Called(Struct):
    """The function of a call, its arguments as JSON text."""

    name: str
    arguments: str = "{}"


class Call(Struct):
    """A call that the model made in an earlier turn."""

    function: Called
    id: str = ""


class Named(Struct):
    """A function by its name."""

    name: str


class Choice(Struct):
    """The wish that one function be called."""

    function: Named
    type: Literal["function"] = "function"


class Message(Struct):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Content = None
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None


class NamedSchema(Struct):
    """The schema of a structured answer."""

    schema: Any = True
    name: str = ""


class ResponseFormat(Struct):
    """The form that the answer shall have."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: NamedSchema | None = None


class ChatRequest(Struct):
    """What a chat may ask, as far as models of our own understand it."""

    messages: list[Message]
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    stop: str | list[str] | None = None
    max_tokens: Positive | None = None
    max_completion_tokens: Positive | None = None
    temperature: Annotated[float, Meta(ge=0, le=100)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    seed: int | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["auto", "none", "required"] | Choice | None = None
    response_format: ResponseFormat | None = None

    @property
    def most_tokens(self) -> int | None:
        """The limit on the answer, by its newer or its older name."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def callable(self) -> list[Function]:
        """The functions that may be called now: all, the one that is asked for, or none."""
        offered = [tool.function for tool in self.tools or []]
        if self.tool_choice == "none":
            return []
        if isinstance(self.tool_choice, Choice):
            return [each for each in offered if each.name == self.tool_choice.function.name]
        return offered


def parse(body: dict[str, Any]) -> ChatRequest:
    """A chat request, checked.

    Raises:
        Refusal: 400, with what is wrong and where.
    """
    if not body.get("messages"):
        raise Refusal(400, "messages: at least one message is needed.")
    request = read(body, ChatRequest)
    if isinstance(request.tool_choice, Choice) and not request.callable:
        raise Refusal(400, f"tool_choice: no tool is named {request.tool_choice.function.name!r}.")
    if request.tool_choice == "required" and not request.tools:
        raise Refusal(400, "tool_choice: 'required' needs tools to choose from.")
    form = request.response_format
    if form is not None and form.type == "json_schema" and form.json_schema is None:
        raise Refusal(400, "response_format: json_schema is missing.")
    return request


def tool_call(name: str, arguments: Any) -> dict[str, Any]:
    """A call of a function, as an answer holds it."""
    called = {"name": name, "arguments": msgspec.json.encode(arguments).decode()}
    return {"id": f"call_{uuid4().hex[:24]}", "type": "function", "function": called}


def completion(model: str, choices: list[tuple[dict[str, Any], str]], *, prompt: int, answer: int) -> dict[str, Any]:
    """A chat completion of messages with their finish reasons; ``prompt`` and ``answer`` are counts of tokens."""
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {"index": index, "message": message, "logprobs": None, "finish_reason": reason}
            for index, (message, reason) in enumerate(choices)
        ],
        "usage": {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer},
    }
