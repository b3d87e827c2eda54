from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dw_jupyter.errors import OptionError, SourceError
from dw_jupyter.frames.cells import row_words
from dw_jupyter.frames.requests import RequestForm, preview_requests
from dw_jupyter.frames.results import Results
from dw_jupyter.frames.source import read_source
from dw_jupyter.frames.template import Template

FRAME = pd.DataFrame({"text": ["a", "b", "c"], "n": [1, 2, 3]})


@pytest.mark.parametrize("kind", ["frame", "list", "arrow", ".csv", ".parquet", ".jsonl"])
def test_every_kind_of_table_gives_the_same_frame(kind: str, tmp_path: Path) -> None:
    """A frame, a list of dicts, an Arrow table and the three file types all give the same cells."""
    path = tmp_path / f"table{kind}"
    source: object = str(path)
    match kind:
        case "frame":
            source = FRAME
        case "list":
            source = FRAME.to_dict("records")
        case "arrow":
            source = pa.table({"text": ["a", "b", "c"], "n": [1, 2, 3]})
        case ".csv":
            FRAME.to_csv(path, index=False)
        case ".parquet":
            pq.write_table(pa.table({"text": ["a", "b", "c"], "n": [1, 2, 3]}), path)
        case ".jsonl":
            path.write_text('{"text": "a", "n": 1}\n\n{"text": "b", "n": 2}\n{"text": "c", "n": 3}')
    assert read_source(source).to_dict("records") == FRAME.to_dict("records")
    assert read_source(source, limit=2).to_dict("records") == FRAME.head(2).to_dict("records")


def test_a_list_of_texts_is_a_column_of_values() -> None:
    """It is called as that of a Series without a name is."""
    texts = ["a", "", "😀"]
    pd.testing.assert_frame_equal(read_source(texts), read_source(pd.Series(texts)))
    assert read_source(texts).to_dict("list") == {"value": texts}
    assert read_source(["a", None, float("nan")])["value"].isna().tolist() == [False, True, True]


def test_half_of_a_surrogate_pair_and_numpy_numbers_are_taken_as_they_are(tmp_path: Path) -> None:
    """What pandas and Arrow cannot hold stays as it is given; NumPy's numbers are those that they are written as."""
    half = "a\ud800"
    path = tmp_path / "half.jsonl"
    path.write_text(json.dumps({"value": half}))
    for source in ([half], [{"value": half}], str(path)):
        assert read_source(source)["value"].tolist() == [half]
    rows = [{"n": np.int64(3), "x": np.float32(0.3)}, {"n": np.nan, "x": 1.5}]
    asked = RequestForm(template=Template("{{ n }} {{ x }}"), on_missing="blank")
    written = preview_requests(asked, read_source(rows), 2)
    assert [line["body"]["messages"][0]["content"] for line in written] == ["3 0.3", "1.5"]


def test_a_header_of_one_column_may_hold_any_sign_and_no_name_stands_twice(tmp_path: Path) -> None:
    """It is another separator where the values have it too; pandas would call the second of two equal names a.1."""
    path = tmp_path / "one.csv"
    path.write_text("What do you like? A|B\nA\n")
    assert read_source(str(path)).to_dict("list") == {"What do you like? A|B": ["A"]}
    for text, why in (("a|b\n1|2\n", "has the one column"), ("a,b,a\n1,2,3\n", 'more than one column "a"')):
        path.write_text(text)
        with pytest.raises(SourceError, match=why):
            read_source(str(path))
    path.write_text("a,,\n1,2,3\n")
    assert read_source(str(path)).shape == (1, 3)


GROWING = [
    {"whole": 1, "some": 1, "sure": True, "code": "007", "when": dt.date(2026, 1, 1)},
    {"whole": 2, "some": 2, "sure": False, "code": "008", "when": dt.date(2026, 1, 2)},
    {"whole": 2.5, "some": None, "sure": None, "code": "x", "when": None, "late": "z"},
]


@pytest.mark.parametrize("kind", ["list", "arrow", "polars", ".csv", ".parquet", ".jsonl"])
def test_a_limit_changes_no_request(kind: str, tmp_path: Path) -> None:
    """The first rows ask by themselves what they ask in the whole, byte for byte, whatever comes later in a column."""
    path = tmp_path / f"table{kind}"
    source: object = path
    match kind:
        case "list":
            source = GROWING
        case "arrow":
            source = pa.Table.from_pylist(GROWING, pa.Table.from_pylist(GROWING[::-1]).schema)
        case "polars":
            source = pl.DataFrame(GROWING, strict=False)
        case ".csv":
            pd.DataFrame(GROWING, dtype=object).to_csv(path, index=False)
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(GROWING, pa.Table.from_pylist(GROWING[::-1]).schema), path)
        case ".jsonl":
            path.write_text("\n".join(json.dumps(row, default=str) for row in GROWING))
    asked = RequestForm(
        template=Template(
            "{{ whole }} {{ some }} {{ sure }} {{ code }} {{ when }} {% for key in row %}{{ key }},{% endfor %}"
        ),
        body={"model": "m"},
        per_row={"seed": "some"},
    )
    whole = preview_requests(asked, read_source(source).head(2), 2)
    assert [json.dumps(line) for line in preview_requests(asked, read_source(source, limit=2), 2)] == [
        json.dumps(line) for line in whole
    ]
    assert whole[0]["body"]["messages"][0]["content"] == ("1.0 1 True 007 2026-01-01 whole,some,sure,code,when,late,")


def test_a_polars_frame_asks_what_a_pandas_frame_asks() -> None:
    """Text, numbers, dates, categories, lists and what is missing are written alike, from either."""
    moments = [dt.datetime(2026, 1, 1, 12, 30, tzinfo=dt.UTC), dt.datetime(2026, 3, 29, tzinfo=dt.UTC)]
    values: dict[str, list[Any]] = {
        "text": ["a", "😀\u2028"], "n": [12345678901234567, 2], "x": [1.0, 0.1], "yes": [True, False],
        "day": [dt.date(2026, 1, 1), dt.date(2026, 1, 2)], "at": moments, "words": [["a"], []],
        "part": [{"a": 1}, {"a": 2}], "kind": ["u", "v"], "gap": [3, None],
    }  # fmt: skip
    kinds = {"gap": "Int64", "kind": "category"}
    prompt = "".join(f"{{{{ {name} }}}}|" for name in values)
    asked = RequestForm(template=Template(prompt), on_missing="blank", per_row={"seed": "n"})
    in_pandas = preview_requests(asked, read_source(pd.DataFrame(values).astype(kinds)), 2)
    in_polars = preview_requests(asked, read_source(pl.DataFrame(values, schema_overrides={"kind": pl.Categorical})), 2)
    assert in_polars == in_pandas
    assert in_polars[0]["body"]["messages"][0]["content"].startswith("a|12345678901234567|1.0|True|2026-01-01|")


def test_a_limit_reads_no_more_of_a_parquet_file_than_it_needs(tmp_path: Path) -> None:
    """Damage behind the rows that are asked for does not matter, and they keep their labels."""
    path = tmp_path / "table.parquet"
    table = pd.DataFrame({"n": range(10_000)}, index=pd.RangeIndex(5, 20_005, 2, name="k"))
    pq.write_table(pa.Table.from_pandas(table), path, row_group_size=1000)
    second = pq.read_metadata(path).row_group(1).column(0)
    start = second.dictionary_page_offset or second.data_page_offset
    content = path.read_bytes()
    path.write_bytes(content[:start] + b"\0" * 1000 + content[start + 1000 :])
    frame = read_source(path, limit=3)
    assert (frame["n"].tolist(), list(frame.index), frame.index.name) == ([0, 1, 2], [5, 7, 9], "k")
    with pytest.raises(SourceError, match="could not be read"):
        read_source(path)


def test_a_column_of_text_is_text_from_its_first_row_on(tmp_path: Path) -> None:
    """A text far down in a CSV file does not come too late for the digits above it."""
    path = tmp_path / "table.csv"
    path.write_text("code\n" + "007\n" * 300_000 + "x\n")
    assert set(read_source(path)["code"]) == {"007", "x"}


def test_a_source_is_a_snapshot_that_keeps_its_index() -> None:
    """Changing the source later changes nothing; a multi-level index with doubles and odd column names stay."""
    index = pd.MultiIndex.from_tuples([("a", 1), ("a", 1)], names=["k", None])
    source = pd.DataFrame({"te xt": ["x", "y"], 2020: [1, 2]}, index=index)
    frame = read_source(source)
    source.iloc[0, 0] = "changed"
    source[2020] += 1
    assert frame["te xt"].tolist() == ["x", "y"]
    assert frame[2020].tolist() == [1, 2]
    assert frame.index.equals(index)


def test_what_the_cells_hold_is_copied_too() -> None:
    """Lists, dicts and arrays in cells are a snapshot, however deep; other values stay what they are."""
    deep: dict[str, Any] = {"list": [1, {"set": {2}}], "array": np.array([3])}
    moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    for source in ([{"x": deep, "y": moment}], pd.DataFrame({"x": [deep], "y": [moment]}, index=["same"])):
        frame = read_source(source)
        expected = copy.deepcopy(deep)
        deep["list"][1]["set"].add(4)
        deep["array"][0] = 5
        deep["more"] = 6
        assert frame["x"].tolist()[0] == expected
        assert frame["y"].tolist() == [moment]
        deep.clear()
        deep.update(expected)


@pytest.mark.parametrize("kind", ["list", ".jsonl", ".csv", ".parquet"])
def test_whole_numbers_beside_missing_ones_stay_whole(kind: str, tmp_path: Path) -> None:
    """A prompt says 3 and not 3.0, and long numbers keep their last digits."""
    rows = [{"n": 3, "f": 1.5}, {"n": None, "f": None}, {"n": 12345678901234567, "f": 2.0}]
    path = tmp_path / f"table{kind}"
    match kind:
        case ".jsonl":
            path.write_text("\ufeff" + "\n".join(map(json.dumps, rows)) + '\n{"n": NaN}')
        case ".csv":
            path.write_text("n,f\n3,1.5\n,\n12345678901234567,2.0")
        case ".parquet":
            pq.write_table(pa.Table.from_pylist(rows), path)
    frame = read_source(rows if kind == "list" else path)
    rendered = Template("{{ row.n }}, {{ row.f }}").render(frame.dropna())
    assert [messages[0]["content"] for messages in rendered] == ["3, 1.5", "12345678901234567, 2.0"]
    assert frame["n"].isna().tolist()[:3] == [False, True, False]


def test_a_whole_number_may_be_of_any_length() -> None:
    """One that no column type holds is still written with all its digits."""
    assert read_source([{"n": 10**400}, {"n": 1}])["n"].tolist() == [10**400, 1]


def test_a_comma_at_the_end_of_each_row_shifts_no_column(tmp_path: Path) -> None:
    """Empty values beyond the header of a CSV are passed over, and never become the index."""
    path = tmp_path / "table.csv"
    path.write_text("id,title,text\n1,A,good,\n2,B,bad,\n")
    rows = [{"id": 1, "title": "A", "text": "good"}, {"id": 2, "title": "B", "text": "bad"}]
    assert read_source(path).to_dict("records") == rows
    assert read_source(path, limit=1).to_dict("records") == rows[:1]


INDEXES: dict[str, pd.Index] = {
    "levels": pd.MultiIndex.from_arrays(
        [pd.Categorical(["a", "a", "b"]), pd.date_range("2026", periods=3, tz="UTC"), [1.5, None, 2]],
        names=["c", None, ("t", 1)],
    ),
    "doubles": pd.Index(["a", "a", "b"]),
    "mixed": pd.Index([1, "a", None], dtype=object),
    "tuples": pd.Index([(1, 2), (1, 2), "x"], tupleize_cols=False),
    "dates": pd.DatetimeIndex(["2026-01-01", None, "2026-01-03"]),
    "zones": pd.date_range("2026-03-29", periods=3, tz="Europe/Berlin", freq="h"),
    "periods": pd.period_range("2026-01", periods=3, freq="M"),
    "spans": pd.to_timedelta([1, 2, 3], unit="h"),
    "categories": pd.CategoricalIndex(["a", None, "a"], categories=["z", "a"], ordered=True),
    "intervals": pd.interval_range(0, 3),
    "nullable": pd.Index([1, None, 3], dtype="Int64"),
    "bytes": pd.Index([b"a", b"b", b"b"]),
    "backwards": pd.RangeIndex(6, 0, -2),
}


@pytest.mark.parametrize("name", INDEXES)
def test_any_index_stays(name: str) -> None:
    """The snapshot and the frame of answers have the source's index, whatever it is, and every row can be named."""
    index = INDEXES[name]
    frame = read_source(pd.DataFrame({"text": ["x", "y", "z"]}, index=index))
    for found in (frame.index, Results(3).frame(frame.index).index):
        assert found.equals(index)
        assert list(found.names) == list(index.names)
    assert [messages[0]["content"] for messages in Template("{{ text }}").render(frame)] == ["x", "y", "z"]
    assert all(row_words(index, row).startswith(f"row {row}") for row in range(3))


def test_the_label_of_a_row_is_written_as_a_person_would() -> None:
    """Moments within the labels of several levels are dates, and no calls of a constructor."""
    assert row_words(INDEXES["levels"], 0) == "row 0 (index ('a', 2026-01-01T00:00:00+00:00, 1.5))"


NAMES = ["my text", "😀", "class", "for", "true", "None", "loop", "self", "row", "items", "get", "caller", "__class__"]
ODD_NAMES = ["a.b", 'a"b', "a'b", "a\nb", "", "{{", "{% x %}", "user:", "\nsystem:\n", 0, 1.5, True, ("a", "x"), None]


@pytest.mark.parametrize("name", [*NAMES, *ODD_NAMES])
def test_any_column_name_is_reached(name: Hashable) -> None:
    """``row[…]`` reaches a column of any name, and a loop over the row gives every name and value as text."""
    frame = pd.DataFrame([["v", "w"]])
    frame.columns = pd.Index([name, "other"], dtype=object, tupleize_cols=False)
    literal = json.dumps(name, ensure_ascii=False) if isinstance(name, str) else repr(name)
    prompt = (
        f"{{{{ row[{literal}] }}}}|{{% for key, value in row.items() %}}{{{{ key }}}}={{{{ value }}}};{{% endfor %}}"
    )
    (messages,) = Template(prompt).render(read_source(frame))
    assert messages == [{"role": "user", "content": f"v|{name}=v;other=w;"}]


def test_a_series_is_one_column() -> None:
    """A Series gives a column of its name, or ``value``."""
    assert list(read_source(pd.Series(["a"], name="text")).columns) == ["text"]
    assert list(read_source(pd.Series(["a"])).columns) == ["value"]


def test_integers_beside_missing_values_stay_integers() -> None:
    """An Arrow column of integers with a null does not turn into floats."""
    assert read_source(pa.table({"n": [1, None]}))["n"].tolist() == [1, None]


TABLES = (
    "Give a DataFrame, a Series, a list of dicts or texts, an Arrow or Polars table, "
    "or a .csv, .parquet or .jsonl path."
)
ONE = "Give a table with at least one row"


@pytest.mark.parametrize(
    ("source", "what", "todo"),
    [
        (3, "The source is not a table: it is of type int.", TABLES),
        (None, "The source is not a table: it is None.", TABLES),
        ([{"a": 1}, 2], "The source is not a table: it is a list that holds dict and int.", TABLES),
        (["a", 2], "The source is not a table: it is a list that holds str and int.", TABLES),
        (
            ({"a": n} for n in range(2)),
            "The source is not a table: it is of type generator.",
            "Make a list of it: list(…).",
        ),
        (pa.array([1]), None, TABLES),
        ([], "The source has no rows.", f"{ONE}."),
        (pd.DataFrame({"a": []}), "The source has no rows.", f"{ONE}."),
        (pd.DataFrame(index=[1]), "The source has no columns.", "Give a table with at least one row and one column."),
        (
            pd.DataFrame([[1, 2]], columns=["a", "a"]),
            'The source has more than one column "a".',
            "Rename one of them.",
        ),
        ("nothing.csv", 'There is no file "nothing.csv".', "Check the path: it counts from the notebook's folder."),
        ("nothing.txt", '"nothing.txt" is not a table.', TABLES),
    ],
)
def test_what_is_no_table_is_said_in_two_lines(source: object, what: str | None, todo: str) -> None:
    """Each wrong source is a SourceError with these two lines."""
    with pytest.raises(SourceError) as caught:
        read_source(source)
    assert caught.value.todo == todo
    assert what is None or caught.value.what == what


def test_a_broken_file_says_where(tmp_path: Path) -> None:
    """A broken line of a JSONL file is named; an empty CSV file has no rows; a limit is 1 or more."""
    (tmp_path / "bad.jsonl").write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(SourceError, match=r'bad\.jsonl" could not be read: line 2'):
        read_source(tmp_path / "bad.jsonl")
    (tmp_path / "empty.csv").touch()
    with pytest.raises(SourceError, match=r"no rows"):
        read_source(tmp_path / "empty.csv")
    (tmp_path / "bad.parquet").write_text("no")
    with pytest.raises(SourceError, match=r"could not be read"):
        read_source(tmp_path / "bad.parquet")
    with pytest.raises(OptionError, match=r"The limit is 0"):
        read_source(FRAME, limit=0)


def test_a_sample_is_the_same_on_every_machine() -> None:
    """The same seed picks the same rows, in the source's order; a larger sample holds the smaller one."""
    table = pd.DataFrame({"n": range(1000)}, index=[f"r{n}" for n in range(1000)])
    few = read_source(table, sample=5)
    assert few["n"].tolist() == [99, 540, 742, 757, 821]
    assert list(few.index) == ["r99", "r540", "r742", "r757", "r821"]
    assert set(few["n"]) < set(read_source(table, sample=0.05)["n"])
    assert len(read_source(table, sample=0.05)) == 50
    assert read_source(table, sample=5, sample_seed=1)["n"].tolist() != few["n"].tolist()


def test_a_sample_knows_its_bounds() -> None:
    """A limit comes first; more rows than there are is all of them; the smallest share is one row."""
    table = pd.DataFrame({"n": range(100)})
    assert read_source(table, limit=10, sample=3)["n"].max() < 10
    assert read_source(table, sample=101)["n"].tolist() == list(range(100))
    assert len(read_source(table, sample=0.0001)) == 1


@pytest.mark.parametrize("sample", [0, -1, 1.0, 1.5, 0.0, -0.1, float("nan"), True])
def test_a_sample_is_a_number_of_rows_or_a_share(sample: float) -> None:
    """Anything else is an OptionError, as is a seed that is no small whole number."""
    with pytest.raises(OptionError) as caught:
        read_source(FRAME, sample=sample)
    assert caught.value.what == f"The sample is {sample}."
    with pytest.raises(OptionError, match="seed of the sample is -1"):
        read_source(FRAME, sample=1, sample_seed=-1)
