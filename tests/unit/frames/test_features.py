"""What people write in their classes: each works from schema to object, or the error says what to write instead."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import uuid
from typing import Annotated, Any, Generic, Literal, NotRequired, TypedDict, TypeVar

import msgspec
import pydantic
import pytest
from pydantic import Field

from dw_jupyter.errors import SchemaError
from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.objects import Objects
from dw_jupyter.frames.schema import parse_schema
from dw_jupyter.local import instance

Item = TypeVar("Item")
DATE, MOMENT = dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 12, tzinfo=dt.UTC)
ID = uuid.UUID("00000000-0000-4000-8000-000000000000")


class Color(enum.Enum):
    """A choice of words."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    """A choice of numbers."""

    LOW = 1
    HIGH = 2


class Part(pydantic.BaseModel):
    """A part of another."""

    size: int
    note: str | None = None


class Tree(pydantic.BaseModel):
    """It holds itself."""

    value: int
    children: list[Tree] = []


class Cat(pydantic.BaseModel):
    """One of two."""

    kind: Literal["cat"]
    lives: int


class Dog(pydantic.BaseModel):
    """The other."""

    kind: Literal["dog"]
    loud: bool


class Aliased(pydantic.BaseModel):
    """Its names in answers are others."""

    own: int = Field(alias="theirs")
    read: int = Field(validation_alias="given")


class Computed(pydantic.BaseModel):
    """A field follows from another."""

    a: int

    @pydantic.computed_field  # type: ignore[prop-decorator]  # as Pydantic documents it
    @property
    def b(self) -> int:
        """One more."""
        return self.a + 1


class Holder(pydantic.BaseModel, Generic[Item]):
    """It holds whatever it is told."""

    item: Item


class Wrapped(pydantic.RootModel[Part]):
    """Another by itself."""


class Closed(pydantic.BaseModel, extra="forbid", strict=True):
    """It takes nothing else, and nothing near."""

    day: dt.date
    color: Color


@dataclasses.dataclass
class Plain:
    """Of the standard library."""

    a: int
    b: str = "x"
    c: list[int] | None = None


class Keys(TypedDict):
    """It may lack a key."""

    a: int
    b: NotRequired[str]


class One(msgspec.Struct, tag="one"):
    """One of two."""

    a: int


class Two(msgspec.Struct, tag="two"):
    """The other."""

    b: str


class Packed(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """Of msgspec."""

    the_one: One | Two
    price: decimal.Decimal
    at: dt.datetime
    left_out: int | msgspec.UnsetType = msgspec.UNSET


def model(**fields: Any) -> type:
    """A Pydantic model with these fields."""
    made: type = pydantic.create_model("Model", **{name: (kind, ...) for name, kind in fields.items()})  # type: ignore[call-overload]  # its types know no names
    return made


WORKS = [
    (model(a=int | None, b=str | None), ["Int64", "string"]),
    (model(a=int | str, b=int | float, c=Part | str), ["object", "float64", "object"]),
    (
        model(a=Literal["x", "y"], b=Literal[1, 2], c=Literal["x"] | None, d=Literal["x", 1]),
        ["category", "Int64", "category", "object"],
    ),
    (model(a=Color, b=Level, c=Color | None, d=list[Color]), ["category", "Int64", "category", "object"]),
    (model(a=Part, b=list[Part], c=Part | None), ["object"] * 3),
    (Tree, ["Int64", "object"]),
    (
        model(a=Annotated[int, Field(ge=1, le=9)], b=pydantic.PositiveInt, c=Annotated[int, Field(multiple_of=5)]),
        ["Int64"] * 3,
    ),
    (
        model(a=Annotated[str, Field(min_length=1, max_length=5)], b=Annotated[str, Field(pattern="^[0-9]+$")]),
        ["string"] * 2,
    ),
    (
        model(a=Annotated[list[int], Field(min_length=1)], b=set[int], c=tuple[int, int], d=tuple[int, ...]),
        ["object"] * 4,
    ),
    (
        model(a=dt.datetime, b=dt.date, c=dt.time, d=dt.timedelta),
        ["datetime64[us, UTC]", "datetime64[us]", "string", "string"],
    ),
    (model(a=decimal.Decimal, b=Annotated[decimal.Decimal, Field(gt=0, decimal_places=2)] | None), ["float64"] * 2),
    (model(a=uuid.UUID, b=pydantic.HttpUrl, c=pydantic.SecretStr), ["string"] * 3),
    (model(a=Annotated[Cat | Dog, Field(discriminator="kind")], b=list[Cat | Dog]), ["object"] * 2),
    (Aliased, ["Int64"] * 2),
    (Computed, ["Int64"]),
    (Holder[int], ["Int64"]),
    (Holder[Part], ["object"]),
    (Wrapped, ["Int64", "string"]),
    (Closed, ["datetime64[us]", "category"]),
    (Plain, ["Int64", "string", "object"]),
    (Keys, ["Int64", "string"]),
    (Packed, ["object", "string", "datetime64[us, UTC]", "Int64"]),
    (One, ["category", "Int64"]),
]


@pytest.mark.parametrize(("kind", "dtypes"), WORKS)
def test_what_people_write_works(kind: type, dtypes: list[str]) -> None:
    """The schema is strict, a valid answer to it fits the columns, and the class takes it."""
    schema = parse_schema(kind)
    assert list(schema.columns.values()) == dtypes
    assert set(schema.json_schema["required"]) == set(schema.columns)
    content = json.dumps(instance.make(schema.json_schema, "12"))
    assert Answers(schema).decode([content])[2] == {}
    body = {"choices": [{"message": {"content": content}}]}
    objects = Objects(1, schema, kind)
    objects.add(json.dumps({"custom_id": "row-000000000", "response": {"body": body}}).encode())
    (found,) = objects.values()
    assert isinstance(found, dict if kind is Keys else kind)


def test_values_come_back_as_what_they_are() -> None:
    """Moments, ids, decimals and choices are instances again, not texts."""
    kind = model(a=dt.datetime, b=dt.date, c=uuid.UUID, d=decimal.Decimal, e=Color)
    content = json.dumps({"a": MOMENT.isoformat(), "b": str(DATE), "c": str(ID), "d": 1.5, "e": "blue"})
    objects = Objects(1, parse_schema(kind), kind)
    line = {"custom_id": "row-000000000", "response": {"body": {"choices": [{"message": {"content": content}}]}}}
    objects.add(json.dumps(line).encode())
    (found,) = objects.values()
    assert [getattr(found, name) for name in "abcde"] == [MOMENT, DATE, ID, decimal.Decimal("1.5"), Color.BLUE]


FREE = "List its keys as fields, or ask for a list of objects with a key and a value."


@pytest.mark.parametrize(
    ("kind", "what", "todo"),
    [
        (model(a=dict[str, Part]), "Model.a: a dict with any keys, which a strict schema cannot ask for.", FREE),
        (model(a=list[dict[str, Any]]), "Model.a[]: a dict with any keys, which a strict schema cannot ask for.", FREE),
        (model(a=Any), "Model.a: it may be anything.", "Say its type: strict mode asks for one."),
        (model(a=list), "Model.a[]: it may be anything.", "Say its type: strict mode asks for one."),
        (
            model(a=tuple[int, str]),
            "Model.a: strict mode has no tuples of several types.",
            "Use a list, or an object with a field for each place.",
        ),
        (
            parse_schema(model(a=int)).json_schema | {"properties": {"a": {"type": "string", "pattern": "^(?!x)y"}}},
            "Model.a: the pattern looks ahead, behind or back, which no grammar can hold.",
            "Write it without (?=…), (?<=…) and \\1, or leave it out and check the answers.",
        ),
        (
            pydantic.RootModel[list[int]],
            "RootModel_list_int__: it does not describe an object.",
            "An answer is one object: make it a field of a class, or of a schema of type object.",
        ),
        (model(), "Model: it has no fields.", "Give at least one: each becomes a column."),
    ],
)
def test_what_strict_mode_refuses_says_what_to_write(kind: Any, what: str, todo: str) -> None:
    """The first line names the path to the fault, the second the way round it."""
    with pytest.raises(SchemaError) as raised:
        parse_schema(kind)
    assert (raised.value.what, raised.value.todo) == (what, todo)
