"""The keywords of one schema: whether each has a value that JSON Schema gives a meaning to."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dw_jupyter.errors import SchemaError

_TEXT = (str, "a text")
_NUMBER = (float, "a number")
_COUNT = (Annotated[int, Meta(ge=0, le=2**53)], "a whole number, 0 or more")
_SCHEMAS = (Annotated[list[Any], Meta(min_length=1)], "a list of schemas")
_NAMED = (dict[str, Any], 'a dict such as {"name": {"type": "string"}}')
_KEYWORDS: dict[str, tuple[Any, str]] = {
    "$ref": _TEXT, "title": _TEXT, "description": _TEXT, "format": _TEXT, "pattern": _TEXT,
    "type": (str | Annotated[list[str], Meta(min_length=1)], 'a type such as "string", or a list of types'),
    "enum": (Annotated[list[Any], Meta(min_length=1)], "a list of at least one value"),
    "properties": _NAMED, "$defs": _NAMED, "definitions": _NAMED,
    "required": (list[str], "a list of names of fields"),
    "additionalProperties": (bool | dict[str, Any], "false, or leave it out"),
    "anyOf": _SCHEMAS, "oneOf": _SCHEMAS, "allOf": _SCHEMAS, "prefixItems": _SCHEMAS,
    "minLength": _COUNT, "maxLength": _COUNT, "minItems": _COUNT, "maxItems": _COUNT,
    "minimum": _NUMBER, "maximum": _NUMBER, "exclusiveMinimum": _NUMBER, "exclusiveMaximum": _NUMBER,
    "multipleOf": (Annotated[float, Meta(gt=0)], "a number above 0"),
}  # fmt: skip
_ONCE = ("type", "enum", "required")
_LEAST_MOST = (
    ("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum"), ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"), ("exclusiveMinimum", "exclusiveMaximum"),
)  # fmt: skip


def check_keywords(node: object, path: str) -> dict[str, Any]:
    """A part of a schema, where it is one; what its own parts are is not looked at.

    Keywords that are not known are passed over.

    Raises:
        SchemaError: it is no dict, a keyword has a value of another kind or names a thing twice, or nothing lies
            between a least and a most.
    """
    if not isinstance(node, dict):
        raise SchemaError(
            f"{path}: not a schema but {in_short(node)}.", 'A schema is a dict such as {"type": "string"}.'
        )
    for keyword, (kind, words) in _KEYWORDS.items():
        if keyword in node:
            try:
                msgspec.convert(node[keyword], kind)
            except msgspec.ValidationError as error:
                what = f'{path}: "{keyword}" is {in_short(node[keyword])}.'
                raise SchemaError(what, f"Give {words}.") from error
    for keyword in _ONCE:
        _check_once(node.get(keyword), keyword, path)
    for least, most in _LEAST_MOST:
        if least in node and most in node:
            room = node[most] - node[least]
            if room < 0 or (room == 0 and "exclusive" in least + most):
                what = f'{path}: nothing fits "{least}" {node[least]} and "{most}" {node[most]}.'
                raise SchemaError(what, "Make room between them, or leave one out.")
    return node


def _check_once(values: object, keyword: str, path: str) -> None:
    seen = set()
    for value in values if isinstance(values, list) else ():
        key = (isinstance(value, bool), repr(value) if isinstance(value, list | dict) else value)
        if key in seen:
            raise SchemaError(f'{path}: "{keyword}" has {in_short(value)} twice.', "Name each once.")
        seen.add(key)


def in_short(value: object) -> str:
    """A value as Python writes it, on one line and not too long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def step(name: str) -> str:
    """The name of a field as a path has it."""
    return name if name.isprintable() and len(name) <= 60 else in_short(name)
