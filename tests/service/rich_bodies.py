"""Bodies in which as much is said as a route understands, for those who change a part of them."""

from __future__ import annotations

from typing import Any

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 9, "pattern": "^[a-z]+$", "format": "email"},
        "size": {"anyOf": [{"type": "integer", "minimum": 1, "multipleOf": 3}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": True},
        "part": {"$ref": "#/$defs/part"},
        "both": {"allOf": [{"type": "number", "maximum": 5}, {"exclusiveMinimum": 0}], "not": {"const": 3}},
    },
    "required": ["name", "size", "part"],
    "additionalProperties": False,
    "$defs": {"part": {"type": "object", "properties": {"part": {"$ref": "#/$defs/part"}}}},
}
FUNCTION = {"name": "look", "description": "Look it up.", "parameters": SCHEMA}
CHAT = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:,"}}]},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"name": "x"}'}}],
    },
    {"role": "tool", "tool_call_id": "c1", "content": "found"},
    {"role": "user", "content": "and now?"},
]
RICH: dict[str, dict[str, Any]] = {
    "chat/completions": {
        "model": "echo",
        "messages": CHAT,
        "tools": [{"type": "function", "function": FUNCTION}],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "it", "schema": SCHEMA, "strict": True}},
        "max_tokens": 5,
        "n": 2,
        "stop": ["."],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "service_tier": "flex",
    },
    "completions": {"model": "echo", "prompt": ["a", "b"], "max_tokens": 5, "n": 2, "stop": ".", "stream": False},
    "embeddings": {"model": "echo", "input": ["a", "b"], "dimensions": 4, "encoding_format": "base64"},
    "messages": {
        "model": "echo",
        "system": [{"type": "text", "text": "Be brief."}],
        "messages": [
            {"role": "user", "content": "x"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "c1", "name": "look", "input": {"name": "x"}}],
            },
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "found"}]},
        ],
        "tools": [{"name": "look", "description": "Look it up.", "input_schema": SCHEMA}],
        "tool_choice": {"type": "tool", "name": "look"},
        "max_tokens": 5,
        "stop_sequences": ["."],
        "stream": False,
    },
    "responses": {
        "model": "echo",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "x"}]},
            {"type": "function_call", "call_id": "c1", "name": "look", "arguments": '{"name": "x"}'},
            {"type": "function_call_output", "call_id": "c1", "output": "found"},
        ],
        "tools": [{"type": "function", **FUNCTION}],
        "tool_choice": {"type": "function", "name": "look"},
        "text": {"format": {"type": "json_schema", "name": "it", "schema": SCHEMA}},
        "max_output_tokens": 5,
        "background": True,
        "store": True,
        "stream": False,
        "metadata": {"a": "b"},
        "service_tier": "flex",
    },
    "batches": {
        "input_file_id": "00000000-0000-4000-8000-000000000000",
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
        "metadata": {"a": "b"},
    },
}


def places(told: Any, here: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every part of a JSON value."""
    inner = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    return [here, *(way for key, part in inner for way in places(part, (*here, key)))]


def changed(told: Any, way: tuple[str | int, ...], part: Any) -> Any:
    """A JSON value with another part in one place."""
    if not way:
        return part
    key, *rest = way
    made: Any = dict(told) if isinstance(told, dict) else list(told)
    made[key] = changed(told[key], tuple(rest), part)
    return made
