from __future__ import annotations

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dw_jupyter.local import instance, pattern
from dw_jupyter.local.validity import UnsupportedSchemaError

NODE = {
    "type": "object",
    "properties": {
        "value": {"const": 7},
        "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
        "children": {"type": "array", "items": {"$ref": "#/$defs/node"}},
    },
    "required": ["value", "next", "children"],
    "additionalProperties": False,
}
MUST: list[dict[str, Any]] = [
    {"type": "string", "maxLength": 3},
    {"type": "string", "minLength": 30},
    {"type": "string", "pattern": r"^[A-Z]{2}-\d+$"},
    {"type": ["null", "integer"]},
    {"anyOf": [{"type": "null"}, {"type": "string", "format": "date"}]},
    {"oneOf": [{"type": "number"}, {"type": "integer"}]},
    {"oneOf": [{"properties": {"k": {"const": k}}, "required": ["k"]} for k in ("a", "b")]},
    {"type": "integer", "minimum": 3, "multipleOf": 5},
    {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
    {"type": "number", "maximum": -2},
    {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2, "uniqueItems": True},
    {"type": "array", "items": {"type": "string"}, "minItems": 4, "uniqueItems": True},
    {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "boolean"}], "maxItems": 2},
    {"type": "array", "contains": {"const": 3}},
    {"allOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"type": "object"}]},
    {"type": "object", "properties": {"a": {}}, "anyOf": [{"required": ["b"]}]},
    {"type": "object", "minProperties": 3, "additionalProperties": {"type": "integer"}},
    {"if": {"type": "string"}, "then": {"minLength": 70}},
    {"$ref": "#/$defs/node", "$defs": {"node": NODE}},
    {"type": "object", "properties": {name: {"$ref": "#"} for name in "abcdefgh"}},
]
NEVER: list[Any] = [
    False,
    {"enum": []},
    {"type": "nonsense"},
    {"type": "integer", "minimum": 5, "maximum": 4},
    {"type": "string", "minLength": 3, "maxLength": 2},
    {"not": {}},
    {"$ref": "https://example.com/schema"},
    {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
    {"allOf": [{"$ref": "#/$defs/a"}] * 2, "$defs": {"a": {"allOf": [{"$ref": "#"}] * 2}}},
]
NAMES = st.sampled_from("abcd")
PATTERNS = st.sampled_from([r"^[A-Z]{3}-\d+$", r"^(a|bc)+$", r"\w+@\w+\.com", r"[^abc]", r"^\S{8,}$", r"(x)\1"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.text(max_size=2))
LEAVES = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("string")},
        optional={"minLength": st.integers(0, 5), "maxLength": st.integers(5, 9), "pattern": PATTERNS},
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={
            "minimum": st.integers(-20, 20),
            "maximum": st.integers(-5, 50),
            "exclusiveMinimum": st.floats(-9, 9),
            "multipleOf": st.sampled_from([1, 2, 0.5, 7, 0.1]),
        },
    ),
    st.fixed_dictionaries(
        {"enum": st.lists(VALUES, min_size=1, max_size=3)}, optional={"type": st.sampled_from(["string", "integer"])}
    ),
    st.fixed_dictionaries({"const": VALUES}),
    st.sampled_from([{"type": "boolean"}, {"type": ["null", "string"]}, {}, True, {"$ref": "#/$defs/a"}]),
)


def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Schemas made of schemas."""
    some = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=3)},
            optional={
                "required": st.lists(NAMES, max_size=2, unique=True),
                "additionalProperties": inner,
                "minProperties": st.integers(0, 3),
                "maxProperties": st.integers(0, 4),
            },
        ),
        st.fixed_dictionaries(
            {"type": st.just("array")},
            optional={
                "items": inner,
                "minItems": st.integers(0, 3),
                "maxItems": st.integers(0, 4),
                "uniqueItems": st.booleans(),
                "prefixItems": some,
                "contains": inner,
            },
        ),
        *(st.fixed_dictionaries({key: some}) for key in ("anyOf", "oneOf", "allOf")),
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"if": inner, "then": inner, "else": inner}),
    )


@pytest.mark.parametrize("schema", MUST, ids=lambda schema: json.dumps(schema)[:40])
@given(text=st.text(max_size=50))
@settings(max_examples=20)
def test_instance_is_valid(schema: dict[str, Any], text: str) -> None:
    """What the echo makes of a schema satisfies it, whatever the text, and is the same every time."""
    made = instance.make(schema, text)
    jsonschema.Draft202012Validator(schema).validate(made)
    assert made == instance.make(schema, text)


@pytest.mark.parametrize("schema", NEVER, ids=lambda schema: json.dumps(schema)[:40])
def test_no_instance(schema: Any) -> None:
    """A schema that nothing satisfies, that has no end or cannot be read, is refused."""
    with pytest.raises(UnsupportedSchemaError):
        instance.make(schema, "text")


@given(schema=st.recursive(LEAVES, grow, max_leaves=6), text=st.text(max_size=10))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_never_an_invalid_instance(schema: Any, text: str) -> None:
    """Of any schema a valid instance is made, or none."""
    schema = {**schema, "$defs": {"a": {"type": "integer"}}} if isinstance(schema, dict) else schema
    try:
        made = instance.make(schema, text)
    except UnsupportedSchemaError:
        return
    jsonschema.Draft202012Validator(schema).validate(made)


@given(
    regex=st.sampled_from(["a|b", "[^a-z0-9]x?", r"(?i)ab{2,3}", r"\D\W\S", r"^(?:\+1)?\d{3}-\d{4}$", "(ab)*c", "."])
)
def test_examples_of_patterns(regex: str) -> None:
    """Among the first texts made of a pattern is one that it matches."""
    assert any(re.search(regex, text) for text in pattern.examples(regex))
