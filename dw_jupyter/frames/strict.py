"""A JSON Schema made strict, as structured outputs ask for it."""

from __future__ import annotations

from typing import Any

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.fields import resolve

# Keywords that hold schemas: by name, in a list, and alone.
_NAMED = ("properties", "$defs", "definitions")
_LISTED = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE = ("items",)


def make_strict(schema: dict[str, Any]) -> dict[str, Any]:
    """A copy in which every object allows its own properties only, and requires all of them.

    Defaults go, since nothing may be left out; a reference with words beside it, which strict mode refuses, is
    replaced by what it refers to; an ``allOf`` of one is that one. ``$defs`` stay.

    Raises:
        SchemaError: a reference leads nowhere, or a part is not a schema.
    """
    return _strict(schema, schema, "The schema")


def _strict(part: Any, root: dict[str, Any], path: str) -> dict[str, Any]:
    if not isinstance(part, dict):
        raise SchemaError(f"{path} is not a schema: {str(part)[:60]}", 'A schema is a dict such as {"type": "string"}.')
    node: dict[str, Any] = {key: value for key, value in part.items() if key != "default"}
    if len(node.get("allOf", ())) == 1:
        node = {**node.pop("allOf")[0], **node}
    if "$ref" in node and node.keys() - {"$ref", "$defs", "definitions"}:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        node = {**resolve(node, root), **beside}
    for key in _NAMED:
        if key in node:
            node[key] = {name: _strict(part, root, f"{path}.{name}") for name, part in node[key].items()}
    for key in _LISTED:
        if key in node:
            node[key] = [_strict(part, root, path) for part in node[key]]
    for key in _SINGLE:
        if key in node:
            node[key] = _strict(node[key], root, f"{path}[]")
    if node.get("type") == "object" or "properties" in node:
        if not node.get("properties"):
            raise SchemaError(
                f"{path} is a dict with any keys, which a strict schema cannot ask for.",
                "List its keys as fields, or ask for a list of objects with a key and a value.",
            )
        node["required"] = list(node.get("properties", {}))
        node["additionalProperties"] = False
    return node
