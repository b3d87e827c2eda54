from __future__ import annotations

import datetime as dt
import string
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.errors import InputError
from dw_jupyter.frames.given_ids import take_ids
from dw_jupyter.frames.ids import BY_POSITION, RowIds

VISIBLE = string.ascii_letters + string.digits + string.punctuation


def ids_of(values: Any, **options: Any) -> list[str]:
    """The ids that a column of these values gives."""
    frame = pd.DataFrame({"key": values}, **options)
    return list(take_ids(frame, "key").names(len(frame)))


@pytest.mark.parametrize(
    ("values", "ids"),
    [
        (["a1", 'say "hi"\\'.replace(" ", "-"), "~!"], ["a1", 'say-"hi"\\', "~!"]),
        (np.array([3, -1, 20], dtype=np.int8), ["3", "-1", "20"]),
        (pd.array([3, 4], dtype="Int64"), ["3", "4"]),
        ([3.0, 4.5], ["3", "4.5"]),
        ([1, "x", Decimal("1.50")], ["1", "x", "1.50"]),
        (pd.Categorical(["b", "a"]), ["b", "a"]),
        ([dt.date(2026, 1, 2), dt.date(2026, 1, 3)], ["2026-01-02", "2026-01-03"]),
        (pd.to_datetime(["2026-01-02 03:04"]).tz_localize("UTC"), ["2026-01-02T03:04:00+00:00"]),
        ([uuid.UUID(int=7)], ["00000000-0000-0000-0000-000000000007"]),
        (["x" * 64], ["x" * 64]),
    ],
)
def test_values_become_ids(values: Any, ids: list[str]) -> None:
    """Text stays, numbers lose the point of whole ones, dates and the like are written as usual."""
    assert ids_of(values) == ids


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (["a", None, "b"], 'The id column "key" has no value in row 1.'),
        (["a", "b", "a"], "The id 'a' is that of row 0 and row 2."),
        ([1, "1"], "The id '1' is that of row 0 and row 1."),
        (["a", ""], "The id of row 1 is empty."),
        (["x" * 65], f"The id of row 0 is 65 bytes: '{'x' * 38}…."),
        (["a b"], "The id of row 0 is 'a b'."),
        (["a", "é"], "The id of row 1 is 'é'."),
        (["a\n"], "The id of row 0 is 'a\\n'."),
        (pd.Series(["\ud800"], dtype=object), "The id of row 0 is '\\ud800'."),
        ([[1], [2]], "The id of row 0 is of type list."),
        ([b"a"], "The id of row 0 is of type bytes."),
    ],
)
def test_what_is_no_id_is_named_with_its_row(values: Any, what: str) -> None:
    """A missing, empty, doubled, long or odd id is an error that names the row and the value."""
    with pytest.raises(InputError) as raised:
        ids_of(values)
    assert raised.value.what == what
    assert raised.value.todo


def test_the_label_of_the_row_is_said() -> None:
    """Where the index is not the position, both are named."""
    with pytest.raises(InputError, match=r"is that of row 0 \(index 'p'\) and row 1 \(index 'q'\)"):
        ids_of(["a", "a"], index=["p", "q"])


@given(st.lists(st.text(VISIBLE, min_size=1, max_size=64), unique=True, min_size=1, max_size=50), st.randoms())
def test_rows_are_found_by_ids(given_ids: list[str], chance: Any) -> None:
    """Every id finds its row, whatever the order; ids of nobody, and None, find none."""
    ids = RowIds(given_ids)
    order = list(range(len(given_ids)))
    chance.shuffle(order)
    asked: list[str | None] = [given_ids[row] for row in order]
    strange = [one for one in ("row-000000000", "", None) if one not in given_ids]
    assert ids.locate([*asked, *strange]).tolist() == [*order, *[-1] * len(strange)]
    assert [ids.name(row) for row in order] == asked
    assert list(ids.names(len(given_ids))) == given_ids


def test_an_id_that_occurs_twice_means_its_first_row() -> None:
    """Ids that somebody else gave may repeat."""
    assert RowIds(["a", "b", "a", "b"]).locate(["b", "a"]).tolist() == [1, 0]
    assert list(BY_POSITION.names(2)) == ["row-000000000", "row-000000001"]
