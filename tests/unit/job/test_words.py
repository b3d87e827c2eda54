from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dw_jupyter.errors import JournalError, OptionError
from dw_jupyter.job import words
from dw_jupyter.job.folders import publish, staging
from dw_jupyter.job.submit import submit
from tests.unit.job.test_journal import record

FRAME = pd.DataFrame({"text": ["a", "b"], "warmth": [0.1, 0.2]})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"prompt": None}, "prompt is None.\nGive text."),
        ({"window": None}, "window is None.\nGive text."),
        ({"label": 5}, "label is 5.\nGive text."),
        ({"model": 5}, "model is 5.\nGive text."),
        ({"system": ["Be brief."]}, "system is of type list.\nGive text."),
        ({"limit": 2.5}, "limit is 2.5.\nGive a whole number."),
        ({"limit": "5"}, "limit is '5'.\nGive a whole number."),
        ({"sample": "3"}, "sample is '3'.\nGive a whole number of rows, or a share such as 0.01."),
        ({"sample_seed": True}, "sample_seed is True.\nGive a whole number."),
        ({"tags": {1: "a"}}, 'A name in tags is 1.\nNames are text: {"name": "text"}.'),
        ({"tags": ["a"]}, 'tags is of type list.\nGive a dict: {"name": "text"}.'),
        ({"per_row": "temp"}, 'per_row is \'temp\'.\nGive a dict: {"temperature": "column"}.'),
        ({"per_row": {"model": "text"}}, "'model' is no field of a request body.\nIt is an option of its own."),
        ({"variables": ["shots"]}, 'variables is of type list.\nGive a dict: {"name": value}.'),
        ({"keep": "text"}, "keep is 'text', and not a list.\nWrite keep=['text']."),
        ({"keep": None}, "keep is None.\nGive a list of column labels."),
        ({"id": ["text"]}, "id is of type list.\nGive the label of one column."),
        ({"meta": "no"}, "meta is 'no'.\nGive True or False."),
        ({"wait": True}, "'wait' is no field of a request body.\nA call returns at once: job.result() waits."),
        ({"out": "x"}, "'out' is no field of a request body.\nBind what is returned: labels = submit(…).result()."),
        ({"columns": ["text"]}, "'columns' is no field of a request body.\nA frame carries columns along by keep=[…]."),
    ],
    ids=str,
)
def test_a_word_of_another_type_is_refused(given: dict[str, Any], said: str, own_home: Path) -> None:
    """Each says which word it is and what to give, and no job is made."""
    with pytest.raises(OptionError) as caught:
        submit(FRAME, **{"prompt": "{{ text }}", "model": "m", **given})
    assert f"{caught.value.what}\n{caught.value.todo}" == said
    assert not list(own_home.glob("jobs/*"))


def test_numbers_of_numpy_are_numbers() -> None:
    """They become Python's, so that what is checked and written later knows them."""
    assert type(words.whole_number("limit", np.int64(3))) is int
    assert type(words.rows_or_share("sample", np.int64(3))) is int
    assert words.rows_or_share("sample", np.float64(0.5)) == 0.5


def test_the_words_of_a_call_are_those_of_submit() -> None:
    """What no field may be called is what the call itself takes."""
    parameters = inspect.signature(submit).parameters.values()
    assert {each.name for each in parameters if each.kind is not each.VAR_KEYWORD} == words.OWN_WORDS


@pytest.mark.parametrize("label", [5, "\ud800"])
def test_a_record_that_could_not_be_read_is_not_written(label: Any, own_home: Path) -> None:
    """Neither a wrong type nor half a character gets into a journal; the one on disk stays."""
    with staging(own_home) as folder:
        journal, _ = publish(folder, record(), fresh=False)
    before = (journal.folder / "job.json").read_bytes()
    journal.record.label = label
    with pytest.raises(JournalError, match="would not be readable"):
        journal.save()
    assert (journal.folder / "job.json").read_bytes() == before
