from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dw_jupyter.frames.ids import RowIds
from dw_jupyter.frames.metadata import COLUMNS, Metadata

DTYPES = ["string", "string", "Int64", "Int64", "string"]


def line(custom_id: str, body: Any, *, status: int = 200) -> bytes:
    """A result line."""
    return json.dumps({"custom_id": custom_id, "response": {"status_code": status, "body": body}}).encode() + b"\n"


def body(tokens: Any = 3, *, reason: str = "stop", model: str = "m") -> dict[str, Any]:
    """The body of an answer."""
    usage = {"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": 10}
    return {"model": model, "choices": [{"finish_reason": reason}], "usage": usage}


def columns(metadata: Metadata, rows: int, shares: Any = None) -> list[list[Any]]:
    """The rows that the metadata add to an empty frame, None for what is missing; their dtypes are as they must be."""
    frame = metadata.add_to(pd.DataFrame(index=pd.RangeIndex(rows)), shares)
    assert tuple(frame.columns) == COLUMNS
    assert [str(dtype) for dtype in frame.dtypes] == DTYPES
    return [[None if pd.isna(value) else value for value in row] for row in frame.itertuples(index=False)]


def test_what_is_said_beside_answers_stands_in_their_rows() -> None:
    """Rows without an answer have their id alone; the first answer of a row stays, until it is asked again."""
    metadata = Metadata(3, RowIds(["a", "b", "c"]))
    assert columns(metadata, 3) == [["a", *[None] * 4], ["b", *[None] * 4], ["c", *[None] * 4]]
    metadata.add(line("c", body(0, reason="length")) + line("a", body()) + line("a", body(9)) + line("zz", body()))
    metadata.add(line("b", {"error": {"message": "no"}}, status=400))
    assert columns(metadata, 3) == [["a", "stop", 7, 3, "m"], ["b", *[None] * 4], ["c", "length", 7, 0, "m"]]
    metadata.reopen(np.array([2]))
    assert columns(metadata, 3)[2] == ["c", *[None] * 4]
    metadata.add(line("c", body(5, model="n")))
    assert columns(metadata, 3)[2] == ["c", "stop", 7, 5, "n"]


def test_rows_that_share_an_answer_share_what_is_said_of_it() -> None:
    """Each keeps its own id."""
    metadata = Metadata(3)
    metadata.add(line("row-000000001", body()))
    shown = columns(metadata, 3, np.array([1, 1, 2]))
    assert [row[0] for row in shown] == ["row-000000000", "row-000000001", "row-000000002"]
    assert [row[1:] for row in shown] == [["stop", 7, 3, "m"]] * 2 + [[None] * 4]


@pytest.mark.parametrize(
    ("odd", "expected"),
    [
        (body(None), ["stop", 7, None, "m"]),
        (body(3.0), ["stop", 7, 3, "m"]),
        (json.dumps(body()), ["stop", 7, 3, "m"]),
        ({"choices": [{}]}, [None, None, None, None]),
        (body(float("nan")), [None] * 4),
        (body(10**30), [None] * 4),
        (body(-1), [None] * 4),
        ("no json", [None] * 4),
        ([1], [None] * 4),
    ],
)
def test_odd_lines_cost_the_others_nothing(odd: Any, expected: list[Any]) -> None:
    """What other servers write, or break, is read as far as it goes."""
    metadata = Metadata(2)
    metadata.add(line("row-000000000", odd) + b"broken\n\n" + line("row-000000001", body(1)))
    assert [row[1:] for row in columns(metadata, 2)] == [expected, ["stop", 7, 1, "m"]]
