from __future__ import annotations

import datetime as dt
import enum
import json
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.schema import Schema, parse_schema


@pytest.mark.parametrize(
    ("spec", "properties", "columns"),
    [
        ("a", {"a": {"type": "string"}}, {"a": "string"}),
        (
            "sentiment: positive|very negative, score float?, tags str[] (at most three, please)",
            {
                "sentiment": {"type": "string", "enum": ["positive", "very negative"]},
                "score": {"type": ["number", "null"]},
                "tags": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "at most three, please",
                },
            },
            {"sentiment": "category", "score": "float64", "tags": "object"},
        ),
        (
            " n int ,\n ok bool?, day date? , größe str?: s | m (size)",
            {
                "n": {"type": "integer"},
                "ok": {"type": ["boolean", "null"]},
                "day": {"type": ["string", "null"], "format": "date"},
                "größe": {"type": ["string", "null"], "enum": ["s", "m", None], "description": "size"},
            },
            {"n": "Int64", "ok": "boolean", "day": "datetime64[us]", "größe": "category"},
        ),
        (
            "kinds str[]?: a|b",
            {"kinds": {"type": ["array", "null"], "items": {"type": "string", "enum": ["a", "b"]}}},
            {"kinds": "object"},
        ),
    ],
)
def test_the_short_form(spec: str, properties: dict[str, Any], columns: dict[str, str]) -> None:
    """A short form gives these properties, all required and no others allowed, and these dtypes."""
    schema = parse_schema(spec)
    assert schema.json_schema == {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    assert schema.columns == columns
    assert Schema.from_json(json.loads(json.dumps(schema.to_json()))) == schema


EXAMPLE = 'An example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        ("", "character 1: a field name is missing."),
        ("a,", "character 3: a field name is missing."),
        ("1a", "character 1: a field name is missing."),
        ("a,, b", "character 3: a field name is missing."),
        ("a, b int, a", 'character 11: the field "a" is there twice.'),
        ("a strr", 'character 3: there is no type "strr", only str, int, float, bool, date.'),
        ("a int: 1|2", "character 6: choices are words: they go with str, not with int."),
        ("a: x||y", "character 4: a choice is missing."),
        ("a:", "character 3: a choice is missing."),
        ("a: x|x", "character 4: a choice is there twice."),
        ("a str int", 'character 7: "i" does not belong there.'),
        ("a (no end", 'character 3: "(" does not belong there.'),
        ("a?[]", 'character 3: "[" does not belong there.'),
    ],
)
def test_a_wrong_short_form_says_where(spec: str, what: str) -> None:
    """Each wrong short form is a SchemaError that names the character, and gives an example."""
    with pytest.raises(SchemaError) as caught:
        parse_schema(spec)
    assert (caught.value.what, caught.value.todo) == (f"The schema, {what}", EXAMPLE)


class Colour(enum.Enum):
    """A choice."""

    RED = "red"
    GREEN = "green"


class Part(BaseModel):
    """A nested object."""

    size: int
    notes: list[str] = []


class Thing(BaseModel):
    """Everything that a column may be made of."""

    name: str
    count: int | None = None
    part: Part = Field(description="the main one")
    parts: list[Part]
    colour: Colour
    other: Colour | None = None
    kind: Literal["p", "q"]
    at: dt.datetime
    day: dt.date
    mixed: Part | str


def test_a_pydantic_model_is_made_strict() -> None:
    """A model's schema requires every property at every level, keeps ``$defs``, and has no default or $ref sibling."""
    schema = parse_schema(Thing)
    root = schema.json_schema
    assert schema.name == "Thing"
    assert schema.response_format["json_schema"] == {"name": "Thing", "strict": True, "schema": root}
    assert root["required"] == list(root["properties"]) == list(Thing.model_fields)
    for node in (root, root["$defs"]["Part"], root["properties"]["part"]):
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])
    assert root["properties"]["part"]["description"] == "the main one"
    assert root["properties"]["parts"]["items"] == {"$ref": "#/$defs/Part"}
    assert "default" not in json.dumps(root)
    assert schema.columns == {
        "name": "string",
        "count": "Int64",
        "part": "object",
        "parts": "object",
        "colour": "category",
        "other": "category",
        "kind": "category",
        "at": "datetime64[us, UTC]",
        "day": "datetime64[us]",
        "mixed": "object",
    }


class Tree(BaseModel):
    """A model that holds itself."""

    value: int
    children: list[Tree]


def test_a_model_that_holds_itself_can_be_read() -> None:
    """A recursive model is a schema of type object, and its answers decode."""
    schema = parse_schema(Tree)
    values, places, misfits = Answers(schema).decode(['{"value":1,"children":[{"value":2,"children":[]}]}'])
    assert (values, places, misfits) == ([[1], [[{"value": 2, "children": []}]]], [0], {})


def test_a_schema_given_as_a_dict_is_not_changed() -> None:
    """A JSON Schema given as a dict is copied, not changed; its title becomes a legal name."""
    spec = {"title": "my shape!", "type": "object", "properties": {"a": {"type": "string", "default": "x"}}}
    before = json.dumps(spec)
    schema = parse_schema(spec)
    assert json.dumps(spec) == before
    assert schema.name == "my_shape_"
    assert schema.json_schema["required"] == ["a"]


def test_answers_that_fit_become_values_and_the_others_reasons() -> None:
    """Values come typed; what does not fit is told by field; odd but legal JSON is read."""
    good = {"s": "x", "n": 1, "f": 2, "b": True, "d": "0900-01-02", "l": ["a"], "c": "y"}
    answers = Answers(parse_schema("s, n int, f float?, b bool, d date, l str[], c: y|z"))
    texts = [
        json.dumps(good),
        json.dumps({**good, "extra": 1, "f": None, "s": "\ud800"}),
        json.dumps({**good, "n": 3.0}),
        json.dumps({**good, "c": "w"}),
        json.dumps({**good, "l": ["a", 1]}),
        json.dumps({**good, "n": 2**63}),
        json.dumps({**good, "d": "yesterday"}),
        '{"s": "x"}',
        json.dumps(good)[:-5],
        "[]",
        "[" * 10_000,
        "",
        json.dumps(good).replace(": 2,", ": 1e999,"),
        json.dumps({**good, "f": float("nan")}),
        json.dumps({**good, "f": 10**400}),
    ]
    values, places, misfits = answers.decode(texts)
    assert places == [0, 1, 2]
    assert values[0] == ["x", "\ud800", "x"]
    assert values[1] == [1, 1, 3]
    assert values[2] == [2.0, None, 2.0]
    assert values[4] == [dt.date(900, 1, 2)] * 3
    assert misfits == {
        3: "c: Invalid enum value 'w'",
        4: "l[1]: Expected `str`, got `int`",
        5: "n: Expected `int` <= 9223372036854775807",
        6: "d: Invalid RFC3339 encoded date",
        7: "Object missing required field `n`",
        8: "not JSON",
        9: "Expected `object`, got `array`",
        10: "not JSON",
        11: "not JSON",
        12: "Number out of range: 1e999",
        13: "not JSON",
        14: "f: Number out of range",
    }


def test_the_bounds_of_a_schema_hold_for_answers() -> None:
    """Numbers, texts and lists outside their bounds are misfits, as is a value of no kind that a union has."""
    properties: dict[str, dict[str, Any]] = {
        "n": {"type": "integer", "exclusiveMinimum": 0, "maximum": 5, "multipleOf": 2},
        "x": {"type": "number", "minimum": 0, "exclusiveMaximum": 1},
        "s": {"type": "string", "pattern": "^a", "maxLength": 2},
        "l": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
        "u": {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        "odd": {"type": "string", "pattern": "(?<bad"},
    }
    good: dict[str, Any] = {"n": 2, "x": 0, "s": "ab", "l": [1], "u": None, "odd": "any"}
    bad: list[dict[str, Any]] = [
        {"n": 0}, {"n": 3}, {"n": 6}, {"x": 1}, {"x": -0.1}, {"s": "ba"}, {"s": "abc"}, {"l": []}, {"u": 0.5},
    ]  # fmt: skip
    answers = Answers(parse_schema({"type": "object", "properties": properties}))
    fine: list[dict[str, Any]] = [{}, {"u": 3}, {"u": "x"}]
    texts = [json.dumps({**good, **change}) for change in [*fine, *bad]]
    _, places, misfits = answers.decode(texts)
    assert places == [0, 1, 2]
    assert [reason.split(":")[0] for reason in misfits.values()] == [next(iter(change)) for change in bad]


@pytest.mark.parametrize("wrap", [lambda it: it, lambda it: {"type": "json_schema", "json_schema": it}])
def test_a_schema_is_taken_out_of_what_an_api_wraps_it_in(wrap: Callable[[Any], Any]) -> None:
    """What somebody has for an SDK is the same schema, under its own name."""
    inner = {"type": "object", "properties": {"a": {"type": "string"}}}
    schema = parse_schema(wrap({"name": "shape", "strict": True, "schema": inner}))
    assert (schema.name, schema.json_schema) == ("shape", parse_schema(inner).json_schema)


@pytest.mark.parametrize(
    ("format_", "good", "bad"),
    [
        ("uuid", "6fa459ea-ee8a-3ca4-894e-db77e160355e", "6fa459ea"),
        ("uri", "https://example.org/ü?q=1#x", "example.org"),
        ("email", "ada@example.org", "ada"),
        ("hostname", "example.org", "-example"),
        ("ipv4", "192.0.2.1", "192.0.2.256"),
        ("ipv6", "2001:db8::1", "2001:db8"),
        ("time", "10:00:00Z", "ten"),
        ("duration", "P1DT2H", "1 day"),
    ],
)
def test_a_text_of_a_format_is_one(format_: str, good: str, bad: str) -> None:
    """An answer that is not of its format is a misfit that says so, in unions, lists and objects too."""
    part = {"type": "string", "format": format_}
    either = {"anyOf": [part, {"type": "integer"}]}
    schema = parse_schema({"type": "object", "properties": {"a": {"type": "array", "items": part}, "b": either}})
    texts = [json.dumps({"a": [a], "b": b}) for a, b in [(good, 1), (good, good), (bad, 1), (good, bad)]]
    _, places, misfits = Answers(schema).decode(texts)
    assert places == [0, 1]
    assert misfits[2] == f"a[0]: Invalid {format_} {bad!r}"
    assert misfits[3].startswith("b: ")


def test_options_of_one_kind_are_told_apart_by_what_they_hold() -> None:
    """An object that is none of the options is a misfit; one that is keeps its own fields."""

    def tagged(tag: str, **fields: Any) -> dict[str, Any]:
        return {"type": "object", "properties": {"kind": {"const": tag}, **fields}}

    options = [tagged("cat", lives={"type": "integer"}), tagged("dog", name={"type": "string"})]
    answers = Answers(parse_schema({"type": "object", "properties": {"pet": {"anyOf": options}}}))
    pets = [{"kind": "dog", "name": "Rex"}, {"kind": "cat", "lives": 9}, {"kind": "cat", "lives": "9"}, {"kind": "cow"}]
    values, places, misfits = answers.decode([json.dumps({"pet": pet}) for pet in pets])
    assert (values, places) == ([pets[:2]], [0, 1])
    assert misfits == {2: "pet: Fits none of the options", 3: "pet: Fits none of the options"}
