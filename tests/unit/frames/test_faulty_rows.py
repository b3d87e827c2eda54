from __future__ import annotations

import pandas as pd

from dw_jupyter.frames.faults import Fault
from dw_jupyter.frames.faulty_rows import find_faulty_rows
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.requests import RequestForm
from dw_jupyter.frames.template import Template

SMALL = Limits(body_bytes=200)


def test_every_row_that_cannot_be_asked_is_told_by_its_position() -> None:
    """Missing values, rows that break the prompt and rows too long are all listed, in the order of the rows."""
    frame = pd.DataFrame(
        {"text": ["good", None, "x" * 300, "good", None], "n": [1, 0, 1, 0, None]},
        index=pd.Index(["a", "a", "b", "c", "row 0"]),
    )
    form = RequestForm(template=Template("{{ text }} {{ 1 // n }}"), body={"model": "m"})
    faults = list(find_faulty_rows(form, frame, limits=SMALL))
    assert [(fault.place, fault.kind) for fault in faults] == [
        (1, "missing"), (2, "row"), (3, "row"), (4, "missing"), (4, "missing"),
    ]  # fmt: skip
    assert faults[1].text.startswith("The request of this row is ")
    assert faults[2].text.startswith("This row, line 1 of the prompt: ")
    assert faults[4].text == 'Column "n" has no value.'


def test_a_prompt_for_other_columns_is_one_fault_of_the_whole() -> None:
    """An unknown column is said once, and not of each row."""
    form = RequestForm(template=Template("{{ txt }}"))
    (fault,) = find_faulty_rows(form, pd.DataFrame({"text": ["a", None]}), limits=SMALL)
    text = 'There is no column "txt" in the source. Did you mean "text"? Columns: text'
    assert fault == Fault(place=None, kind="prompt", text=text)


def test_thousands_of_good_rows_have_no_fault() -> None:
    """A table that can be asked gives nothing."""
    form = RequestForm(template=Template("{{ text }}"))
    assert not len(find_faulty_rows(form, pd.DataFrame({"text": ["a"] * 2500}), limits=SMALL))
