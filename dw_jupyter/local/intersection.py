"""One JSON schema that asks what two ask together. For the echo model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dw_jupyter.local.validity import UnsupportedSchemaError, same

Join = Callable[[Any, Any], Any]


def intersect(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The schema of what satisfies both, as far as their keywords can be joined into one.

    A keyword that cannot is taken from ``other``: whoever makes an instance checks it against both in the end.
    """
    joined = dict(one)
    for key, value in other.items():
        joined[key] = JOINS.get(key, _last)(one[key], value) if key in one else value
    return joined


def _last(_: Any, value: Any) -> Any:
    return value


def _both(one: Any, other: Any) -> Any:
    if one is True or other is False:
        return other
    if other is True or one is False:
        return one
    return {"allOf": [one, other]}


def _each(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {**one, **{name: _both(one[name], kind) if name in one else kind for name, kind in other.items()}}


def _union(one: list[Any], other: list[Any]) -> list[Any]:
    return [*one, *(each for each in other if each not in one)]


def _common(one: list[Any], other: list[Any]) -> list[Any]:
    return [each for each in one if any(same(each, choice) for choice in other)]


def _kinds(one: Any, other: Any) -> list[Any]:
    first, second = ([each] if isinstance(each, str) else each for each in (one, other))
    kinds = [kind for kind in first if kind in second]
    if "integer" not in kinds and ("integer" in first or "integer" in second) and "number" in [*first, *second]:
        kinds.append("integer")
    if not kinds:
        raise UnsupportedSchemaError(f"nothing is of type {one!r} and of type {other!r}")
    return kinds


def _either(one: Any, other: Any) -> Any:
    return {"anyOf": [one, other]}


def _all(one: list[Any], other: list[Any]) -> list[Any]:
    return [*one, *other]


JOINS: dict[str, Join] = {
    "allOf": _all,
    "not": _either,
    "enum": _common,
    "required": _union,
    "properties": _each,
    "patternProperties": _each,
    "items": _both,
    "additionalProperties": _both,
    "type": _kinds,
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"), min),
}
