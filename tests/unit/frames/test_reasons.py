from __future__ import annotations

import pandas as pd

from dw_jupyter.frames.reasons import Reasons, group_reasons


def frame(*rows: tuple[str, str | None]) -> pd.DataFrame:
    """Statuses and reasons; the labels are letters."""
    index = list("abcdefghijklmnop")[: len(rows)]
    return pd.DataFrame(rows, columns=["dw_status", "dw_error"], index=index, dtype=object)


def test_reasons_are_grouped_by_what_they_have_in_common() -> None:
    """Numbers, ids and quoted words make no group of their own; kind, status, count, example and labels are told."""
    grouped = group_reasons(
        frame(
            ("completed", None),
            ("failed", "400: 'a' is 2,049 tokens, 2048 are allowed (req_0123456789abcdef)"),
            ("failed", "400: 'b' is 3 tokens, 2048 are allowed (req_aaaaaaaaaaaaaaaa)"),
            ("failed", "timed out: no answer within 600 s"),
            ("failed", "400: 'c' is 9 tokens, 2048 are allowed (req_bbbbbbbbbbbbbbbb)"),
            ("failed", 'does not fit the schema (tone: Invalid enum value \'warm\'): {"tone": "warm"}'),
            ("failed", 'does not fit the schema (tone: Invalid enum value \'blue\'): {"tone": "blue"}'),
            ("failed", "503"),
            ("failed", "429: fail 429, as asked"),
            ("failed", "500: fail 500, as asked"),
            ("cancelled", "cancelled before it was answered"),
            ("pending", None),
        )
    )
    assert grouped[["kind", "rows"]].to_numpy().tolist() == [
        ["http", 3],
        ["schema", 2],
        ["timeout", 1],
        ["http", 1],
        ["http", 1],
        ["http", 1],
        ["cancelled", 1],
    ]
    assert grouped["status"].tolist()[0] == 400
    assert sorted(grouped["status"].dropna().tolist()) == [400, 429, 500, 503], "each status is a group of its own"
    assert grouped["message"][0] == "'…' is N tokens, N are allowed (…)"
    assert "fail N, as asked" in set(grouped["message"]), "what follows a number is no part of it"
    assert grouped["example"][0].startswith("400: 'a' is 2,049")
    assert grouped["index"][0] == ["b", "c", "e"]


def test_no_failures_are_an_empty_frame_with_the_same_columns() -> None:
    """A job without failures gives the same columns and dtypes, and no rows."""
    empty = group_reasons(frame(("completed", None), ("pending", None)))
    assert len(empty) == 0
    assert empty.dtypes.equals(group_reasons(frame(("failed", None))).dtypes)


def test_the_rows_of_a_group_and_those_that_say_a_word_are_found() -> None:
    """Each row is in the group that it was counted in, whatever it says; a word is found in the whole reason."""
    made = frame(
        ("failed", "400: row 1 is too long"),
        ("completed", None),
        ("cancelled", "400: row 2 is too long"),
        ("failed", "400: row 3 is too long"),
        ("failed", "Größe \ud800 of 'a'"),
        ("failed", None),
        ("pending", "asked again"),
    )
    reasons = Reasons(made)
    groups = [
        (kind, "" if pd.isna(code) else str(code), message, rows)
        for kind, code, message, rows in reasons.groups[["kind", "status", "message", "rows"]].itertuples(index=False)
    ]
    assert groups == [
        ("http", "400", "row N is too long", 2),
        ("cancelled", "", "row N is too long", 1),
        ("other", "", "Größe ? of '…'", 1),
        ("other", "", "", 1),
    ]
    found = ["".join(made.index[reasons.rows_of(*group)]) for *group, _ in groups]
    assert found == ["ad", "c", "e", "f"]
    said = ["".join(made.index[reasons.rows_saying(text)]) for text in ("ROW 3", "is too", "GRÖSSE", "asked")]
    assert said == ["d", "acd", "e", ""]
