"""One property of a JSON Schema: the dtype of its column, and the type its values are decoded to."""

from __future__ import annotations

import datetime as dt
from typing import Any, Optional, TypedDict, Union

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.choices import is_plain, type_of_choices
from dw_jupyter.frames.ranges import bounded

_DTYPES = {"string": "string", "integer": "Int64", "number": "float64", "boolean": "boolean"}
_SCALARS: dict[str, Any] = {"integer": int, "number": float, "boolean": bool}
_FAMILIES = {"string", "number", "boolean", "array", "object"}
_TIMES: dict[str, Any] = {"date": dt.date, "date-time": dt.datetime}


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
        target: Any = root
        for step in reference.removeprefix("#").strip("/").split("/"):
            target = (
                target.get(step.replace("~1", "/").replace("~0", "~")) if step and isinstance(target, dict) else target
            )
        if reference in seen or not isinstance(target, dict) or not reference.startswith("#"):
            raise SchemaError(
                f'{path}: the reference "{reference}" leads nowhere.', "Define it under $defs of the same schema."
            )
        seen.add(reference)
        node = target
    return node, frozenset(seen)


def _core(node: dict[str, Any], root: dict[str, Any]) -> tuple[dict[str, Any], bool, frozenset[str]]:
    """A node without its "or null", whether it had one, and the references that were followed."""
    node, references = _follow(node, root, "The schema")
    options = node.get("anyOf") or node.get("oneOf")
    if options:
        others = [option for option in options if option.get("type") != "null"]
        nullable = len(others) < len(options)
        if len(others) == 1:
            core, deeper, further = _core(others[0], root)
            return core, nullable or deeper, references | further
        return {**node, "anyOf": others}, nullable, references
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
    return node, nullable, references


def choices_of(node: dict[str, Any], root: dict[str, Any]) -> list[str]:
    """The words that a property may be, in the schema's order; empty where it is free."""
    core, _, _ = _core(node, root)
    enum = core.get("enum", [])
    return enum if enum and all(isinstance(choice, str) for choice in enum) else []


def dtype_of(node: dict[str, Any], root: dict[str, Any]) -> str:
    """The pandas dtype of the column that a property becomes."""
    core, _, _ = _core(node, root)
    if choices_of(node, root):
        return "category"
    kind = core.get("type")
    if kind == "string" and core.get("format") in _TIMES:
        return "datetime64[us]" if core["format"] == "date" else "datetime64[us, UTC]"
    if "enum" in core and not isinstance(kind, str):
        return "object"
    return _DTYPES.get(kind, "object") if isinstance(kind, str) else "object"


def type_of(node: dict[str, Any], root: dict[str, Any], *, within: frozenset[str] = frozenset()) -> Any:
    """The type that msgspec decodes a property to: nested objects become dicts.

    What msgspec has no type for is taken as it comes: a union of several objects, and a schema within itself.

    Args:
        node: the property's schema.
        root: the schema that it is a part of, strict.
        within: the references that it is a part of.
    """
    core, nullable, references = _core(node, root)
    made = Any if references & within else _type(core, root, within | references)
    return Optional[made] if nullable else made  # noqa: UP045 - `made` is a value, `|` is not defined on all of them


def _type(core: dict[str, Any], root: dict[str, Any], within: frozenset[str]) -> Any:
    kind, enum = core.get("type"), core.get("enum")
    if enum:
        return type_of_choices(enum)
    if kind == "null":
        return None
    if "anyOf" in core or isinstance(kind, list):
        return _union(core.get("anyOf") or [{**core, "type": one} for one in core["type"]], root, within)
    if kind == "string":
        return _TIMES.get(core.get("format", "")) or bounded(str, core)
    if kind == "array":
        return bounded(list[type_of(core.get("items", {}), root, within=within)], core)  # type: ignore[misc]  # made at run time
    if kind == "object":
        fields = {name: type_of(part, root, within=within) for name, part in core.get("properties", {}).items()}
        return dict if not fields else TypedDict("Object", fields)  # type: ignore[operator]  # made at run time
    return bounded(_SCALARS[kind], core) if kind in _SCALARS else Any


def _union(options: list[dict[str, Any]], root: dict[str, Any], within: frozenset[str]) -> Any:
    cores = [_core(option, root)[0] for option in options]
    if all("enum" in core for core in cores):
        return type_of_choices([choice for core in cores for choice in core["enum"]])
    families = {"number" if core.get("type") == "integer" else str(core.get("type")) for core in cores}
    plain = all(map(is_plain, (core.get("enum", ()) for core in cores)))
    if len(families) < len(options) or not families <= _FAMILIES or not plain:
        return Any
    return Union[tuple(type_of(option, root, within=within) for option in options)]  # noqa: UP007 - made at run time
