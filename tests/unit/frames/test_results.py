from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.frames.column import Positions, TextColumn
from dw_jupyter.frames.ids import custom_id
from dw_jupyter.frames.objects import Objects
from dw_jupyter.frames.results import STATUSES, Results
from dw_jupyter.frames.schema import parse_schema
from dw_jupyter.job.layout import Layout
from tests.unit.frames.awkward import AWKWARD


def answer(row: int, content: object, *, finish: str = "stop", status: int = 200, **message: object) -> dict[str, Any]:
    """A line of an output file."""
    said = {"role": "assistant", "content": content, **message}
    body = {"object": "chat.completion", "choices": [{"index": 0, "message": said, "finish_reason": finish}]}
    response = {"status_code": status, "request_id": None, "body": body}
    return {"id": f"batch_req_{row}", "custom_id": custom_id(row), "response": response, "error": None}


def failure(row: int, message: object, code: object = None) -> dict[str, Any]:
    """A line of an error file."""
    error = {"code": code, "message": message}
    return {"id": f"batch_req_{row}", "custom_id": custom_id(row), "response": None, "error": error}


def block(*lines: dict[str, Any]) -> bytes:
    """Result lines as bytes."""
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def columns_of(results: Results) -> list[list[Any]]:
    """The columns of the frame so far, None where a value is missing."""
    columns = frame_of(results).astype(object)
    return [columns[name].where(columns[name].notna(), None).tolist() for name in columns]


def frame_of(results: Results) -> pd.DataFrame:
    """The frame so far, its rows numbered."""
    return results.frame(pd.RangeIndex(results.rows))


@given(st.lists(AWKWARD, min_size=1, max_size=8), st.randoms(use_true_random=False), st.booleans())
def test_lines_in_any_order_fill_their_rows(texts: list[str], chance: random.Random, escaped: bool) -> None:
    """Any order, loss and doubling of lines keeps index, order and length, and every text as it was."""
    index = pd.MultiIndex.from_tuples([("k", number // 2) for number in range(len(texts))])
    rows = [chance.randrange(len(texts)) for _ in range(2 * len(texts))]
    failing = {row for row in rows if chance.random() < 0.3}
    results = Results(len(texts))
    for row in rows:
        line = failure(row, "no") if row in failing else answer(row, texts[row])
        raw = json.dumps(line, ensure_ascii=escaped)
        results.add(raw.encode("utf-8", "surrogatepass" if escaped else "replace") + b"\n")
        assert list(frame_of(results).columns) == ["response", "dw_status", "dw_error"]
    frame = results.frame(index)
    assert frame.index.equals(index)
    for row, (text, found) in enumerate(zip(texts, zip(*columns_of(results), strict=True), strict=True)):
        if row not in rows:
            assert found == (None, "pending", None)
        elif row in failing:
            assert found == (None, "failed", "no")
        else:
            kept = text if escaped else text.encode("utf-8", "replace").decode()
            assert found == (kept, "completed", None)
    assert results.completed + results.failed == len(set(rows))


@given(st.lists(st.sampled_from(["good", "odd", "failed", "broken", "blank", "unknown"]), max_size=30), st.data())
def test_any_cut_of_the_lines_gives_the_same_frame(kinds: list[str], data: st.DataObject) -> None:
    """Blocks of any number of lines, good and broken ones mixed, say what one line at a time says."""
    raw = []
    for row, kind in enumerate(kinds):
        line = {
            "good": json.dumps(answer(row, f"text é {row}"), ensure_ascii=False),
            "odd": json.dumps(answer(row, "\ud800")),
            "failed": json.dumps(failure(row, "no")),
            "broken": '{"custom_id": "row-0000',
            "blank": "",
            "unknown": json.dumps(
                {**answer(row, "x"), "custom_id": data.draw(st.sampled_from(["x", None, "row-999999999"]))}
            ),
        }[kind]
        raw.append(line.encode() + b"\n")
    whole, single = Results(len(kinds)), Results(len(kinds))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=3)))
    for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True):
        taken = whole.add(b"".join(raw[start:end]))
        assert taken == sum(kind != "blank" for kind in kinds[start:end])
    for one in raw:
        single.add(one)
    pd.testing.assert_frame_equal(frame_of(whole), frame_of(single))
    for results in (whole, single):
        assert results.unknown == kinds.count("unknown")
        assert results.broken == kinds.count("broken")
        assert results.completed == kinds.count("good") + kinds.count("odd")
        assert results.failed == kinds.count("failed")


DTYPES = {
    "text": "string",
    "n": "Int64",
    "x": "float64",
    "ok": "boolean",
    "mood": "category",
    "day": "datetime64[us]",
    "tags": "object",
}
SCHEMA = parse_schema("text, n int?, x float?, ok bool?, mood?: good|bad, day date?, tags str[]?")


def test_dtypes_hold_from_the_first_moment() -> None:
    """With no answer, with some and with nulls in them, columns have the schema's dtypes and categories."""
    results = Results(3, SCHEMA)
    before = frame_of(results)
    full = {"text": "t", "n": 2**62, "x": 1, "ok": True, "mood": "bad", "day": "9999-12-31", "tags": ["a"]}
    empty = dict.fromkeys(full, None) | {"text": ""}
    results.add(block(answer(2, json.dumps(full)), answer(0, json.dumps(empty))))
    after = frame_of(results)
    for frame in (before, after):
        assert [str(dtype) for dtype in frame.dtypes[:-2]] == list(DTYPES.values())
        assert list(frame["mood"].cat.categories) == ["good", "bad"]
        assert list(frame["dw_status"].cat.categories) == list(STATUSES)
        assert not frame["dw_status"].cat.ordered
        assert isinstance(frame["dw_error"].dtype, pd.StringDtype)
        assert isinstance(frame["text"].dtype, pd.StringDtype)
    assert before[[*DTYPES, "dw_error"]].isna().to_numpy().all()
    rows = list(zip(*columns_of(results), strict=True))
    assert rows[0][:7] == ("", None, None, None, None, None, None)
    assert rows[2][:7] == ("t", 2**62, 1.0, True, "bad", pd.Timestamp("9999-12-31"), ["a"])
    assert after["dw_status"].tolist() == ["completed", "pending", "completed"]


@pytest.mark.parametrize("index", [pd.RangeIndex(2), pd.Index(["a", "a"]), pd.Index([None, np.nan], dtype=object)])
def test_a_column_of_any_values_stays_one_of_objects(index: pd.Index) -> None:
    """Text alone in a field that may be a number too, or shared by rows, does not make it a column of text."""
    schema = parse_schema({"type": "object", "properties": {"x": {"type": ["integer", "string"]}}})
    for shares in (None, np.array([0, 0])):
        results = Results(2, schema, shares=shares)
        for answers in ([], [answer(0, '{"x": "a"}')], [answer(1, '{"x": "b"}')]):
            results.add(block(*answers))
            assert results.frame(index)["x"].dtype == object
            kept = Layout(index=index, schema=schema, kept=[("k", pd.Series(["a", "b"], dtype=object).array)])
            assert kept.frame(None)["k"].dtype == object


def test_a_frame_is_its_own() -> None:
    """A frame does not change when more answers come, and changing it changes nothing here."""
    results = Results(2, SCHEMA)
    results.add(block(answer(0, '{"text":"a","n":1,"x":1,"ok":true,"mood":"good","day":null,"tags":[]}')))
    first = frame_of(results)
    kept = first.copy(deep=True)
    results.add(block(answer(1, '{"text":"b","n":2,"x":2,"ok":false,"mood":"bad","day":null,"tags":[]}')))
    pd.testing.assert_frame_equal(first, kept)
    first["n"] = 7
    first.loc[0, "x"] = 9.0
    first.loc[0, "text"] = "mine"
    second = frame_of(results)
    assert (second["n"].tolist(), second["x"].tolist(), second["text"].tolist()) == ([1, 2], [1.0, 2.0], ["a", "b"])


def test_an_answer_beats_a_failure_and_the_first_answer_stays() -> None:
    """After a retry a row has its answer and no error, whichever comes first; later answers change nothing."""
    results = Results(3)
    results.add(block(failure(0, "no"), failure(0, "again"), answer(1, "first"), answer(1, "second"), failure(2, "no")))
    results.add(block(answer(0, "yes"), failure(1, "late"), answer(1, "third"), failure(2, "later")))
    frame = frame_of(results)
    assert frame["response"].tolist()[:2] == ["yes", "first"]
    assert frame["dw_status"].tolist() == ["completed", "completed", "failed"]
    assert frame["dw_error"].isna().tolist() == [True, True, False]
    assert frame["dw_error"][2] == "no"
    assert (results.completed, results.failed) == (2, 1)


TIMEOUT = json.dumps({"type": "Timeout", "details": {"error": "600 s"}})


@pytest.mark.parametrize(
    ("line", "text", "error"),
    [
        (answer(0, "hi"), "hi", None),
        (answer(0, ""), "", None),
        (answer(0, [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), "ab", None),
        (answer(0, None), None, "no text in the answer"),
        (answer(0, None, finish="length"), None, "no text in the answer, cut off at max_tokens"),
        (answer(0, None, refusal="I will not."), None, "refused: I will not."),
        (failure(0, TIMEOUT), None, "timed out: 600 s"),
        (failure(0, "no such model", "invalid_request"), None, "invalid_request: no such model"),
        (failure(0, None, "batch_expired"), None, "batch_expired"),
        (failure(0, None), None, "failed without a reason"),
        (failure(0, 7), None, "7"),
        ({"custom_id": custom_id(0), "error": "plain"}, None, "plain"),
        ({"custom_id": custom_id(0)}, None, "no answer in the line"),
    ],
)
def test_what_a_line_says(line: dict[str, Any], text: str | None, error: str | None) -> None:
    """Answers, refusals, both error forms and lines that say nothing become a text or an error."""
    results = Results(1)
    assert results.add(block(line)) == 1
    assert columns_of(results) == [[text], ["completed" if error is None else "failed"], [error]]


@pytest.mark.parametrize(
    ("status", "body", "text", "error"),
    [
        (200, answer(0, "hi")["response"]["body"], "hi", None),
        (200, json.dumps(answer(0, "hi\ud800")["response"]["body"]), "hi\ud800", None),
        (400, {"error": {"message": "too long"}}, None, "400: too long"),
        (500, "Internal Server Error", None, "500: Internal Server Error"),
        (503, None, None, "503"),
        (422, {"detail": [{"msg": "bad"}]}, None, '422: [{"msg": "bad"}]'),
        (200, "<html>", None, "<html>"),
        (200, {"choices": []}, None, "no text in the answer"),
        (200, 5, None, "no text in the answer"),
        (200, {"choices": [{"message": {"content": 7}}]}, None, "no text in the answer"),
    ],
)
def test_a_body_in_any_form(status: int, body: object, text: str | None, error: str | None) -> None:
    """A body may be an object or a JSON string; an HTTP error inside an output line is a failure."""
    test_what_a_line_says(
        {"custom_id": custom_id(0), "response": {"status_code": status, "body": body}, "error": None}, text, error
    )


def test_an_answer_that_does_not_fit_is_a_failure_with_its_text() -> None:
    """A misfit says why and how it begins, also that it was cut off; the other rows of its block live."""
    results = Results(4, parse_schema("mood: good|bad, n int"))
    lines = [
        answer(0, '{"mood":"good","n":1}'),
        answer(1, '{"mood":"meh","n":1}'),
        answer(2, '{"mood":"goo', finish="length"),
        answer(3, '{"mood":"bad","n":2}'),
    ]
    results.add(block(*lines))
    frame = frame_of(results)
    assert frame["mood"].isna().tolist() == [False, True, True, False]
    assert frame["n"].isna().tolist() == [False, True, True, False]
    assert frame["dw_error"][1] == 'does not fit the schema (mood: Invalid enum value \'meh\'): {"mood":"meh","n":1}'
    assert frame["dw_error"][2] == 'cut off at max_tokens, does not fit the schema (not JSON): {"mood":"goo'
    results.add(block(answer(1, '{"mood":"bad","n":3}')))
    assert frame_of(results)["dw_status"].tolist() == ["completed", "completed", "failed", "completed"]


MOMENTS = {"type": "object", "properties": {"until": {"type": "string", "format": "date-time"}}}


def one_of(*choices: object) -> dict[str, Any]:
    """A schema of one field, which has these choices."""
    return {"type": "object", "properties": {"x": {"anyOf": [{"enum": [*choices]}, {"type": "null"}]}}}


@pytest.mark.parametrize(
    ("schema", "good", "wrong"),
    [
        (MOMENTS, "2020-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00"),
        (MOMENTS, "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+05:00"),
        (one_of(0.5, 1.0), 1, "high"),
        (one_of(0.5, 1.0), 0.5, 7),
        (one_of(0.5, 1.0), 0.5, True),
        (one_of(True), True, "no"),
        (one_of(True), True, 1),
        (one_of("a", 0.5, False), False, 0),
        ({"type": "object", "properties": {"x": {"anyOf": [{"const": 0.5}, {"const": "a"}]}}}, "a", "b"),
        ({"type": "object", "properties": {"x": {"type": "null"}}}, None, 3),
    ],
)
def test_a_value_that_its_column_does_not_hold_is_a_misfit_of_its_row(schema: Any, good: object, wrong: object) -> None:
    """A moment that is out of range in UTC, and a value that is none of the choices, fail their row and no other."""
    parsed = parse_schema(schema)
    (name,) = parsed.columns
    results = Results(3, parsed)
    results.add(block(*(answer(row, json.dumps({name: value})) for row, value in enumerate([good, wrong, good]))))
    frame = frame_of(results)
    assert frame["dw_status"].tolist() == ["completed", "failed", "completed"]
    assert frame[name].notna().tolist() == [good is not None, False, good is not None]
    assert frame["dw_error"][1].startswith(f"does not fit the schema ({name}: ")
    assert frame["dw_error"][1].endswith(json.dumps({name: wrong}))
    objects = Objects(1, parsed, None)
    objects.add(block(answer(0, json.dumps({name: wrong}))))
    assert objects.values() == [None]


def test_a_column_that_refuses_a_value_fails_that_row_only() -> None:
    """What a column cannot hold, though the schema allows it, is that row's failure, with its text."""

    class Picky(TextColumn):
        """Takes no odd text."""

        def put(self, positions: Positions, values: Sequence[str | None]) -> None:
            """Set the texts of some rows."""
            if "odd" in values:
                raise OverflowError("too odd")
            super().put(positions, values)

    results = Results(3)
    results._columns["response"] = Picky(3)
    results.add(block(*(answer(row, text) for row, text in enumerate(["a", "odd", "b"]))))
    assert columns_of(results) == [
        ["a", None, "b"], ["completed", "failed", "completed"], [None, "does not fit the schema (too odd): odd", None],
    ]  # fmt: skip


def test_any_number_of_finish_reasons_is_told_apart() -> None:
    """Three hundred reasons, one a row, are each found again."""
    results = Results(300)
    results.add(block(*(answer(row, "x", finish=f"reason {row}") for row in range(300))))
    assert [results.rows_ending(f"reason {row}").tolist() for row in range(300)] == [[row] for row in range(300)]
    assert results.rows_ending("another").tolist() == []


def test_bytes_that_are_not_utf8_break_their_line_only() -> None:
    """Invalid UTF-8, also in a field that is passed over, breaks its own line and no other."""
    results = Results(3)
    good = block(answer(0, "é"))
    bad = block(answer(1, "x")).replace(b"batch_req_1", b"batch_\xff")
    assert results.add(good + bad + block(answer(2, "y"))[:-1]) == 3
    assert (results.completed, results.broken) == (2, 1)


def test_open_rows_are_closed_with_a_reason_and_a_late_answer_beats_it() -> None:
    """What is closed says why; failed and completed rows are left alone; an answer that comes late is taken."""
    results = Results(4)
    results.add(block(answer(0, "a"), failure(1, "no")))
    results.close(np.arange(3), "cancelled", "too late")
    frame = frame_of(results)
    assert frame["dw_status"].tolist() == ["completed", "failed", "cancelled", "pending"]
    assert frame["dw_error"].tolist()[2] == "too late"
    results.add(block(answer(2, "late")))
    assert frame_of(results)["dw_status"].tolist()[2] == "completed"
    assert pd.isna(frame_of(results)["dw_error"][2])


def test_rows_that_are_asked_again_are_open_again() -> None:
    """A row that is reopened has neither answer nor reason, takes the next answer, and others are left alone."""
    results = Results(3, parse_schema("n int"))
    results.add(block(answer(0, '{"n": 1}'), answer(1, '{"n": 2}'), failure(2, "no")))
    results.reopen(np.array([1, 2]))
    frame = frame_of(results)
    assert frame["dw_status"].tolist() == ["completed", "pending", "pending"]
    assert frame["n"].isna().tolist() == [False, True, True]
    assert frame["dw_error"].isna().all()
    results.add(block(answer(1, '{"n": 3}'), answer(0, '{"n": 9}')))
    assert frame_of(results)["n"].tolist()[:2] == [1, 3]


def test_rows_that_share_an_answer_show_it() -> None:
    """Several rows may show the answer or the failure of one, and count as often as they are."""
    results = Results(5, shares=np.array([0, 0, 2, 0, 2]))
    results.add(block(answer(0, "a"), failure(2, "no")))
    frame = frame_of(results)
    assert frame["response"].tolist()[:2] + frame["response"].tolist()[3:4] == ["a"] * 3
    assert frame["dw_status"].tolist() == ["completed", "completed", "failed", "completed", "failed"]
    assert (results.completed, results.failed) == (3, 2)
    assert results.rows_of("failed").tolist() == [2], "what is asked again is asked once"


def test_many_rows_fill_across_blocks() -> None:
    """A column longer than its blocks, filled in a random order and looked at between, ends up whole and in order."""
    rows = 70_000
    results = Results(rows)
    order = np.random.default_rng(0).permutation(rows).tolist()
    for start in range(0, rows, 20_000):
        results.add(block(*(answer(row, f"text {row}") for row in order[start : start + 20_000])))
        assert frame_of(results)["response"].notna().sum() == results.completed == min(rows, start + 20_000)
    assert frame_of(results)["response"].tolist() == [f"text {row}" for row in range(rows)]
