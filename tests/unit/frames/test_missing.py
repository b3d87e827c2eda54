from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dw_jupyter.errors import SourceError, TemplateError
from dw_jupyter.frames.missing import OnMissing, drop_missing
from dw_jupyter.frames.results import Results
from dw_jupyter.frames.template import Template

MISSING: list[Any] = [None, np.nan, pd.NaT, pd.NA]
FRAME = pd.DataFrame({"text": ["a", *MISSING, "b"], "n": [1, 2, 3, 4, 5, None]}, index=list("uvwxyz"), dtype=object)


def contents(prompt: str, frame: pd.DataFrame, **options: Any) -> list[str]:
    """The text of each row's one message."""
    return [messages[0]["content"] for messages in Template(prompt).render(frame, **options)]


@pytest.mark.parametrize("prompt", ["[{{ text }}]", "[{{ row['text'] }}]", "[{% set n = 'text' %}{{ row[n] }}]"])
def test_blank_writes_nothing_for_what_pandas_calls_missing(prompt: str) -> None:
    """None, NaN, NaT and NA are written as nothing, however they are looked up."""
    Template(prompt).check(FRAME, on_missing="blank")
    assert contents(prompt, FRAME, on_missing="blank") == ["[a]", *["[]"] * 4, "[b]"]


@pytest.mark.parametrize("dtype", ["string", "Int64", "float64", "datetime64[us]", "category", "boolean", "object"])
def test_blank_works_for_every_dtype(dtype: str) -> None:
    """A missing value of any dtype is nothing, false, not defined, has a default and no parts that could fail."""
    column = pd.Series([None], dtype=dtype)
    prompt = "[{{ c }}{{ c.year }}{{ c | upper }}{{ c ~ '!' }}{{ c | default('d') }}{{ 1 if c else 2 }}]"
    assert contents(prompt, column.to_frame("c"), on_missing="blank") == ["[!d2]"]


def test_a_value_missing_within_a_dict_is_missing_and_in_a_list_is_not() -> None:
    """A nested lookup that finds nothing is an error that names the row, or blank; lists are written as they are."""
    frame = pd.DataFrame({"meta": [{"city": "Rome"}, {"city": None}], "xs": [[None, 1], []]})
    prompt = "{{ meta.city }}{{ meta['city'] }}{{ xs }}{{ meta | tojson }}"
    assert contents(prompt, frame, on_missing="blank") == ['RomeRome[None, 1]{"city": "Rome"}', '[]{"city": null}']
    with pytest.raises(TemplateError) as caught:
        contents(prompt, frame)
    assert caught.value.what == 'Row 1, line 1 of the prompt: "city" has no value'
    assert contents("{{ meta.city | default('?') }}", frame) == ["Rome", "?"]


def test_blank_within_a_whole_row_is_null() -> None:
    """A row written as a whole, or as JSON, shows what is missing as nothing there."""
    frame = pd.DataFrame({"a": [1.5, None]})
    assert contents("{{ row | tojson }}{{ row }}", frame, on_missing="blank")[1] == "{\"a\": null}{'a': None}"


def test_skipping_leaves_rows_out_and_counts_them() -> None:
    """Rows that lack a used value go, with their labels; columns that are not used do not count."""
    template = Template("{{ text }}")
    kept, dropped = drop_missing(template, FRAME)
    assert (list(kept.index), dropped) == (["u", "z"], 4)
    assert contents("{{ text }}", kept) == contents("{{ text }}", FRAME, on_missing="skip") == ["a", "b"]
    assert drop_missing(Template("{{ text }}{{ n }}"), FRAME)[1] == 5
    assert drop_missing(Template("none"), FRAME)[1] == 0
    template.check(FRAME, on_missing="skip")
    with pytest.raises(TemplateError, match='no column "txt"'):
        drop_missing(Template("{{ txt }}"), FRAME)


def test_skipping_every_row_is_an_error() -> None:
    """Where no row is left there is nothing to send."""
    with pytest.raises(SourceError) as caught:
        Template("{{ text }} {{ n }}").check(FRAME.iloc[1:], on_missing="skip")
    assert caught.value.what == 'No row has a value in each of "text", "n".'
    with pytest.raises(SourceError) as caught:
        Template("{{ text }} {{ n }}").check(FRAME.iloc[1:5], on_missing="skip")
    assert caught.value.what == 'No row has a value in "text".'


@pytest.mark.parametrize("on_missing", ["error", "skip", "blank"])
def test_what_is_on_its_way_is_not_missing(on_missing: OnMissing) -> None:
    """A column that a job still fills is no source yet, whatever a missing value does; what has arrived is one."""
    results = Results(3)
    labels = results.frame(pd.RangeIndex(3))
    labels["text"] = ["a", "b", "c"]
    joined = pd.DataFrame({"title": ["A", "B", "C"]}).join(labels)
    bare = labels[["response"]]
    bare.attrs["dw_jupyter"] = {"job": "4f1c0a7d2e9b", "state": "running"}
    for frame in (labels, joined, bare):
        with pytest.raises(SourceError) as caught:
            Template("{{ response }}").check(frame, on_missing=on_missing)
        assert caught.value.what == "The source is still filling: no answer yet for 3 of its 3 rows."
    assert "`%dwbatch wait 4f1c0a7d2e9b`" in caught.value.todo
    Template("{{ text }}").check(joined, on_missing=on_missing)
    joined["response"] = pd.array(["x", None, None], dtype="string")
    Template("{{ response }}").check(joined[:1], on_missing=on_missing)
    joined["dw_status"] = "failed"
    Template("{{ response }}").check(joined, on_missing="skip")
