from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.schema import Schema, parse_schema

NAMES = st.sampled_from(["a", "b", "c"]) | st.text(max_size=4)
LIMITS = st.sampled_from([0, 1, 2, 3.0, 0.5, 2**63, -(2**70), 10**400, 1e308]) | st.integers() | st.floats()
SINGLE = st.none() | st.booleans() | LIMITS | NAMES
ANY = st.recursive(
    SINGLE, lambda part: st.lists(part, max_size=2) | st.dictionaries(NAMES, part, max_size=2), max_leaves=5
)
TYPES = st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null", "text"])
COUNTS, SMALL = st.integers(0, 3), st.integers(-3, 3)
WORDS: dict[str, st.SearchStrategy[Any]] = {
    "pattern": st.sampled_from(["^a", "[[a]", "(?<", "a{9999999999}"]), "minLength": COUNTS, "maxLength": COUNTS,
    "format": st.sampled_from(
        ["date", "date-time", "time", "duration", "uuid", "uri", "email", "ipv4", "ipv6", "hostname", "x"]
    ),
}  # fmt: skip
BOUNDS = dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), SMALL) | {"multipleOf": COUNTS}
SIZES = {"minItems": COUNTS, "maxItems": COUNTS, "uniqueItems": st.booleans()}
LEAVES = st.one_of(
    st.fixed_dictionaries({"type": st.just("string")}, optional=WORDS),
    st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number", ["number", "integer", "null"]])}, optional=BOUNDS
    ),
    st.fixed_dictionaries({"enum": st.lists(SINGLE, min_size=1, max_size=3, unique_by=repr)}),
    st.sampled_from(
        [{"type": "null"}, {"type": ["boolean", "string"]}, {"const": 1}]
        + [{"$ref": place} for place in ("#", "#/$defs/a", "#/$defs/b", "#/properties/a", "#/$defs/a/items", "#/x")]
    ),
)


def whole(part: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Schemas made of others."""
    fields = st.dictionaries(NAMES, part, min_size=1, max_size=3)
    several = st.lists(part, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"type": st.just("object"), "properties": fields}),
        st.fixed_dictionaries({"type": st.sampled_from(["array", ["array", "null"]]), "items": part}, optional=SIZES),
        st.fixed_dictionaries({"anyOf": several}, optional={"description": NAMES, "maxLength": COUNTS}),
        st.sampled_from(["anyOf", "oneOf", "allOf"]).flatmap(lambda key: st.fixed_dictionaries({key: several})),
        st.tuples(part, st.dictionaries(st.sampled_from(KEYWORDS), ANY, max_size=1)).map(
            lambda two: {**two[0], **two[1]}
        ),
    )


KEYWORDS = [
    "type", "enum", "const", "properties", "required", "additionalProperties", "items", "prefixItems", "anyOf", "oneOf",
    "allOf", "$ref", "$defs", "title", "description", "default", "not", *WORDS, *BOUNDS, *SIZES,
]  # fmt: skip
PARTS = st.recursive(LEAVES, whole, max_leaves=8)
FIELDS = st.dictionaries(NAMES, PARTS, min_size=1, max_size=3)
SPECS = st.builds(
    lambda fields, defined, odd: {"type": "object", "properties": fields, "$defs": defined, **odd},
    FIELDS,
    FIELDS,
    st.just({}) | st.dictionaries(st.sampled_from(KEYWORDS), ANY, max_size=1),
)
ANSWERS = st.lists(st.dictionaries(NAMES, ANY, max_size=4), max_size=5)


def read(spec: dict[str, Any]) -> tuple[Schema | None, tuple[str, ...]]:
    """The schema, or the two lines of why there is none."""
    try:
        return parse_schema(spec), ()
    except SchemaError as error:
        return None, (error.what, error.todo)


@settings(max_examples=300)
@given(SPECS, ANSWERS)
def test_any_schema_is_read_or_refused_in_two_lines(spec: dict[str, Any], some: list[dict[str, Any]]) -> None:
    """A dict of keywords is a Schema by which answers can be read, or a SchemaError, and never another error."""
    schema, refused = read(spec)
    if schema is None:
        assert all(line.isprintable() and 0 < len(line) <= 400 for line in refused), refused
        return
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema
    texts = ["{}", *map(json.dumps, some)]
    values, places, misfits = Answers(schema).decode(texts)
    assert sorted([*places, *misfits]) == list(range(len(texts)))
    assert all(len(column) == len(places) for column in values)
