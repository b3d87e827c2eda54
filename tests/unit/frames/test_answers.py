from __future__ import annotations

import json
from typing import Any

import pytest

from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.schema import parse_schema

TEXT, WHOLE = {"type": "string"}, {"type": "integer"}


def one_of(*options: dict[str, Any], **beside: object) -> dict[str, Any]:
    """A schema of options."""
    return {"anyOf": list(options), **beside}


def of(**fields: dict[str, Any]) -> dict[str, Any]:
    """An object."""
    return {"type": "object", "properties": fields}


def listed(item: dict[str, Any]) -> dict[str, Any]:
    """A list."""
    return {"type": "array", "items": item}


ADDRESS = {**TEXT, "format": "email", "maxLength": 9}
OPTIONS: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": ["integer", "number"]}, [1, 0.5], ["1", None, True]),
    (one_of({**WHOLE, "minimum": 0}, {"type": "number", "maximum": -1}), [3, -1.5, 4.0], [0.5, -0.5, "x"]),
    (one_of({**TEXT, "pattern": "^a"}, {**TEXT, "format": "uuid"}), ["ab"], ["b", 1]),
    (ADDRESS, ["a@b"], ["a", "a@b.example"]),
    (one_of({**TEXT, "maxLength": 1}, {"enum": ["long", None]}), ["x", "long", None], ["other"]),
    (one_of({"enum": ["a", None]}, {"enum": ["b", 2]}), ["a", "b", 2, None], ["c", True]),
    (one_of(listed(TEXT), listed(WHOLE)), [["x"], [1]], [["x", 1], "x"]),
    (one_of(TEXT, listed(TEXT), maxLength=2), ["xx", ["xxx"]], ["xxx"]),
    (
        one_of(of(x=WHOLE), of(x=WHOLE, y={"type": "null"}), of(x=TEXT)),
        [{"x": 1}, {"x": 1, "y": None}, {"x": "a"}],
        [{"x": None}, {"y": None}, {}, "x"],
    ),
]


@pytest.mark.parametrize(("node", "good", "bad"), OPTIONS)
def test_options_of_one_kind_are_told_apart(node: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    """A value is of one of the options and keeps all of its fields; what is of none is a misfit."""
    answers = Answers(parse_schema({"type": "object", "properties": {"a": node}}))
    (values,), places, misfits = answers.decode([json.dumps({"a": value}) for value in [*good, *bad]])
    assert (values, places) == (good, list(range(len(good))))
    assert all(reason.startswith("a: ") for reason in misfits.values())


def test_numbers_of_both_kinds_are_a_column_of_numbers() -> None:
    """An int or a float is a float, as a list of types and as options."""
    options = {"anyOf": [{"type": "integer"}, {"type": "number", "title": "B"}, {"type": "null"}]}
    spec = {"type": "object", "properties": {"a": {"type": ["integer", "number"]}, "b": options}}
    assert parse_schema(spec).columns == {"a": "float64", "b": "float64"}


def test_what_a_schema_holds_of_itself_is_checked_as_deep_as_answers_go() -> None:
    """A value far inside a tree is a misfit, with its path."""
    node = of(value=WHOLE, children=listed({"$ref": "#/$defs/node"}))
    spec = {"$ref": "#/$defs/node", "$defs": {"node": node}}
    tree = {"value": 1, "children": [{"value": 2, "children": [{"value": "x", "children": []}]}]}
    _, _, misfits = Answers(parse_schema(spec)).decode([json.dumps(tree)])
    assert misfits == {0: "children[0].children[0].value: Expected `int`, got `str`"}
