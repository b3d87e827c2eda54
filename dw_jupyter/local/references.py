"""The references within a JSON schema, for the model's grammar."""

from __future__ import annotations

from typing import Any


def lead(schema: Any, home: str) -> Any:
    """A schema whose references within itself are led to where it stands now: ``home``, such as ``#/$defs/x``."""
    if isinstance(schema, list):
        return [lead(each, home) for each in schema]
    if not isinstance(schema, dict):
        return schema
    led = {key: lead(value, home) for key, value in schema.items()}
    if isinstance(led.get("$ref"), str) and led["$ref"].startswith("#"):
        led["$ref"] = home + led["$ref"][1:]
    return led


def without_root(schema: Any) -> Any:
    """A schema that asks the same and does not refer to its root: a grammar cannot be made of ``#``."""
    return {"$ref": "#/$defs/root", "$defs": {"root": lead(schema, "#/$defs/root")}} if _names_root(schema) else schema


def _names_root(schema: Any) -> bool:
    if isinstance(schema, dict):
        return schema.get("$ref") == "#" or any(map(_names_root, schema.values()))
    return isinstance(schema, list) and any(map(_names_root, schema))
