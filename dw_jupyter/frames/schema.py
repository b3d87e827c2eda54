"""The shape asked of the answers, and the columns that it promises."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.fields import dtype_of, resolve
from dw_jupyter.frames.shorthand import parse_shorthand
from dw_jupyter.frames.strict import make_strict

_FORMS = 'Give the short form ("name, age int"), a Pydantic model or a JSON Schema dict.'


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What every answer must be: one object, of which each property becomes a column."""

    name: str
    """The name that the service is told: letters, digits, ``_`` and ``-``, 64 at most."""
    json_schema: dict[str, Any]
    """A JSON Schema of type object, strict: all properties required, no others allowed."""
    columns: dict[str, str]
    """Property → dtype: string, Int64, float64, boolean, category, datetime64[us] or object."""

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
        spec: the short form (``"sentiment: positive|negative, score float?"``), a Pydantic 2 model class, a JSON
            Schema of type object as a dict, or a Schema.

    Raises:
        SchemaError: it cannot be read; the first line names the position or the field.
    """
    match spec:
        case Schema():
            return spec
        case str():
            return _schema("answer", parse_shorthand(spec))
        case type() if hasattr(spec, "model_json_schema"):
            return _schema(spec.__name__, _model_schema(spec))
        case dict():
            return _schema(str(spec.get("title", "answer")), _plain(spec))
    if hasattr(spec, "model_json_schema"):
        raise SchemaError(
            f"The schema is an instance of {type(spec).__name__}.", f"Give the class itself: {type(spec).__name__}."
        )
    raise SchemaError(f"A schema cannot be made of {type(spec).__name__}.", _FORMS)


def _schema(name: str, spec: dict[str, Any]) -> Schema:
    root = resolve(spec, spec)
    if root.get("type") != "object" or not isinstance(root.get("properties", {}), dict):
        raise SchemaError("The schema does not describe an object.", 'Give one with "type": "object" and "properties".')
    if not root.get("properties"):
        raise SchemaError("The schema has no fields.", "Give at least one: each becomes a column.")
    strict = make_strict(spec)
    if "$ref" in strict:
        strict = {**resolve(strict, strict), "$defs": strict["$defs"]}
    for field in strict["properties"]:
        if field.startswith("dw_"):
            raise SchemaError(f'The field "{field}" may not begin with "dw_".', "Those columns are ours: rename it.")
    return Schema(
        name=re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64] or "answer",
        json_schema=strict,
        columns={field: dtype_of(node, strict) for field, node in strict["properties"].items()},
    )


def _model_schema(model: Any) -> dict[str, Any]:
    try:
        return _plain(model.model_json_schema())
    except SchemaError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:150]
        raise SchemaError(f"{model.__name__} has no JSON Schema: {reason}", "Use types that JSON has.") from error


def _plain(spec: Mapping[Hashable, Any]) -> dict[str, Any]:
    """A copy that holds JSON values only."""
    try:
        copy: dict[str, Any] = json.loads(json.dumps(spec, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise SchemaError(f"The schema is not JSON: {error}", _FORMS) from error
    return copy
