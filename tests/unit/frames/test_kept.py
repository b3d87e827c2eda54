from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dw_jupyter.errors import OptionError, TemplateError
from dw_jupyter.frames.kept import keep_columns, load_kept, save_kept

FRAME = pd.DataFrame(
    {
        "text": ["a", None],
        "a b": pd.Categorical(["x", "y"]),
        3: [1.5, None],
        "when": pd.to_datetime(pd.Series(["2020-01-01", None]), utc=True).array,
        "mixed": [1, "two"],
    },
    index=["i", "i"],
)


def test_kept_columns_come_back_with_their_labels_and_dtypes(tmp_path: Path) -> None:
    """Columns are written beside a job and read again in their order; a later choice takes their place."""
    save_kept(keep_columns(FRAME, list(FRAME.columns), answers=["response"]), tmp_path)
    kept = keep_columns(FRAME, ["when", "a b", 3, "text"], answers=["response"])
    save_kept(kept, tmp_path)
    loaded = load_kept(tmp_path)
    assert [label for label, _ in loaded] == ["when", "a b", 3, "text"]
    for label, values in loaded:
        pd.testing.assert_series_equal(pd.Series(values, index=kept.index, name=label), kept[label])
    save_kept(keep_columns(FRAME, ["mixed"], answers=[]), tmp_path)
    ((_, values),) = load_kept(tmp_path)
    assert list(values) == ["1", "two"], "what Parquet cannot hold is text"


def test_columns_that_cannot_be_kept() -> None:
    """An unknown column, one named twice and one called like an answer are told apart."""
    with pytest.raises(TemplateError, match='no column "txt"'):
        keep_columns(FRAME, ["txt"], answers=[])
    with pytest.raises(OptionError, match="kept twice"):
        keep_columns(FRAME, ["text", "text"], answers=[])
    with pytest.raises(OptionError, match='have a column "text" too'):
        keep_columns(FRAME, ["text"], answers=["text"])
