"""One property of a JSON Schema: what it is without its references and "or null", and the dtype of its column."""

from __future__ import annotations

from typing import Any

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.keywords import step

_DTYPES = {"string": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}
_MOMENTS = {"date": "datetime64[us]", "date-time": "datetime64[us, UTC]"}
_SHARED = ("pattern", "format", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum",
           "exclusiveMinimum", "exclusiveMaximum", "multipleOf")  # fmt: skip
"""What may stand beside options and holds for each of them."""
DEFINE = "Define it under $defs of the same schema."
_NOTES = {"type", "title", "description"}


def resolve(node: dict[str, Any], root: dict[str, Any], *, path: str = "The schema") -> dict[str, Any]:
    """``node`` itself, or what its ``$ref`` leads to within ``root``.

    Raises:
        SchemaError: the reference leads nowhere, or in a circle; the first line begins with ``path``.
    """
    return _follow(node, root, path)[0]


def _follow(node: dict[str, Any], root: dict[str, Any], path: str) -> tuple[dict[str, Any], frozenset[str]]:
    seen: set[str] = set()
    while "$ref" in node:
        reference = str(node["$ref"])
        target: Any = root if reference == "#" or reference.startswith("#/") else None
        for name in pointer(reference):
            target = target.get(name) if isinstance(target, dict) else None
        if reference in seen or not isinstance(target, dict):
            raise _lost(reference, path)
        seen.add(reference)
        node = target
    return node, frozenset(seen)


def pointer(reference: str) -> list[str]:
    """The names that lead from the root of a schema to what is referred to."""
    return [name.replace("~1", "/").replace("~0", "~") for name in reference.split("/")[1:]]


def _lost(reference: str, path: str) -> SchemaError:
    return SchemaError(f'{path}: the reference "{step(reference)}" leads nowhere.', DEFINE)


def core_of(
    node: dict[str, Any], root: dict[str, Any], seen: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], bool, frozenset[str]]:
    """A node without its "or null", whether it had one, and the references that were followed.

    Raises:
        SchemaError: a reference leads nowhere, or in a circle.
    """
    node, references = _follow(node, root, "The schema")
    if circle := references & seen:
        raise _lost(min(circle), "The schema")
    seen |= references
    if options := node.get("anyOf"):
        shared = {key: node[key] for key in _SHARED if key in node}
        others = [
            option if "$ref" in option else {**shared, **option} for option in options if option.get("type") != "null"
        ]
        nullable = len(others) < len(options)
        if len(others) == 1:
            core, deeper, further = core_of(others[0], root, seen)
            return core, nullable or deeper, references | further
        if not others:
            return {"type": "null"}, True, references
        if all(option.get("type") in ("integer", "number") and option.keys() <= _NOTES for option in others):
            return {"type": "number"}, nullable, references
        return {**node, "anyOf": others}, nullable, references
    kind = node.get("type")
    nullable = kind == "null"
    if isinstance(kind, list):
        kinds = [one for one in kind if one != "null" and (one != "integer" or "number" not in kind)]
        nullable = "null" in kind
        node = {**node, "type": kinds[0] if len(kinds) == 1 else kinds or "null"}
    if "const" in node:
        node = {**node, "enum": [node["const"]]}
    if "enum" in node:
        nullable = nullable or None in node["enum"]
        node = {**node, "enum": [choice for choice in node["enum"] if choice is not None]}
        if not node["enum"]:
            return {"type": "null"}, True, references
    return node, nullable, references


def choices_of(node: dict[str, Any], root: dict[str, Any]) -> list[str]:
    """The words that a property may be, in the schema's order; empty where it is free."""
    core, _, _ = core_of(node, root)
    enum = core.get("enum", [])
    return enum if enum and all(isinstance(choice, str) for choice in enum) else []


def dtype_of(node: dict[str, Any], root: dict[str, Any]) -> str:
    """The pandas dtype of the column that a property becomes."""
    core, _, _ = core_of(node, root)
    if choices_of(node, root):
        return "category"
    kind = core.get("type")
    if kind == "string" and core.get("format") in _MOMENTS:
        return _MOMENTS[core["format"]]
    if "enum" in core and not isinstance(kind, str):
        return "object"
    return _DTYPES.get(kind, "object") if isinstance(kind, str) else "object"
