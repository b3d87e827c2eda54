"""How large a schema may be: the limits that OpenAI documents for strict mode."""

from __future__ import annotations

from typing import Any

from dw_jupyter.errors import SchemaError

LEVELS = 10
"""Objects within objects, the outermost included."""
PROPERTIES = 5000
"""Properties of all objects together."""
CHOICES = 1000
"""Choices of all fields together."""

_PARTS = "Split it: ask for a part of it in a job of its own."


def check_bounds(schema: dict[str, Any], *, name: str) -> None:
    """Whether a strict schema is small enough.

    A definition counts once however often it is used; one that holds itself counts as one level.

    Args:
        schema: what ``make_strict`` made.
        name: what the paths in errors begin with.

    Raises:
        SchemaError: it is deeper or larger than the limits.
    """
    definitions = {
        f"#/{key}/{named.replace('~', '~0').replace('/', '~1')}": node
        for key in ("$defs", "definitions")
        for named, node in schema.get(key, {}).items()
    }
    _check_levels(schema, definitions, name, 0, ())
    sizes = [_size(node) for node in (schema, *definitions.values())]
    for count, most, what in (
        (sum(properties for properties, _ in sizes), PROPERTIES, "fields"),
        (sum(choices for _, choices in sizes), CHOICES, "choices"),
    ):
        if count > most:
            raise SchemaError(f"{name}: it has {count:,} {what}; strict mode takes {most:,}.", _PARTS)


def _check_levels(
    node: dict[str, Any], definitions: dict[str, dict[str, Any]], path: str, level: int, within: tuple[str, ...]
) -> None:
    if reference := node.get("$ref"):
        if reference not in within and reference in definitions:
            _check_levels(definitions[reference], definitions, path, level, (*within, reference))
        return
    level += "properties" in node
    if level > LEVELS:
        raise SchemaError(f"{path}: objects within objects, {level} deep; strict mode takes {LEVELS}.", _PARTS)
    for field, part in node.get("properties", {}).items():
        _check_levels(part, definitions, f"{path}.{field}", level, within)
    for part in node.get("anyOf", ()):
        _check_levels(part, definitions, path, level, within)
    if "items" in node:
        _check_levels(node["items"], definitions, f"{path}[]", level, within)


def _size(node: dict[str, Any]) -> tuple[int, int]:
    """How many properties and how many choices a part has, without those that it refers to."""
    items = [node["items"]] if "items" in node else []
    parts = [*node.get("properties", {}).values(), *node.get("anyOf", ()), *items]
    sizes = [_size(part) for part in parts]
    properties = len(node.get("properties", ())) + sum(properties for properties, _ in sizes)
    return properties, len(node.get("enum", ())) + sum(choices for _, choices in sizes)
