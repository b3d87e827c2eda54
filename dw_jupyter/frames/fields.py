"""One property of a JSON Schema: the dtype of its column, and the type its values are decoded to."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal, Optional, TypedDict

import msgspec

from dw_jupyter.errors import SchemaError

# What Int64 can hold. A larger number in an answer is a misfit of that row, not an overflow of the column.
_Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_SCALARS: dict[str, Any] = {"string": str, "integer": _Int64, "number": float, "boolean": bool}
_DTYPES = {"string": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}
_TIMES: dict[str, Any] = {"date": dt.date, "date-time": dt.datetime}


def resolve(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """``node`` itself, or what its ``$ref`` leads to within ``root``.

    Raises:
        SchemaError: the reference leads nowhere, or in a circle.
    """
    seen: set[str] = set()
    while "$ref" in node:
        reference = str(node["$ref"])
        target: Any = root
        for step in reference.removeprefix("#").strip("/").split("/"):
            target = (
                target.get(step.replace("~1", "/").replace("~0", "~")) if step and isinstance(target, dict) else target
            )
        if reference in seen or not isinstance(target, dict) or not reference.startswith("#"):
            raise SchemaError(
                f'The reference "{reference}" leads nowhere.', "Define it under $defs of the same schema."
            )
        seen.add(reference)
        node = target
    return node


def _core(node: dict[str, Any], root: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """A node without its "or null", and whether it had one."""
    node = resolve(node, root)
    options = node.get("anyOf") or node.get("oneOf")
    if options:
        others = [option for option in options if option.get("type") != "null"]
        nullable = len(others) < len(options)
        if len(others) == 1:
            core, deeper = _core(others[0], root)
            return core, nullable or deeper
        return node, nullable
    kind = node.get("type")
    nullable = isinstance(kind, list) and "null" in kind
    if isinstance(kind, list):
        kinds = [one for one in kind if one != "null"]
        node = {**node, "type": kinds[0] if len(kinds) == 1 else kinds}
    if "const" in node:
        node = {**node, "enum": [node["const"]]}
    if "enum" in node:
        nullable = nullable or None in node["enum"]
        node = {**node, "enum": [choice for choice in node["enum"] if choice is not None]}
    return node, nullable


def choices_of(node: dict[str, Any], root: dict[str, Any]) -> list[str]:
    """The words that a property may be, in the schema's order; empty where it is free."""
    core, _ = _core(node, root)
    enum = core.get("enum", [])
    return enum if enum and all(isinstance(choice, str) for choice in enum) else []


def dtype_of(node: dict[str, Any], root: dict[str, Any]) -> str:
    """The pandas dtype of the column that a property becomes."""
    core, _ = _core(node, root)
    if choices_of(node, root):
        return "category"
    kind = core.get("type")
    if kind == "string" and core.get("format") in _TIMES:
        return "datetime64[us]" if core["format"] == "date" else "datetime64[us, UTC]"
    if "enum" in core and not isinstance(kind, str):
        return "object"
    return _DTYPES.get(kind, "object") if isinstance(kind, str) else "object"


def type_of(node: dict[str, Any], root: dict[str, Any], *, depth: int = 0) -> Any:
    """The type that msgspec decodes a property to: nested objects become dicts.

    What msgspec has no type for (a union of objects, a schema that holds itself) is taken as it comes.
    """
    core, nullable = _core(node, root)
    made = _type(core, root, depth)
    return Optional[made] if nullable else made  # noqa: UP045 - `made` is a value, `|` is not defined on all of them


def _type(core: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    kind, enum = core.get("type"), core.get("enum")
    if enum:
        plain = all(type(choice) in {str, int} for choice in enum)
        return Literal[tuple(enum)] if plain else Any
    if kind == "string":
        return _TIMES.get(core.get("format", ""), str)
    if kind == "array":
        return list[type_of(core.get("items", {}), root, depth=depth + 1)] if depth < 20 else list  # type: ignore[misc]  # made at run time
    if kind == "object":
        properties = core.get("properties", {})
        if not properties or depth >= 20:
            return dict
        fields = {name: type_of(part, root, depth=depth + 1) for name, part in properties.items()}
        return TypedDict("Object", fields)  # type: ignore[operator]  # made at run time
    return _SCALARS.get(kind, Any) if isinstance(kind, str) else Any
