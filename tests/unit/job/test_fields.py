from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from dw_jupyter.errors import OptionError, SourceError
from dw_jupyter.job.body import check_changes
from dw_jupyter.job.fields import check_columns, check_values


@pytest.mark.parametrize(
    "column",
    [
        [0, 1, -1], [0.0, np.nan, -0.5], pd.Series([0, None, -1], dtype="Int64"), [1, None, "hot"], [1, 2, True],
        pd.Series([0.5, None, -1.0], dtype=pd.ArrowDtype(pa.float64())), [1, 2, [3]],
        pd.Series([0, 10**400, -(10**400)], dtype=object),
    ],
    ids=repr,
)  # fmt: skip
def test_a_value_that_the_service_refuses_is_found_in_any_column(column: Any) -> None:
    """Whatever the dtype, the row is named, and one without a value passes."""
    frame = pd.DataFrame({"w": column})
    check_columns({"top_k": "w"}, frame)
    with pytest.raises(SourceError, match=r"^temperature of row [12] is"):
        check_columns({"temperature": "w"}, frame)


def test_values_that_a_service_takes_pass() -> None:
    """The edges of each range, and texts in any form."""
    check_values({"temperature": 0, "top_p": 1.0, "max_tokens": 1, "seed": -3, "n": 1, "stop": ["a"], "min_p": "?"})
    check_values({"temperature": 2.5, "frequency_penalty": -2.5, "presence_penalty": 3})  # the model's to judge
    stops = pd.DataFrame({"stop": ["a", None, ["b", "c"]], "text": pd.Series(["x", None, "z"], dtype="string")})
    check_columns({"stop": "stop"}, stops)
    check_columns({"stop": "text"}, stops)


def test_a_retry_is_held_to_the_same() -> None:
    """A model is text, and no word of a cell becomes a field."""
    for changes in ({"model": 5}, {"wait": True}, {"n": 2}, {"max_completion_tokens": 0}):
        with pytest.raises(OptionError):
            check_changes(changes)
    assert check_changes({"model": "m", "messages": []}) == {"model": "m", "messages": []}
