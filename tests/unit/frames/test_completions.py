from __future__ import annotations

import pandas as pd
import pytest

from dw_jupyter.frames.results import Results


@pytest.mark.parametrize("odd", [b"", b'{"more": NaN, '])
def test_the_text_of_a_completion_is_the_answer(odd: bytes) -> None:
    """Lines of the completions endpoint have their text in the choice itself, in odd JSON too."""
    choice = b'{"text": "four", "index": 0, "finish_reason": "length", "logprobs": null}'
    body = b'{"object": "text_completion", "choices": [' + choice + b"]}"
    line = b'{"custom_id": "row-000000000", "response": {"status_code": 200, "body": ' + body + b'}, "error": null}'
    results = Results(1)
    results.add((odd + line[1:] if odd else line) + b"\n")
    assert results.frame(pd.RangeIndex(1))["response"].tolist() == ["four"]
    assert results.rows_ending("length").tolist() == [0]
