from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.frames.index import load_index, save_index

NAMES = st.one_of(st.none(), st.text(max_size=4), st.integers(0, 9))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
MOMENT = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1))  # noqa: DTZ001 - indexes without a zone too
LEVELS: list[st.SearchStrategy[Any]] = [TEXT, st.integers(-(2**63), 2**63 - 1), st.booleans(), MOMENT, st.floats()]


def again(index: pd.Index) -> pd.Index:
    """The index, written and read."""
    with TemporaryDirectory() as folder:
        save_index(index, Path(folder) / "index.parquet")
        assert [path.name for path in Path(folder).iterdir()] == ["index.parquet"]
        return load_index(Path(folder) / "index.parquet")


def assert_same(one: pd.Index, other: pd.Index) -> None:
    """Equal labels, names, class and dtypes."""
    assert one.equals(other)
    assert one.names == other.names
    assert type(one) is type(other)
    assert one.dtype == other.dtype
    if isinstance(one, pd.MultiIndex) and isinstance(other, pd.MultiIndex):
        assert [level.dtype for level in one.levels] == [level.dtype for level in other.levels]


@st.composite
def indexes(draw: st.DrawFn) -> pd.Index:
    """A flat or multi-level index with doubles and names."""
    length = draw(st.integers(1, 5))
    kinds = draw(st.lists(st.sampled_from(LEVELS), min_size=1, max_size=3))
    levels = [pd.Index(draw(st.lists(kind, min_size=length, max_size=length))) for kind in kinds]
    names = [draw(NAMES) for _ in levels]
    return levels[0].rename(names[0]) if len(levels) == 1 else pd.MultiIndex.from_arrays(levels, names=names)


@given(indexes())
def test_any_index_comes_back(index: pd.Index) -> None:
    """An index of texts, numbers, truth values or moments comes back equal, with its names and dtypes."""
    assert_same(again(index), index)


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(10, 0, -3, name="n"),
        pd.RangeIndex(0),
        pd.date_range("2024-03-30", periods=3, tz="Europe/Paris"),
        pd.DatetimeIndex(["2024-01-01", None]).as_unit("s"),
        pd.timedelta_range("1s", periods=2),
        pd.period_range("2024-01", periods=2, freq="M"),
        pd.interval_range(0, 2),
        pd.CategoricalIndex(["b", "a", "b"], ["b", "a"]),
        pd.Index([1, None], dtype="Int64"),
        pd.Index(["a"], dtype="string"),
        pd.Index([1, 2], dtype="uint8"),
        pd.Index([1, 2], dtype=object),
        pd.Index([b"a", b"\xff"]),
        pd.Index([dt.date(2024, 1, 1)]),
        pd.MultiIndex.from_tuples([("a", 1), ("a", 1), ("b", 2)], names=["k", None]),
    ],
    ids=lambda index: str(index.dtype),
)
def test_special_indexes_come_back(index: pd.Index) -> None:
    """Ranges, zones, periods, intervals, categories and extension dtypes come back with their dtypes."""
    assert_same(again(index), index)


@pytest.mark.parametrize(
    ("labels", "text"),
    [
        ([1, "a", None], ["1", "a", "None"]),
        ([(1, 2), (3, 4)], ["(1, 2)", "(3, 4)"]),
        ([2**70, 1], [str(2**70), "1"]),
        (["\ud800", "b"], ["\\ud800", "b"]),
    ],
)
def test_what_parquet_cannot_hold_becomes_text(labels: list[Any], text: list[str]) -> None:
    """Labels of mixed or odd types come back as text, one for each row."""
    index = pd.Index(labels, dtype=object, tupleize_cols=False)
    assert again(index).tolist() == text


def test_a_range_costs_nothing(tmp_path: Path) -> None:
    """A RangeIndex of a billion rows is a small file; another file is refused."""
    save_index(pd.RangeIndex(10**9), tmp_path / "index.parquet")
    assert (tmp_path / "index.parquet").stat().st_size < 2000
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(ValueError, match="holds no index"):
        load_index(tmp_path / "other.parquet")
