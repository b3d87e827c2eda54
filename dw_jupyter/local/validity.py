"""Whether a value satisfies a JSON schema, for the keywords that `instance` heeds. For the echo model."""

from __future__ import annotations

from itertools import combinations
from typing import Any

KINDS: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
UNREAD = frozenset({"$dynamicRef", "$recursiveRef", "unevaluatedProperties", "unevaluatedItems", "dependentSchemas"})
MOST_STEPS = 50_000


class UnsupportedSchemaError(ValueError):
    """The schema cannot be read, or the echo cannot write what satisfies it."""


class Validity:
    """Judges values by schemas within one root schema, and gives up on a schema that takes too long."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps = 0

    def spend(self) -> None:
        """Count one step.

        Raises:
            UnsupportedSchemaError: it is one too many.
        """
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise UnsupportedSchemaError("the schema is too large, or has no end")

    def resolve(self, reference: Any) -> Any:
        """What ``#/...`` points at.

        Raises:
            UnsupportedSchemaError: nothing, or something outside.
        """
        found = self._root
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise UnsupportedSchemaError(f"{reference!r} lies outside the schema")
        for part in reference[1:].split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdecimal() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, dict) and name in found:
                found = found[name]
            else:
                raise UnsupportedSchemaError(f"{reference!r} leads nowhere")
        return found

    def fits(self, value: Any, schema: Any) -> bool:
        """Whether ``value`` satisfies ``schema``.

        Raises:
            UnsupportedSchemaError: the schema is no schema, or has a keyword that is not heeded here.
        """
        self.spend()
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise UnsupportedSchemaError(f"a schema is a JSON object, not {schema!r}")
        if unread := UNREAD & schema.keys():
            raise UnsupportedSchemaError(f"echo does not understand {min(unread)!r}")
        if "$ref" in schema and not self.fits(value, self.resolve(schema["$ref"])):
            return False
        return _is_kind(value, schema) and self._combined(value, schema) and self._detailed(value, schema)

    def _combined(self, value: Any, schema: dict[str, Any]) -> bool:
        if not all(self.fits(value, each) for each in schema.get("allOf", ())):
            return False
        if "anyOf" in schema and not any(self.fits(value, each) for each in schema["anyOf"]):
            return False
        if "oneOf" in schema and sum(self.fits(value, each) for each in schema["oneOf"]) != 1:
            return False
        if "not" in schema and self.fits(value, schema["not"]):
            return False
        if "if" in schema:
            return self.fits(value, schema.get("then" if self.fits(value, schema["if"]) else "else", True))
        return True

    def _detailed(self, value: Any, schema: dict[str, Any]) -> bool:
        if isinstance(value, str):
            pattern = schema.get("pattern")
            return (
                schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value))
                and (pattern is None or _occurs(pattern, value))
            )  # fmt: skip
        if isinstance(value, dict):
            return self._object(value, schema)
        if isinstance(value, list):
            return self._array(value, schema)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            step = schema.get("multipleOf")
            return (
                schema.get("minimum", value) <= value <= schema.get("maximum", value)
                and ("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"])
                and ("exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"])
                and (step is None or value % step == 0 or value / step == int(value / step))
            )
        return True

    def _object(self, value: dict[str, Any], schema: dict[str, Any]) -> bool:
        properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
        for name, each in value.items():
            kinds = [properties[name]] if name in properties else []
            kinds += [kind for pattern, kind in patterns.items() if _occurs(pattern, name)]
            kinds = kinds or [schema.get("additionalProperties", True)]
            if not all(self.fits(each, kind) for kind in kinds):
                return False
            if not self.fits(name, schema.get("propertyNames", True)):
                return False
        needed = set(schema.get("required", ()))
        for name, others in schema.get("dependentRequired", {}).items():
            needed |= set(others) if name in value else set()
        least, most = schema.get("minProperties", 0), schema.get("maxProperties", len(value))
        return needed <= value.keys() and bool(least <= len(value) <= most)

    def _array(self, value: list[Any], schema: dict[str, Any]) -> bool:
        first = schema.get("prefixItems", [])
        kinds = [*first, *[schema.get("items", True)] * (len(value) - len(first))]
        if not all(self.fits(each, kind) for each, kind in zip(value, kinds, strict=False)):
            return False
        if schema.get("uniqueItems") and any(same(one, other) for one, other in combinations(value, 2)):
            return False
        if "contains" in schema:
            found = sum(self.fits(each, schema["contains"]) for each in value)
            if not schema.get("minContains", 1) <= found <= schema.get("maxContains", found):
                return False
        return bool(schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)))


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same in JSON: 1 is 1.0, and not true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    return bool(one == other)


def _is_kind(value: Any, schema: dict[str, Any]) -> bool:
    if "const" in schema and not same(value, schema["const"]):
        return False
    if "enum" in schema and not any(same(value, each) for each in schema["enum"]):
        return False
    kinds = schema.get("type")
    if kinds is None:
        return True
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind not in KINDS:
            raise UnsupportedSchemaError(f"{kind!r} is no type")
        if isinstance(value, bool):
            found = kind == "boolean"
        else:
            found = isinstance(value, KINDS[kind]) or (
                kind == "integer" and isinstance(value, float) and value % 1 == 0
            )
        if found:
            return True
    return False


def _occurs(pattern: str, text: str) -> bool:
    """Whether a pattern occurs in a text, in time that grows with both and no faster: the pattern is a caller's.

    Raises:
        UnsupportedSchemaError: it is no pattern, or looks around or back, which cannot be done so.
    """
    from pyarrow import ArrowInvalid, compute  # loads when the first pattern comes

    try:
        return bool(compute.match_substring_regex(text, pattern=pattern).as_py())
    except (ArrowInvalid, UnicodeEncodeError):
        raise UnsupportedSchemaError(f"the pattern {pattern[:60]!r} is not heeded here") from None
