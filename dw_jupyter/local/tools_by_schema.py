"""Tools for a model that cannot call them: it is asked for JSON, by a schema that lets it choose a tool.

The schema becomes a grammar, so that a call always names a tool on offer and has arguments of its parameters' form.
"""

from __future__ import annotations

from typing import Any

import msgspec

from dw_jupyter.local.dialects import chat
from dw_jupyter.local.dialects.chat import ChatRequest, Function
from dw_jupyter.local.plain_messages import retell
from dw_jupyter.local.references import lead

INTRODUCTION = "You can call these functions:"
MUST_CALL = 'Answer with a JSON object: {"name": the function, "arguments": its arguments}.'
MAY_CALL = MUST_CALL[:-1] + ', or {"answer": your text} if no function helps.'
ANYTHING: dict[str, Any] = {"type": "object"}


def question(request: ChatRequest) -> dict[str, Any]:
    """The messages and the response format that ask for a call of a tool, or, where it is free to, for an answer."""
    functions = request.callable
    free = request.tool_choice in (None, "auto")
    told = [INTRODUCTION, *map(_describe, functions), MAY_CALL if free else MUST_CALL]
    messages = [retell(message) for message in request.messages]
    if messages[0]["role"] == "system":
        told.insert(0, messages.pop(0)["content"] + "\n")
    schema = {"name": "call", "schema": _schema(functions, free=free)}
    return {
        "messages": [{"role": "system", "content": "\n".join(told)}, *messages],
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


def read(choice: dict[str, Any], request: ChatRequest) -> None:
    """Put what the model chose where a client looks for it. A choice cut off in the middle stays the text it is."""
    message = choice["message"]
    try:
        chosen = msgspec.json.decode(message.get("content") or "", type=dict[str, Any])
    except msgspec.DecodeError:
        return
    if "answer" in chosen:
        message["content"] = chosen["answer"]
    elif chosen.get("name") in [function.name for function in request.callable]:
        message["content"] = None
        message["tool_calls"] = [chat.tool_call(chosen["name"], chosen.get("arguments", {}))]
        choice["finish_reason"] = "tool_calls"


def _describe(function: Function) -> str:
    parameters = msgspec.json.encode(function.parameters or ANYTHING).decode()
    return f"- {function.name}: {function.description or 'no description'} Parameters: {parameters}"


def _schema(functions: list[Function], *, free: bool) -> dict[str, Any]:
    """One of the calls, or an answer. The parameters stand in ``$defs``, their own references led there."""
    choices = []
    homes = {}
    for number, function in enumerate(functions):
        home = f"tool{number}"
        homes[home] = lead(function.parameters or ANYTHING, f"#/$defs/{home}")
        call = {"name": {"const": function.name}, "arguments": {"$ref": f"#/$defs/{home}"}}
        choices.append(_object(call))
    if free:
        choices.append(_object({"answer": {"type": "string"}}))
    return {"anyOf": choices, "$defs": homes}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
