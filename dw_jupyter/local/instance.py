"""A valid instance of a JSON schema, the same one every time. For the echo model."""

from __future__ import annotations

import math
from typing import Any

DEEPEST = 12
FORMATS = {
    "date": "2024-01-01",
    "time": "12:00:00Z",
    "date-time": "2024-01-01T12:00:00Z",
    "email": "echo@example.com",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
}


class UnsupportedSchemaError(ValueError):
    """The schema cannot be read, or nothing can satisfy it."""


def make(schema: Any, text: str) -> Any:
    """An instance of ``schema``, with ``text`` wherever free text is asked for.

    Enums give their first choice, numbers the least that is allowed and else 0, arrays one item. ``$ref`` is followed
    within the schema.

    Raises:
        UnsupportedSchemaError: the schema is no schema, or demands what has no end.
    """
    return _Maker(schema, text).make(schema, 0)


class _Maker:
    def __init__(self, root: Any, text: str) -> None:
        self._root = root
        self._text = text

    def make(self, schema: Any, depth: int) -> Any:
        if schema is True:
            return self._text
        if not isinstance(schema, dict):
            raise UnsupportedSchemaError(f"a schema is a JSON object, not {schema!r}")
        if depth > 2 * DEEPEST:
            raise UnsupportedSchemaError("the schema demands an object without end")
        if "$ref" in schema:
            return self.make(self._resolve(schema["$ref"]), depth + 1)
        if "allOf" in schema:
            return self.make(self._merge(schema), depth + 1)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][0]
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices:
            return self.make(self._choose(choices, depth), depth + 1)
        return self._of_type(schema, depth)

    def _of_type(self, schema: dict[str, Any], depth: int) -> Any:
        kinds = schema.get("type") or ("object" if "properties" in schema else "string")
        kinds = [kinds] if isinstance(kinds, str) else list(kinds)
        kind = "null" if "null" in kinds and depth > DEEPEST else kinds[0]
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._string(schema)
            case "integer" | "number":
                return self._number(schema, whole=kind == "integer")
            case "boolean":
                return True
            case "null":
                return None
            case _:
                raise UnsupportedSchemaError(f"{kind!r} is no type")

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", [])
        properties = schema.get("properties", {})
        names = [*properties, *(name for name in required if name not in properties)]
        return {
            name: self.make(properties.get(name, True), depth + 1)
            for name in names
            if name in required or depth < DEEPEST
        }

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        least = schema.get("minItems", 0)
        size = max(least, len(first), 1 if depth < DEEPEST else 0)
        size = min(size, schema.get("maxItems", size))
        kinds = [*first, *[schema.get("items", True)] * max(0, size - len(first))]
        return [self.make(kind, depth + 1) for kind in kinds[:size]]

    def _string(self, schema: dict[str, Any]) -> str:
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        text = self._text[: schema.get("maxLength")]
        return text.ljust(schema.get("minLength", 0), ".")

    def _number(self, schema: dict[str, Any], *, whole: bool) -> Any:
        step = schema.get("multipleOf", 1)
        least = schema.get("minimum", -math.inf)
        most = schema.get("maximum", math.inf)
        above = schema.get("exclusiveMinimum", -math.inf)
        below = schema.get("exclusiveMaximum", math.inf)
        if least <= 0 <= most and above < 0 < below:
            return 0
        if most <= 0 or below <= 0:
            value = math.floor(min(most, below) / step) * step
            return value - step if value >= below else value
        value = math.ceil(max(least, above) / step) * step
        value = value + step if value <= above else value
        return value if whole or (value <= most and value < below) else (max(least, above) + min(most, below)) / 2

    def _choose(self, choices: list[Any], depth: int) -> Any:
        null = {"type": "null"}
        if depth > DEEPEST and null in choices:
            return null
        return next((choice for choice in choices if choice != null), null)

    def _resolve(self, reference: str) -> Any:
        found = self._root
        if not reference.startswith("#"):
            raise UnsupportedSchemaError(f"{reference!r} lies outside the schema")
        for part in reference[1:].split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or name not in found:
                raise UnsupportedSchemaError(f"{reference!r} leads nowhere")
            found = found[name]
        return found

    def _merge(self, schema: dict[str, Any]) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        rest = {key: value for key, value in schema.items() if key != "allOf"}
        for part in [*schema["allOf"], rest]:
            whole = self._resolve(part["$ref"]) if isinstance(part, dict) and "$ref" in part else part
            if not isinstance(whole, dict):
                raise UnsupportedSchemaError(f"a schema is a JSON object, not {whole!r}")
            merged |= {
                **whole,
                "properties": {**merged.get("properties", {}), **whole.get("properties", {})},
                "required": [*merged.get("required", []), *whole.get("required", [])],
            }
        return merged
