from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from pydantic import BaseModel, RootModel

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.schema import parse_schema

TEXT = {"type": "string"}


def of(**properties: object) -> dict[str, Any]:
    """A schema of type object with these properties."""
    return {"type": "object", "properties": properties}


def nested(levels: int) -> dict[str, Any]:
    """Objects within objects."""
    return of(a=TEXT) if levels == 1 else of(a={"type": "array", "items": nested(levels - 1)})


class Part(BaseModel):
    """A part."""

    size: int


class Lists(RootModel[list[Part]]):
    """No object."""


class Keys(BaseModel):
    """Holds a dict with any keys, three levels down."""

    parts: list[Deep]


class Deep(BaseModel):
    """Holds a dict."""

    price: dict[str, int]


class Empty(BaseModel):
    """Nothing."""


class Plain:
    """A class like any other."""


@dataclasses.dataclass
class Holds:
    """Holds what JSON has not."""

    plain: Plain


FORMS = (
    'Give the short form ("name, age int"), a Pydantic model, dataclass, TypedDict or Struct, or a JSON Schema dict.'
)
ONE = "An answer is one object: make it a field of a class, or of a schema of type object."
KEYS = "List its keys as fields, or ask for a list of objects with a key and a value."
DEFINE = "Define it under $defs of the same schema."
NAMED = 'Give a dict such as {"name": {"type": "string"}}.'
COUNT = "Give a whole number, 0 or more."
CHOICES = "Choices are texts or numbers."
PROMPT = "Leave it out, and ask for it in the prompt."
TUPLE = "Use a list, or an object with a field for each place."
SPLIT = "Split it: ask for a part of it in a job of its own."
LOOP = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}


@pytest.mark.parametrize(
    ("spec", "what", "todo"),
    [
        (5, "A schema cannot be made of int.", FORMS),
        (None, "A schema cannot be made of NoneType.", FORMS),
        (int, "A schema cannot be made of the class int.", FORMS),
        (Plain, "A schema cannot be made of the class Plain.", FORMS),
        (list[Part], f"A schema cannot be made of list[{Part.__module__}.Part].", ONE),
        (Part(size=1), "The schema is an instance of Part.", "Give the class itself: Part."),
        (Lists, "Lists: it does not describe an object.", ONE),
        (Empty, "Empty: it has no fields.", "Give at least one: each becomes a column."),
        (Holds, f"Holds has no JSON Schema: type {Plain} is not supported", "Use types that JSON has."),
        (Keys, "Keys.parts[].price: a dict with any keys, which a strict schema cannot ask for.", KEYS),
        ({"type": "array"}, "answer: it does not describe an object.", ONE),
        ({"anyOf": [of(a=TEXT)]}, "answer: it does not describe an object.", ONE),
        (of(), "answer: it has no fields.", "Give at least one: each becomes a column."),
        (LOOP, 'answer: the reference "#/$defs/a" leads nowhere.', DEFINE),
        ({"$ref": "#"}, 'answer: the reference "#" leads nowhere.', DEFINE),
        ("dw_status", 'The field "dw_status" may not begin with "dw_".', "Those columns are ours: rename it."),
        (of(a=3), "answer.a: not a schema but 3.", 'A schema is a dict such as {"type": "string"}.'),
        ({"properties": 3}, 'answer: "properties" is 3.', NAMED),
        (of(a={"type": "object", "properties": []}), 'answer.a: "properties" is [].', NAMED),
        ({**of(a=TEXT), "required": 5}, 'answer: "required" is 5.', "Give a list of names of fields."),
        (of(a={"allOf": 5}), 'answer.a: "allOf" is 5.', "Give a list of schemas."),
        (of(a={"type": "string", "format": ["date"]}), """answer.a: "format" is ['date'].""", "Give a text."),
        (of(a={"enum": ["x", "x"]}), """answer.a: "enum" has 'x' twice.""", "Name each once."),
        (of(a={"type": "string", "minLength": -1}), 'answer.a: "minLength" is -1.', COUNT),
        (
            of(a={"type": "array", "items": TEXT, "minItems": 3, "maxItems": 2}),
            'answer.a: nothing fits "minItems" 3 and "maxItems" 2.',
            "Make room between them, or leave one out.",
        ),
        (
            of(a={"enum": [2**70, 1]}),
            "answer.a: the choice 1180591620717411303424 is beyond 64 bits.",
            "Make it a text, in quotes.",
        ),
        (
            of(a={"type": "integer", "enum": ["x"]}),
            "answer.a: the choice 'x' is not of type integer.",
            "Correct the one or the other.",
        ),
        (of(a={"enum": [1, 1.0]}), 'answer.a: "enum" has 1.0 twice.', "Name each once."),
        (
            of(a={"type": "string", "enum": ["a", None]}),
            "answer.a: the choice None is not of type string.",
            'Allow for null by its type: ["string", "null"], say.',
        ),
        (of(a={"enum": [1], "const": 2}), 'answer.a: "const" is none of the choices.', "Leave one of the two out."),
        (of(a={"allOf": [5]}), "answer.a: not a schema but 5.", 'A schema is a dict such as {"type": "string"}.'),
        (of(a={**TEXT, "minLength": True}), 'answer.a: "minLength" is True.', COUNT),
        (of(a={"type": "number", "maximum": "9"}), """answer.a: "maximum" is '9'.""", "Give a number."),
        (of(a={"type": "integer", "multipleOf": 0}), 'answer.a: "multipleOf" is 0.', "Give a number above 0."),
        (of(a={"type": []}), 'answer.a: "type" is [].', 'Give a type such as "string", or a list of types.'),
        (of(a={"type": ["null", "null"]}), """answer.a: "type" has 'null' twice.""", "Name each once."),
        (
            of(a={"type": "number", "minimum": 1, "exclusiveMaximum": 1}),
            'answer.a: nothing fits "minimum" 1 and "exclusiveMaximum" 1.',
            "Make room between them, or leave one out.",
        ),
        (
            of(a={**TEXT, "items": TEXT}),
            'answer.a: only an array has "items".',
            'Ask for type "array", or leave it out.',
        ),
        (
            of(a={"anyOf": [TEXT], "enum": ["a"]}),
            'answer.a: strict mode has no "anyOf" beside "enum".',
            "Write it into each option.",
        ),
        (
            {**of(a={"$ref": "#/$defs/a"}), "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, TEXT, TEXT]}}},
            'The schema: the reference "#/$defs/a" leads nowhere.',
            DEFINE,
        ),
        (
            of(a={"type": "array", "items": {"$ref": "#/properties/a"}}),
            'answer.a[][]: "#/properties/a" leads back into itself.',
            DEFINE,
        ),
        (
            of(**{'a"': TEXT}),
            "The field 'a\"' cannot be a column.",
            "Rename it without quotes, backslashes and line ends.",
        ),
        (of(**{"a\nb": {}}), "answer.'a\\nb': it may be anything.", "Say its type: strict mode asks for one."),
        (of(a={"$ref": "#/$defs/b"}), 'answer.a: the reference "#/$defs/b" leads nowhere.', DEFINE),
        (of(a={"enum": [object]}), "The schema is not JSON: Object of type type is not JSON serializable", FORMS),
        (
            of(items={"type": "array", "items": of(price={"type": "object", "additionalProperties": TEXT})}),
            "answer.items[].price: a dict with any keys, which a strict schema cannot ask for.",
            KEYS,
        ),
        (of(a={"type": "object"}), "answer.a: a dict with any keys, which a strict schema cannot ask for.", KEYS),
        (
            of(a={**of(b=TEXT), "additionalProperties": TEXT}),
            "answer.a: a dict with any keys, which a strict schema cannot ask for.",
            KEYS,
        ),
        (of(a=of()), "answer.a: an object without fields.", "Give it at least one, or leave it out."),
        ({**of(a=TEXT), "required": ["b"]}, 'answer: "b" is required, and is no field.', "Fields: a"),
        (of(a={"type": "strng"}), 'answer.a: there is no type "strng".', 'Did you mean "string"?'),
        (
            of(a={"type": ["text", "null"]}),
            'answer.a: there is no type "text".',
            "The types are string, integer, number, boolean, object, array, null.",
        ),
        (of(a={}), "answer.a: it may be anything.", "Say its type: strict mode asks for one."),
        (of(a={"enum": []}), 'answer.a: "enum" is [].', "Give a list of at least one value."),
        (of(a={"enum": [[1]]}), "answer.a: a choice is not a single value.", CHOICES),
        (of(a={"type": "array"}), "answer.a: a list of anything.", 'Say what it holds: "items" is a schema.'),
        (of(a={"anyOf": []}), 'answer.a: "anyOf" is [].', "Give a list of schemas."),
        (
            of(a={"type": "array", "prefixItems": [TEXT, {"type": "integer"}], "items": False}),
            "answer.a: strict mode has no tuples of several types.",
            TUPLE,
        ),
        (
            of(a={**of(b=TEXT), "patternProperties": {"^x": TEXT}}),
            'answer.a: strict mode has no "patternProperties".',
            PROMPT,
        ),
        (of(a={**TEXT, "not": {"const": ""}}), 'answer.a: strict mode has no "not".', PROMPT),
        ({**of(a=TEXT), "if": {}}, 'answer: strict mode has no "if".', PROMPT),
        (
            of(a={"allOf": [of(b=TEXT), of(c=TEXT)]}),
            'answer.a: strict mode has no "allOf" of several.',
            "Write them as one schema.",
        ),
        (
            of(a={"oneOf": [of(b=TEXT), of(c=TEXT)]}),
            'answer.a: the objects of "oneOf" can be mistaken for each other.',
            "Use anyOf, or give each a field of one name with a value of its own.",
        ),
        (nested(11), f"answer{'.a[]' * 10}: objects within objects, 11 deep; strict mode takes 10.", SPLIT),
        (of(**{f"a{n}": TEXT for n in range(5001)}), "answer: it has 5,001 fields; strict mode takes 5,000.", SPLIT),
        (
            of(a={"enum": [str(n) for n in range(1001)]}),
            "answer: it has 1,001 choices; strict mode takes 1,000.",
            SPLIT,
        ),
    ],
)  # fmt: skip
def test_what_is_no_strict_schema_is_said_in_two_lines(spec: object, what: str, todo: str) -> None:
    """Each wrong schema is a SchemaError with these two lines, of which the first has the path."""
    with pytest.raises(SchemaError) as caught:
        parse_schema(spec)
    assert (caught.value.what, caught.value.todo) == (what, todo)


def test_a_schema_too_deep_to_walk_is_said_in_two_lines() -> None:
    """Lists within lists, hundreds deep, are no traceback, and neither is text that cannot be sent."""
    deep: dict[str, Any] = TEXT
    for _ in range(400):
        deep = {"type": "array", "items": deep}
    with pytest.raises(SchemaError) as caught:
        parse_schema(of(a=deep))
    assert str(caught.value) == "answer: its parts lie too deep within each other.\nMake it flatter."
    with pytest.raises(SchemaError, match="surrogates not allowed"):
        parse_schema(of(a={"enum": ["\ud800"]}))


def test_what_strict_mode_has_in_other_words_is_rewritten() -> None:
    """Told-apart oneOf, pairs, types of choices, notes and defaults become what strict mode has; bounds stay."""
    spec = of(
        shape={
            "oneOf": [of(kind={"const": "a"}), of(kind={"enum": ["b", "c"]})],
            "discriminator": {},
        },
        pair={"type": "array", "prefixItems": [{"type": "number"}] * 2, "items": False, "default": [0, 0]},
        tone={"enum": ["warm", "cold"]},
        tags={"type": "array", "items": {**TEXT, "minLength": 1, "pattern": "^x"}, "uniqueItems": True},
        one={"allOf": [{"$ref": "#/definitions/word"}], "description": "just one"},
        other={"$ref": "#/definitions/word"},
    )
    spec |= {"$schema": "any", "definitions": {"word": {**TEXT, "maxLength": 9}, "unused": 3}}
    assert parse_schema(spec).json_schema["properties"] == {
        "shape": {
            "anyOf": [
                {**of(kind={"const": "a", "type": "string"}), "required": ["kind"], "additionalProperties": False},
                {
                    **of(kind={"enum": ["b", "c"], "type": "string"}),
                    "required": ["kind"],
                    "additionalProperties": False,
                },
            ]
        },
        "pair": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "tone": {"enum": ["warm", "cold"], "type": "string"},
        "tags": {"type": "array", "items": {**TEXT, "minLength": 1, "pattern": "^x"}},
        "one": {**TEXT, "maxLength": 9, "description": "just one"},
        "other": {"$ref": "#/definitions/word"},
    }
    assert parse_schema(spec).json_schema["definitions"] == {"word": {**TEXT, "maxLength": 9}}


def test_fields_whose_names_differ_by_case_stay_two() -> None:
    """``a`` and ``A`` are two columns."""
    assert list(parse_schema(of(a=TEXT, A=TEXT)).columns) == ["a", "A"]


def test_a_schema_that_holds_itself_many_times_is_small_work() -> None:
    """A tree of twenty branches is read at once, and a described reference within itself is only named."""
    branch = {"anyOf": [{"$ref": "#/$defs/node", "description": "a branch"}, {"type": "null"}]}
    node = of(value=TEXT, **{f"branch_{n}": branch for n in range(20)})
    schema = parse_schema({"$ref": "#/$defs/node", "$defs": {"node": node}})
    assert schema.json_schema["properties"]["branch_0"]["anyOf"][0] == {"$ref": "#/$defs/node"}
    assert schema.json_schema["$defs"]["node"]["additionalProperties"] is False
    answer = '{"value": "x", ' + ", ".join(f'"branch_{n}": null' for n in range(20)) + "}"
    assert Answers(schema).decode([answer])[1] == [0]
