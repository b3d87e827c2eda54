"""Every route of the service, described in OpenAPI for those who make requests up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.service.rows import PATHS

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer"}
FLAG: Schema = {"type": "boolean"}
ANY: Schema = {}
MODEL: Schema = {"enum": ["echo", "local", "nobody/has-this"]}
URL: Schema = {"enum": [*PATHS.split(", "), "/v1/audio/speech"]}
WINDOW: Schema = {"enum": ["24h", "1h", "7d"]}
ORDER: Schema = {"enum": ["asc", "desc"]}
TIME: Schema = {"type": "string", "format": "date-time"}


def texts(most: int = 3) -> Schema:
    """A few strings."""
    return {"type": "array", "items": TEXT, "maxItems": most}


def record(needed: Sequence[str] = (), /, **properties: Schema) -> Schema:
    """A JSON object, and the names that it needs."""
    return {"type": "object", "properties": properties, "required": list(needed)}


PART = {
    "oneOf": [
        record(("type", "text"), type={"enum": ["text", "input_text", "output_text"]}, text=TEXT),
        record(("type", "image_url"), type={"const": "image_url"}, image_url=record(("url",), url=TEXT)),
    ]
}
CONTENT = {"oneOf": [TEXT, {"type": "array", "items": PART, "maxItems": 3}, {"type": "null"}]}
CALL = record(
    ("id", "type", "function"),
    id=TEXT,
    type={"const": "function"},
    function=record(("name", "arguments"), name=TEXT, arguments=TEXT),
)
MESSAGE = record(
    ("role", "content"),
    role={"enum": ["system", "developer", "user", "assistant", "tool"]},
    content=CONTENT,
    tool_calls={"type": "array", "items": CALL, "maxItems": 2},
    tool_call_id=TEXT,
)
MESSAGES = {"type": "array", "items": MESSAGE, "maxItems": 4}
JSON_SCHEMA = record(
    type={"enum": ["object", "array", "string", "number", "integer", "boolean", "null"]},
    properties={"type": "object", "additionalProperties": record(type=TEXT, enum=texts(), maxLength=COUNT)},
    required=texts(),
    items=record(type=TEXT, minimum=COUNT, pattern=TEXT),
    additionalProperties=FLAG,
)
FORMAT = {
    "oneOf": [
        record(("type",), type={"enum": ["text", "json_object"]}),
        record(
            ("type", "json_schema"),
            type={"const": "json_schema"},
            json_schema=record(("name", "schema"), name=TEXT, schema=JSON_SCHEMA, strict=FLAG),
        ),
    ]
}
FUNCTION = record(("name",), name=TEXT, description=TEXT, parameters=JSON_SCHEMA)
TOOLS = {
    "type": "array",
    "items": record(("type", "function"), type={"const": "function"}, function=FUNCTION),
    "maxItems": 2,
}
CHOICE = {"oneOf": [{"enum": ["auto", "none", "required"]}, record(("type", "function"), type=TEXT, function=FUNCTION)]}
SAMPLING = {
    "max_tokens": COUNT,
    "temperature": {"type": "number"},
    "stop": {"oneOf": [TEXT, texts()]},
    "n": {"type": "integer", "maximum": 4},
    "stream": FLAG,
    "service_tier": {"enum": ["auto", "default", "flex", "priority"]},
}
ITEM = {
    "oneOf": [
        MESSAGE,
        record(("type", "call_id", "name", "arguments"), type={"const": "function_call"}, name=TEXT, arguments=TEXT),
        record(("type", "call_id", "output"), type={"const": "function_call_output"}, call_id=TEXT, output=TEXT),
    ]
}
FORM = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "jsonl"},
        "purpose": {"enum": ["batch", "BATCH", "assistants"]},
        "expires_after[anchor]": TEXT,
        "expires_after[seconds]": COUNT,
    },
    "required": ["file"],
}
BODIES: dict[str, Schema] = {
    "/v1/batches": record(
        ("input_file_id", "endpoint", "completion_window"),
        input_file_id=ANY,
        endpoint=URL,
        completion_window=WINDOW,
        metadata={"type": "object", "additionalProperties": TEXT, "maxProperties": 3},
    ),
    "/v1/batches/{batch_id}/retry-requests": record(("request_ids",), request_ids=texts()),
    "/v1/chat/completions": record(
        ("model", "messages"),
        model=MODEL,
        messages=MESSAGES,
        response_format=FORMAT,
        tools=TOOLS,
        tool_choice=CHOICE,
        stream_options=record(include_usage=FLAG),
        **SAMPLING,
    ),
    "/v1/completions": record(("model", "prompt"), model=MODEL, prompt={"oneOf": [TEXT, texts()]}, **SAMPLING),
    "/v1/embeddings": record(
        ("model", "input"),
        model=MODEL,
        input={"oneOf": [TEXT, texts(), {"type": "array", "items": COUNT, "maxItems": 3}]},
        dimensions=COUNT,
        encoding_format={"enum": ["float", "base64"]},
    ),
    "/v1/messages": record(
        ("model", "messages", "max_tokens"), model=MODEL, messages=MESSAGES, system=CONTENT, **SAMPLING
    ),
    "/v1/responses": record(
        ("model", "input"),
        model=MODEL,
        input={"oneOf": [TEXT, {"type": "array", "items": ITEM, "maxItems": 3}]},
        instructions=TEXT,
        background=FLAG,
        store=FLAG,
        stream=FLAG,
        text=record(format=record(("type",), type=TEXT, name=TEXT, schema=JSON_SCHEMA)),
        tools={"type": "array", "items": record(("type", "name"), type=TEXT, name=TEXT, parameters=JSON_SCHEMA)},
        tool_choice=CHOICE,
        service_tier=SAMPLING["service_tier"],
    ),
}
PAGE = {"after": ANY, "limit": COUNT, "search": TEXT, "member_id": TEXT}
LINES = {"skip": COUNT, "offset": COUNT, "limit": COUNT, "search": TEXT}
ROUTES: dict[str, dict[str, Schema]] = {
    "POST /v1/files": {},
    "GET /v1/files": PAGE | {"order": ORDER, "purpose": TEXT, "own": FLAG},
    "GET /v1/files/{file_id}": {},
    "DELETE /v1/files/{file_id}": {},
    "GET /v1/files/{file_id}/content": LINES,
    "GET /v1/files/{file_id}/cost-estimate": {"completion_window": WINDOW},
    "POST /v1/batches": {},
    "GET /v1/batches": PAGE
    | {
        "status": {"enum": ["in_progress", "completed", "failed", "cancelled", "expired", "new"]},
        "created_after": TIME,
        "created_before": TIME,
        "active_first": FLAG,
        "completion_window": TEXT,
        "include": {"enum": ["analytics", "all"]},
    },
    "GET /v1/batches/{batch_id}": {},
    "DELETE /v1/batches/{batch_id}": {},
    "POST /v1/batches/{batch_id}/cancel": {},
    "POST /v1/batches/{batch_id}/retry": {},
    "POST /v1/batches/{batch_id}/retry-requests": {},
    "GET /v1/batches/{batch_id}/results": LINES
    | {"status": {"enum": ["pending", "in_progress", "completed", "failed", "new"]}},
    "GET /v1/batches/{batch_id}/analytics": {},
    "GET /v1/models": {"group": TEXT, "available_for_realtime": FLAG, "include_reasoning_capabilities": FLAG},
    "GET /v1/models/{model}": {},
    "POST /v1/chat/completions": {},
    "POST /v1/completions": {},
    "POST /v1/embeddings": {},
    "POST /v1/messages": {},
    "POST /v1/responses": {},
    "GET /v1/responses/{response_id}": {},
    "DELETE /v1/responses/{response_id}": {},
    "POST /v1/responses/{response_id}/cancel": {},
}


@dataclass(frozen=True, kw_only=True)
class Known:
    """Ids that are there: ``kept`` for those who read, ``given`` for those who may change or delete."""

    kept: list[str]
    given: list[str]


def describe(known: Known) -> Schema:
    """The whole service. An id is one that is there, one that is not, or no id at all."""
    paths: dict[str, Schema] = {}
    for route, query in ROUTES.items():
        method, path = route.split(" ")
        reads = method == "GET" or path == "/v1/batches"
        identifier = {
            "oneOf": [
                {"enum": known.kept if reads else known.given},
                {"type": "string", "format": "uuid"},
                {"type": "string", "minLength": 1},
            ]
        }
        operation: Schema = {"operationId": route, "responses": {"default": {"description": "any"}}}
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": MODEL if name == "model" else identifier}
            for name in re.findall(r"\{(\w+)\}", path)
        ] + [
            {"name": name, "in": "query", "schema": identifier if name == "after" else schema}
            for name, schema in query.items()
        ]
        body = BODIES.get(path) if method == "POST" else None
        if route == "POST /v1/batches":
            body = {**BODIES[path], "properties": BODIES[path]["properties"] | {"input_file_id": identifier}}
        if body is not None:
            operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        if route == "POST /v1/files":
            operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}
        paths.setdefault(path, {})[method.lower()] = operation
    return {"openapi": "3.1.0", "info": {"title": "The service", "version": "1"}, "paths": paths}
