from __future__ import annotations

import json

import pandas as pd
import pytest

from dw_jupyter.errors import OptionError, TemplateError
from dw_jupyter.frames.results import Results
from dw_jupyter.frames.schema import parse_schema
from dw_jupyter.frames.spread import spread

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "address": {
            "type": ["object", "null"],
            "properties": {
                "city": {"type": "string"},
                "zip": {"type": ["integer", "null"]},
                "since": {"type": "string", "format": "date"},
                "geo": {
                    "anyOf": [{"type": "object", "properties": {"lat": {"type": "number"}}}, {"type": "null"}],
                },
            },
        },
        "tags": {"type": "array", "items": {"type": "string"}},
        "orders": {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}},
    },
}
INDEX = pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2), ("c", 3)], names=["k", None])


def answers() -> pd.DataFrame:
    """A job's frame with nested answers, null ones, lists, and a row that failed."""
    given = [
        {"name": "A", "address": {"city": "X", "zip": 7, "since": "2026-01-02", "geo": {"lat": 1.0}},
         "tags": ["p", "q"], "orders": [{"id": 1}, {"id": 2}]},
        {"name": "B", "address": None, "tags": [], "orders": []},
        {"name": "C", "address": {"city": "Y", "zip": None, "since": "2026-01-03", "geo": None},
         "tags": ["r"], "orders": [{"id": 3}]},
    ]  # fmt: skip
    results = Results(4, parse_schema(SCHEMA))
    for row, answer in enumerate(given):
        content = {"choices": [{"message": {"content": json.dumps(answer)}, "finish_reason": "stop"}]}
        line = {"custom_id": f"row-{row:09}", "response": {"status_code": 200, "body": content}}
        assert results.add(json.dumps(line).encode() + b"\n") == 1
    assert results.completed == 3
    frame = results.frame(INDEX)
    frame.attrs["dw_jupyter"] = {"job": "x"}
    return frame


def test_nested_objects_become_columns() -> None:
    """A column a field with the dtype it would have at the top; the rest, index and attributes stay."""
    frame = answers()
    spread_out = spread(frame)
    fields = ["address.city", "address.zip", "address.since", "address.geo.lat"]
    assert list(spread_out.columns) == ["name", *fields, "tags", "orders", "dw_status", "dw_error"]
    dtypes = [str(spread_out[field].dtype) for field in fields]
    assert dtypes == ["string", "Int64", "datetime64[us]", "float64"]
    assert spread_out["address.zip"].tolist() == [7, pd.NA, pd.NA, pd.NA]
    assert spread_out["address.city"].isna().tolist() == [False, True, False, True]
    assert spread_out.index.equals(INDEX)
    assert spread_out.attrs == frame.attrs
    rest = ["name", "tags", "orders", "dw_status", "dw_error"]
    pd.testing.assert_frame_equal(spread_out[rest], frame[rest])
    pd.testing.assert_frame_equal(spread(spread_out), spread_out)


def test_lists_become_rows_by_pandas_and_their_objects_columns() -> None:
    """``explode`` repeats the index labels; a row without items keeps one row."""
    orders = spread(answers()[["name", "orders"]].explode("orders"))
    assert list(orders.columns) == ["name", "orders.id"]
    assert orders["orders.id"].tolist() == [1, 2, pd.NA, 3, pd.NA]
    assert orders.index.tolist() == [("a", 1), ("a", 1), ("a", 1), ("b", 2), ("c", 3)]


def test_awkward_values_are_spread_as_they_are() -> None:
    """Mixed types, numbers beyond 64 bits and empty objects stay objects; an empty frame stays empty."""
    frame = pd.DataFrame({0: [{"x": 1, "y": 2**70, "z": {}}, {"x": "one", "y": 1, "z": {}}, None]})
    spread_out = spread(frame)
    assert spread_out["0.x"].tolist() == [1, "one", None]
    assert spread_out["0.y"].tolist() == [2**70, 1, None]
    assert spread_out["0.z"].tolist() == [{}, {}, None]
    assert spread(frame[:0]).shape == (0, 1)
    only_missing = frame[2:]
    pd.testing.assert_frame_equal(spread(only_missing, 0), only_missing)
    mixed = pd.DataFrame({"u": [{"k": 1}, "plain"], "v": [[{"k": 1}], {"k": 2}], "w": [{"k": "a"}, {"k": 1}]})
    assert list(spread(mixed).columns) == ["u", "v", "w.k"], "nothing is lost where other values are beside objects"
    assert spread(mixed[:1].astype({"u": object}), "u")["u.k"].tolist() == [1]
    assert spread(pd.DataFrame({"u": pd.Series([None, "x"], dtype=object)})[["u"]])["u"].dtype == object


def test_what_cannot_be_spread_is_said() -> None:
    """No such column, and a name that is taken."""
    with pytest.raises(TemplateError, match='There is no column "adress"'):
        spread(answers(), "adress")
    with pytest.raises(OptionError, match=r'There is a column "address\.city" already'):
        spread(answers().assign(**{"address.city": 1}))
    with pytest.raises(OptionError, match=r'There is a column "u\.a\.b" already'):
        spread(pd.DataFrame({"u": [{"a": {"b": 1}, "a.b": 2}]}))
    with pytest.raises(OptionError, match=r'The column "tags" holds a value of type list, which cannot be spread\.'):
        spread(answers(), "tags")
    with pytest.raises(OptionError, match=r"Columns to spread are named one by one\."):
        spread(answers(), ["address"])  # type: ignore[arg-type]  # that is the test
