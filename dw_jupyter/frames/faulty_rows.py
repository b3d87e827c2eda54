"""Every row of a table that cannot be asked, where writing its requests would stop at the first."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dw_jupyter.errors import InputError
from dw_jupyter.frames.cells import Columns, row_words
from dw_jupyter.frames.faults import Faults
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.requests import RequestForm, check_requests

_ROWS = 1000


def find_faulty_rows(form: RequestForm, frame: pd.DataFrame, *, limits: Limits) -> Faults:
    """All that would keep a table from being asked: faults of the prompt first, then row by row, by position.

    Memory is flat, and the work grows with the rows.
    """
    faults = Faults()
    try:
        form.template.check(frame, on_missing="blank")
    except InputError as error:
        faults.add(None, "prompt", f"{error.what} {error.todo}".strip())
        return faults
    lacking = np.zeros(len(frame), dtype=bool)
    for label in form.template.columns:
        missing = Columns(frame).missing([label])
        lacking |= missing
        for row in np.flatnonzero(missing).tolist():
            faults.add(row, "missing", f'Column "{label}" has no value.')
    rest = np.flatnonzero(~lacking)
    for start in range(0, len(rest), _ROWS):
        rows = rest[start : start + _ROWS]
        if _fault(form, frame.iloc[rows], limits):
            for row in rows.tolist():
                if text := _fault(form, frame.iloc[[row]], limits):
                    faults.add(row, "row", text)
    faults.sort()
    return faults


def _fault(form: RequestForm, frame: pd.DataFrame, limits: Limits) -> str:
    """What is wrong with the first of these rows that cannot be asked, ``""`` where all can."""
    try:
        check_requests(form, frame, rows=len(frame), limits=limits)
    except InputError as error:
        words = row_words(frame.index, 0)
        return error.what.replace(words, "this row").replace(f"R{words[1:]}", "This row")
    return ""
