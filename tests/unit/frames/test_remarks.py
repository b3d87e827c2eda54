from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dw_jupyter.frames.remarks import remark_length, remark_room, shortest
from dw_jupyter.frames.schema import parse_schema
from dw_jupyter.local import instance
from tests.unit.frames.test_features import WORKS, Tree


def lengths(*bytes_of: int) -> tuple[Any, pd.Index]:
    """Requests of these lengths, and their labels."""
    return np.array(bytes_of, dtype=np.uint32), pd.Index([f"r{row}" for row in range(len(bytes_of))])


@pytest.mark.parametrize(
    "of", [(100,), (100, 39_999), (39_999,) * 3, (100_000,) * 5, (3_000, 3_000, 59_000), (399_999, 100_000)]
)
def test_usual_lengths_are_passed_over(of: tuple[int, ...]) -> None:
    """Short requests, and long ones among long ones, need no word."""
    assert remark_length(*lengths(*of)) == ""


def test_a_request_out_of_line_is_named() -> None:
    """Its row, its length, and that of the others; one that is very long by itself is named without them."""
    assert remark_length(*lengths(900, 182_400, 800, 1_000)) == (
        "The longest request, that of row 1 (index 'r1'), is 182 kB, some 46,000 tokens; should the model take less, it"
        " fails. Half of the rows stay below 0.9 kB."
    )
    assert remark_length(*lengths(500_000, 400_000)) == (
        "The longest request, that of row 0 (index 'r0'), is 500 kB, some 120,000 tokens; should the model take less,"
        " it fails."
    )


@pytest.mark.parametrize(
    ("schema", "body", "length"),
    [
        ("a", {}, None),
        (None, {"max_tokens": 1}, None),
        ("sentiment: positive|negative", {"max_tokens": 6}, None),
        ("sentiment: positive|negative", {"max_tokens": 5}, '{"sentiment":"positive"}'),
        ("a, b date", {"max_completion_tokens": 4}, '{"a":"","b":"2024-01-01"}'),
        ("a str[], b int?", {"max_tokens": 3}, '{"a":[],"b":1}'),
    ],
)
def test_too_few_tokens_for_the_schema_are_said(schema: str | None, body: dict[str, Any], length: str | None) -> None:
    """Only where not even the shortest answer would fit."""
    said = remark_room(parse_schema(schema) if schema else None, body)
    if length is None:
        assert said == ""
    else:
        ((name, tokens),) = body.items()
        what = f"the shortest answer that fits the schema has {len(length)} characters"
        assert said == f"{name}={tokens} is likely too few: {what}."


@pytest.mark.parametrize("kind", [kind for kind, _ in WORKS])
def test_no_answer_is_shorter(kind: type) -> None:
    """What is called the shortest is no longer than an answer that fits, and not much shorter than it need be."""
    schema = parse_schema(kind).json_schema
    made = json.dumps(instance.make(schema, ""), separators=(",", ":"), ensure_ascii=False)
    assert 2 < shortest(schema) <= len(made)


def test_what_holds_itself_has_an_end() -> None:
    """A tree without branches is the shortest."""
    assert shortest(parse_schema(Tree).json_schema) == len('{"value":1,"children":[]}')
