from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
from typing import Annotated, Any, Literal, NotRequired, Required, TypedDict

import msgspec
import pydantic
import pytest

from dw_jupyter.frames.objects import Objects
from dw_jupyter.frames.schema import Schema, parse_schema


def read_objects(
    blocks: list[bytes], rows: int, schema: Schema | None, kind: type | None = None
) -> list[object | None]:
    """The objects that blocks of lines give."""
    objects = Objects(rows, schema, kind)
    for block in blocks:
        objects.add(block)
    return objects.values()


class Tone(enum.Enum):
    """A choice."""

    WARM = "warm"
    COLD = "cold"


@dataclasses.dataclass
class Part:
    """A part."""

    size: Annotated[int, msgspec.Meta(description="in mm", ge=0)]
    at: dt.datetime


@dataclasses.dataclass
class Plain:
    """A dataclass."""

    tone: Tone
    kind: Literal["p", "q"]
    day: dt.date
    parts: list[Part]
    main: Part | None = None
    seen: dt.datetime | None = None
    note: str = ""


class Struct(msgspec.Struct):
    """A Struct."""

    tone: Tone
    kind: Literal["p", "q"]
    day: dt.date
    parts: list[Part]
    main: Part | None = None
    seen: dt.datetime | None = None
    note: str = ""


class Whole(TypedDict):
    """A TypedDict whose keys are there."""

    tone: Tone
    kind: Literal["p", "q"]
    day: dt.date
    parts: list[Part]
    main: Part | None
    seen: dt.datetime | None
    note: str


@pydantic.dataclasses.dataclass
class Checked:
    """A Pydantic dataclass."""

    tone: Tone
    kind: Literal["p", "q"]
    day: dt.date
    parts: list[Part]
    main: Part | None = None
    seen: dt.datetime | None = None
    note: str = ""


class Model(pydantic.BaseModel):
    """A Pydantic model."""

    tone: Tone
    kind: Literal["p", "q"]
    day: dt.date
    parts: list[Part]
    main: Part | None = None
    seen: dt.datetime | None = None
    note: str = ""


ANSWER: dict[str, Any] = {
    "tone": "warm",
    "kind": "q",
    "day": "2024-02-29",
    "parts": [{"size": 3, "at": "2024-01-01T00:00:00Z"}],
    "main": None,
    "seen": None,
    "note": "",
}


def line(row: int, content: str) -> bytes:
    """An output line."""
    body = {"choices": [{"message": {"content": content}}]}
    return json.dumps({"custom_id": f"row-{row:09d}", "response": {"status_code": 200, "body": body}}).encode() + b"\n"


@pytest.mark.parametrize("kind", [Plain, Struct, Whole, Checked, Model])
def test_every_kind_of_class_asks_for_the_same_and_comes_back(kind: type) -> None:
    """All five libraries' classes give the same columns and strict objects, and answers come back as instances."""
    schema = parse_schema(kind)
    assert schema.kind is kind
    assert schema.columns == {
        "tone": "category",
        "kind": "category",
        "day": "datetime64[us]",
        "parts": "object",
        "main": "object",
        "seen": "datetime64[us, UTC]",
        "note": "string",
    }
    assert list(schema.columns) == list(ANSWER)
    part = schema.json_schema["$defs"]["Part"]
    assert (part["required"], part["additionalProperties"]) == (["size", "at"], False)
    assert part["properties"]["at"]["format"] == "date-time"
    blocks = [line(1, json.dumps(ANSWER)) + line(0, "nonsense"), line(2, json.dumps({**ANSWER, "tone": "hot"}))]
    nothing, found, misfit = read_objects(blocks, 3, schema, kind)
    assert (nothing, misfit) == (None, None)
    expected = {
        "tone": Tone.WARM,
        "kind": "q",
        "day": dt.date(2024, 2, 29),
        "parts": [Part(3, dt.datetime(2024, 1, 1, tzinfo=dt.UTC))],
        "main": None,
        "seen": None,
        "note": "",
    }
    assert found == (expected if kind is Whole else kind(**expected))
    assert read_objects(blocks, 3, None, kind)[1] == found


def test_bounds_and_descriptions_of_msgspec_reach_the_schema() -> None:
    """``msgspec.Meta`` says what a field is about and what it may be."""
    described = {"description": "in mm", "type": "integer", "minimum": 0}
    assert parse_schema(Plain).json_schema["$defs"]["Part"]["properties"]["size"] == described


class Loose(TypedDict, total=False):
    """A TypedDict that needs one key."""

    name: Required[str]
    at: dt.datetime


class Tight(TypedDict):
    """A TypedDict that may lack a key."""

    name: str
    at: NotRequired[dt.datetime]


@pytest.mark.parametrize("kind", [Loose, Tight])
def test_a_key_that_may_be_left_out_may_be_null(kind: type) -> None:
    """Strict mode asks for every key: null stands for one left out, and is left out of the object."""
    schema = parse_schema(kind)
    moment = {"type": "string", "format": "date-time"}
    assert schema.json_schema["properties"]["at"] == {"anyOf": [moment, {"type": "null"}]}
    assert schema.json_schema["required"] == ["name", "at"]
    assert read_objects([line(0, '{"name": "a", "at": null}')], 1, schema, Loose) == [{"name": "a"}]


class Cat(msgspec.Struct, tag=True):
    """An animal."""

    born: dt.datetime


class Dog(msgspec.Struct, tag=True):
    """Another."""

    loud: bool


class Owner(msgspec.Struct, rename="camel"):
    """Has an animal."""

    best_pet: Cat | Dog | None
    all_pets: list[Cat | Dog]


def test_a_union_of_structs_is_told_by_its_tags() -> None:
    """Tagged Structs become anyOf, their moments have a format, and answers come back as the right one."""
    schema = parse_schema(Owner)
    assert list(schema.columns) == ["bestPet", "allPets"]
    assert schema.json_schema["$defs"]["Cat"]["properties"]["born"]["format"] == "date-time"
    content = '{"bestPet": {"type": "Dog", "loud": true}, "allPets": []}'
    assert read_objects([line(0, content)], 1, schema, Owner) == [Owner(Dog(loud=True), [])]


def test_answers_without_a_class_are_dicts_that_fit() -> None:
    """With a schema and no class, and after storing one, answers are dicts; the first that fits stays."""
    schema = parse_schema("a int")
    stored = Schema.from_json(schema.to_json())
    blocks = [line(0, '{"a": "x"}') + line(0, '{"a": 1}') + line(0, '{"a": 2}'), line(7, '{"a": 3}'), b"broken\n"]
    assert read_objects(blocks, 2, stored) == [{"a": 1}, None]
    assert read_objects(blocks, 2, None) == [{"a": "x"}, None]
    assert read_objects([line(0, "[1]")], 1, None) == [None]
