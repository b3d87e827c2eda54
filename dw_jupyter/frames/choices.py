"""The choices of one schema, ``enum`` or ``const``, and whether its types allow for them."""

from __future__ import annotations

from typing import Any

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.keywords import in_short

_INT64 = range(-(2**63), 2**63)
_NULL = 'Allow for null by its type: ["string", "null"], say.'


def kinds_of(node: dict[str, Any]) -> list[str]:
    """The types that a schema names; object where it has properties and names none."""
    kind = node.get("type")
    if kind is None:
        return ["object"] if "properties" in node else []
    return kind if isinstance(kind, list) else [kind]


def check_choices(node: dict[str, Any], path: str) -> None:
    """Take the types of choices from themselves where a schema names none.

    Raises:
        SchemaError: a choice is a list or an object, a number beyond 64 bits, or of no type that the schema names.
    """
    choices = [*node.get("enum", ()), *([node["const"]] if "const" in node else ())]
    kinds = {_kind_of(choice) for choice in choices}
    if "" in kinds:
        raise SchemaError(f"{path}: a choice is not a single value.", "Choices are texts or numbers.")
    large = next((choice for choice in choices if isinstance(choice, int) and choice not in _INT64), None)
    if large is not None:
        raise SchemaError(f"{path}: the choice {in_short(large)} is beyond 64 bits.", "Make it a text, in quotes.")
    named = kinds_of(node)
    if not named:
        node["type"] = kinds.pop() if len(kinds) == 1 else sorted(kinds)
    for choice in choices if named else ():
        if not _is_of(choice, named):
            what = f"{path}: the choice {in_short(choice)} is not of type {' or '.join(named)}."
            raise SchemaError(what, _NULL if choice is None else "Correct the one or the other.")
    if "const" in node and "enum" in node and node["const"] not in node["enum"]:
        raise SchemaError(f'{path}: "const" is none of the choices.', "Leave one of the two out.")


def _is_of(choice: object, kinds: list[str]) -> bool:
    kind = _kind_of(choice)
    whole = isinstance(choice, float) and choice.is_integer()
    return kind in kinds or (kind == "integer" and "number" in kinds) or (whole and "integer" in kinds)


def _kind_of(choice: object) -> str:
    match choice:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
    return ""
