"""A valid instance of a JSON schema, the same one every time. For the echo model."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any

from dw_jupyter.local import pattern
from dw_jupyter.local.intersection import intersect
from dw_jupyter.local.validity import UnsupportedSchemaError, Validity

DEEPEST = 12
DEEPEST_OPTIONAL = 4
MOST_ITEMS = 200
MOST_TEXT = 100_000
FORMATS = {
    "date": "2024-01-01",
    "time": "12:00:00Z",
    "date-time": "2024-01-01T12:00:00Z",
    "duration": "PT1H",
    "email": "echo@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
}
HINTS = (
    ("object", {"properties", "required", "additionalProperties", "patternProperties", "minProperties"}),
    ("array", {"items", "prefixItems", "minItems", "contains", "uniqueItems"}),
    ("number", {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
)


def make(schema: Any, text: str) -> Any:
    """An instance of ``schema``, with ``text`` wherever free text is asked for.

    Enums give their first choice, numbers 0 or what is nearest to it, arrays one item. Objects get every property,
    those deep inside only what they need. ``$ref`` is followed within the schema. ``format`` is heeded where known.

    Raises:
        UnsupportedSchemaError: the schema is no schema, or no instance was found.
    """
    try:
        maker = _Maker(schema, text)
        made = maker.make(schema, 0)
        if maker.validity.fits(made, schema):
            return made
    except (TypeError, ValueError, AttributeError, LookupError, ArithmeticError, re.error) as error:
        if isinstance(error, UnsupportedSchemaError):
            raise
        # A schema is any JSON: what stands where a number or a list belongs shows itself in many ways.
        raise UnsupportedSchemaError(f"the schema cannot be read: {error}") from None
    except RecursionError:
        raise UnsupportedSchemaError("the schema is nested too deeply, or has no end") from None
    raise UnsupportedSchemaError("echo cannot write what satisfies this schema")


class _Maker:
    def __init__(self, root: Any, text: str) -> None:
        self.validity = Validity(root)
        self._text = text

    def make(self, schema: Any, depth: int, *, avoid: list[Any] | None = None) -> Any:
        """An instance that satisfies ``schema`` in most cases, and is none of ``avoid`` where that can be."""
        self.validity.spend()
        if schema is True:
            return self._text
        if not isinstance(schema, dict):
            raise UnsupportedSchemaError("nothing satisfies a part of the schema" if schema is False else
                                         f"a schema is a JSON object, not {schema!r}")  # fmt: skip
        if depth > 2 * DEEPEST:
            raise UnsupportedSchemaError("the schema demands an object without end")
        for key in ("$ref", "allOf", "anyOf", "oneOf", "if"):
            if key in schema:
                return self._combined(key, schema, depth, avoid)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._first(schema["enum"], schema, avoid)
        return self._of_kind(self._kind(schema, depth), schema, depth, avoid)

    def _combined(self, key: str, schema: dict[str, Any], depth: int, avoid: list[Any] | None) -> Any:
        """What satisfies the schema without ``key``, and also what stands there."""
        rest = {name: value for name, value in schema.items() if name != key}
        if key == "$ref":
            parts = [self.validity.resolve(schema[key])]
        elif key == "allOf":
            parts = schema[key]
        else:
            return self._alternative(key, schema, rest, depth, avoid)
        for part in parts:
            if part is False:
                raise UnsupportedSchemaError("nothing satisfies a part of the schema")
            rest = rest if part is True else intersect(rest, part)
        return self.make(rest, depth + 1, avoid=avoid)

    def _alternative(
        self, key: str, schema: dict[str, Any], rest: dict[str, Any], depth: int, avoid: list[Any] | None
    ) -> Any:
        """The first choice that leads to an instance of the whole; null last, or first where it is deep already."""
        if key == "if":
            rest = {name: value for name, value in rest.items() if name not in {"then", "else"}}
            choices = [{"allOf": [schema["if"], schema.get("then", True)]}, schema.get("else", True)]
        else:
            null = {"type": "null"}
            choices = sorted(schema[key], key=lambda choice: (choice == null) != (depth > DEEPEST))
        for choice in choices:
            wanted = [rest, choice]
            if key == "oneOf" and len(choices) > 1:
                wanted.append({"not": {"anyOf": [each for each in choices if each is not choice]}})
            try:
                made = self.make({"allOf": wanted}, depth + 1, avoid=avoid)
            except UnsupportedSchemaError:
                continue
            if self.validity.fits(made, schema):
                return made
        raise UnsupportedSchemaError(f"no choice of {key!r} leads to an instance")

    def _kind(self, schema: dict[str, Any], depth: int) -> str:
        kinds = schema.get("type")
        if kinds is None:
            return next((kind for kind, hints in HINTS if hints & schema.keys()), "string")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if "null" in kinds and depth > DEEPEST:
            return "null"
        return next((str(kind) for kind in kinds if kind != "null"), "null")

    def _of_kind(self, kind: str, schema: dict[str, Any], depth: int, avoid: list[Any] | None) -> Any:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._first(self._strings(schema), schema, avoid)
            case "integer" | "number":
                return self._first(_numbers(schema, whole=kind == "integer"), schema, avoid)
            case "boolean":
                return self._first([True, False], schema, avoid)
            case "null":
                return None
            case _:
                raise UnsupportedSchemaError(f"{kind!r} is no type")

    def _first(self, candidates: Iterable[Any], schema: dict[str, Any], avoid: list[Any] | None) -> Any:
        for candidate in candidates:
            if candidate not in (avoid or ()) and self.validity.fits(candidate, schema):
                return candidate
        raise UnsupportedSchemaError(f"echo cannot write a value for {schema!r:.200}")

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        required, properties = schema.get("required", []), schema.get("properties", {})
        extra = schema.get("additionalProperties", True)
        kinds = {name: properties.get(name, extra) for name in required}
        if depth < DEEPEST_OPTIONAL:
            most = schema.get("maxProperties", math.inf)
            kinds = {
                name: kind for name, kind in properties.items() if name in kinds or len(properties) <= most
            } | kinds
        made = {}
        for name, kind in kinds.items():
            try:
                made[name] = self.make(kind, depth + 1)
            except UnsupportedSchemaError:
                if name in required:
                    raise
        more = (name for name in [*properties, *(f"field{n}" for n in range(MOST_ITEMS))] if name not in made)
        while len(made) < schema.get("minProperties", 0):
            name = next(more)
            made[name] = self.make(properties.get(name, extra), depth + 1)
        return made

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        first, rest = schema.get("prefixItems", []), schema.get("items", schema.get("contains", True))
        least = max(schema.get("minItems", 0), schema.get("minContains", 1 if "contains" in schema else 0))
        if least > MOST_ITEMS:
            raise UnsupportedSchemaError(f"echo writes {MOST_ITEMS} items at most")
        wished = max(len(first), 1 if rest is not False else 0) if depth < DEEPEST_OPTIONAL else 0
        size = min(max(least, wished), schema.get("maxItems", math.inf))
        made: list[Any] = []
        for kind in itertools.islice(itertools.chain(first, itertools.repeat(rest)), int(size)):
            try:
                made.append(self.make(kind, depth + 1, avoid=made if schema.get("uniqueItems") else None))
            except UnsupportedSchemaError:
                if len(made) < least:
                    raise
                break
        return made

    def _strings(self, schema: dict[str, Any]) -> Iterator[str]:
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        if least > MOST_TEXT:
            raise UnsupportedSchemaError(f"echo writes {MOST_TEXT} characters at most")
        if schema.get("format") in FORMATS:
            yield FORMATS[schema["format"]]
        if "pattern" in schema:
            yield from pattern.examples(schema["pattern"])
            return
        yield self._text[:most].ljust(least, ".")
        for number in range(2, MOST_ITEMS + 2):
            end = str(number)
            yield (self._text[: max(0, (most or len(self._text)) - len(end))] + end).rjust(least, ".")


def _numbers(schema: dict[str, Any], *, whole: bool) -> Iterator[float]:
    """0, then what lies nearest to the bounds, as multiples of the step and between them."""
    step = schema.get("multipleOf", 1)
    low = max(schema.get("minimum", -math.inf), schema.get("exclusiveMinimum", -math.inf))
    high = min(schema.get("maximum", math.inf), schema.get("exclusiveMaximum", math.inf))
    yield 0
    steps = [(math.ceil(low / step), 1)] if math.isfinite(low) else []
    steps += [(math.floor(high / step), -1)] if math.isfinite(high) else []
    steps += [] if steps else [(0, 1)]
    if whole:
        for begin, way in steps:
            yield from (int(number) for number in _multiples(begin, way, step) if number % 1 == 0)
        return
    for begin, way in steps:
        yield from itertools.islice(_multiples(begin, way, step), 2)
    if math.isfinite(low) and math.isfinite(high):
        yield (low + high) / 2
    yield from (bound for bound in (low, high, 0.5) if math.isfinite(bound))
    for begin, way in steps:
        yield from _multiples(begin, way, step)


def _multiples(begin: int, way: int, step: float) -> Iterator[float]:
    return ((begin + way * number) * step for number in range(MOST_ITEMS))
