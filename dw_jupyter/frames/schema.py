"""The shape asked of the answers, and the columns that it promises."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, get_origin

import msgspec

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.failures import one_line
from dw_jupyter.frames.fields import dtype_of, resolve
from dw_jupyter.frames.keywords import in_short, step
from dw_jupyter.frames.kinds import describe, is_kind
from dw_jupyter.frames.shorthand import parse_shorthand
from dw_jupyter.frames.strict import make_strict
from dw_jupyter.frames.value_types import answer_type

_FORMS = (
    'Give the short form ("name, age int"), a Pydantic model, dataclass, TypedDict or Struct, or a JSON Schema dict.'
)
_NO_OBJECT = "An answer is one object: make it a field of a class, or of a schema of type object."


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What every answer must be: one object, of which each property becomes a column."""

    name: str
    """The name that the service is told: letters, digits, ``_`` and ``-``, 64 at most."""
    json_schema: dict[str, Any]
    """A JSON Schema of type object, strict: all properties required, no others allowed."""
    columns: dict[str, str]
    """Property → dtype: string, Int64, float64, boolean, category, datetime64[us] or object."""
    kind: type | None = field(default=None, compare=False, repr=False)
    """The user's own class, where there is one. It is not stored."""

    @cached_property
    def answer_type(self) -> tuple[type[msgspec.Struct], dict[str, str]]:
        """What answers are decoded to (see ``value_types``). It is made once."""
        return answer_type(self.json_schema)

    @property
    def response_format(self) -> dict[str, Any]:
        """The field ``response_format`` of a chat request."""
        return {
            "type": "json_schema",
            "json_schema": {"name": self.name, "strict": True, "schema": self.json_schema},
        }

    def to_json(self) -> dict[str, Any]:
        """This record as plain JSON values."""
        return {"name": self.name, "json_schema": self.json_schema, "columns": self.columns}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Schema:
        """The record that ``to_json`` gave."""
        return cls(name=value["name"], json_schema=dict(value["json_schema"]), columns=dict(value["columns"]))


def parse_schema(spec: object) -> Schema:
    """The schema that ``spec`` asks for.

    Args:
        spec: the short form (``"sentiment: positive|negative, score float?"``), a class (a Pydantic 2 model or
            dataclass, a dataclass, a TypedDict, a msgspec Struct), a JSON Schema of type object as a dict, also in what
            an API wraps it in (``{"name": …, "schema": …}``, or a whole ``response_format``), or a Schema.

    Raises:
        SchemaError: it cannot be read, or strict mode refuses it; the first line names the position or the path.
    """
    match spec:
        case Schema():
            return spec
        case str():
            return _schema("answer", parse_shorthand(spec))
        case type() if is_kind(spec):
            return _schema(spec.__name__, _plain(describe(spec)), kind=spec)
        case dict():
            return _schema(*_unwrapped(_plain(spec)))
    if is_kind(type(spec)):
        raise SchemaError(
            f"The schema is an instance of {type(spec).__name__}.", f"Give the class itself: {type(spec).__name__}."
        )
    if get_origin(spec) is not None:
        raise SchemaError(f"A schema cannot be made of {str(spec)[:60]}.", _NO_OBJECT)
    what = f"the class {spec.__name__}" if isinstance(spec, type) else type(spec).__name__
    raise SchemaError(f"A schema cannot be made of {what}.", _FORMS)


def _schema(title: str, spec: dict[str, Any], *, kind: type | None = None) -> Schema:
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", title)[:64] or "answer"
    root = resolve(spec, spec, path=name)
    if root.get("type", "object" if "properties" in root else None) != "object":
        raise SchemaError(f"{name}: it does not describe an object.", _NO_OBJECT)
    if root.get("properties", {}) == {}:
        raise SchemaError(f"{name}: it has no fields.", "Give at least one: each becomes a column.")
    try:
        strict = make_strict(spec, name=name)
        columns = {column: dtype_of(node, strict) for column, node in strict["properties"].items()}
        schema = Schema(name=name, json_schema=strict, columns=columns, kind=kind)
        for column in columns:
            _check_column(column)
        _ = schema.answer_type
    except RecursionError:
        raise SchemaError(f"{name}: its parts lie too deep within each other.", "Make it flatter.") from None
    return schema


def _check_column(name: str) -> None:
    if name.startswith("dw_"):
        raise SchemaError(f'The field "{step(name)}" may not begin with "dw_".', "Those columns are ours: rename it.")
    if any(sign in '"\\' or sign < " " for sign in name):  # a struct of msgspec has no such field
        raise SchemaError(
            f"The field {in_short(name)} cannot be a column.", "Rename it without quotes, backslashes and line ends."
        )


def _unwrapped(spec: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The name of a JSON Schema, and the schema itself out of what an API wraps it in."""
    if spec.get("type") == "json_schema" and isinstance(spec.get("json_schema"), dict):
        spec = spec["json_schema"]
    if "properties" not in spec and isinstance(spec.get("schema"), dict):
        notes = {key: spec[key] for key in ("description",) if key in spec}
        return str(spec.get("name", "answer")), {**notes, **spec["schema"]}
    return str(spec.get("title", "answer")), spec


def _plain(spec: object) -> dict[str, Any]:
    """A copy that holds JSON values only."""
    try:
        text = json.dumps(spec, allow_nan=False, ensure_ascii=False)
        text.encode()  # a lone surrogate is no text that can be sent
        copy: dict[str, Any] = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise SchemaError(f"The schema is not JSON: {one_line(str(error))}", _FORMS) from error
    return copy
