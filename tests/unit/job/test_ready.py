from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.errors import ConfigurationError, OptionError, SourceError
from dw_jupyter.job.ready import submit_ready


def write(folder: Path, *urls: str, ids: str = "abcdefgh") -> Path:
    """A file with a request to each of these paths."""
    path = folder / "requests.jsonl"
    lines = (
        {"custom_id": name, "method": "POST", "url": f"/v1/{url}", "body": {"model": "m", "messages": [{}]}}
        for name, url in zip(ids, urls, strict=False)
    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_validate_gives_a_row_a_fault_and_none_where_there_is_none(tmp_path: Path) -> None:
    """The frame has the same columns and dtypes either way; models are looked at where they are given."""
    path = write(tmp_path, "chat/completions", "chat/completions", "nowhere", ids="aab")
    frame = dw.validate(str(path))
    there_are = "there are /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses, /v1/messages."
    assert frame.to_dict("list") == {
        "line": [2, 3],
        "kind": ["duplicate", "url"],
        "fault": [
            'custom_id "a" is that of line 1 too.',
            f'"url" is "/v1/nowhere"; {there_are}',
        ],
    }
    clean = dw.validate(write(tmp_path, "chat/completions"))
    pd.testing.assert_frame_equal(clean, frame.head(0))
    assert dw.validate(write(tmp_path, "chat/completions"), models=["other"])["kind"].tolist() == ["model"]


def test_what_is_at_fault_is_refused_before_anything_is_sent(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first fault is told with its line, and nothing is left behind; nor is there for want of a key."""
    with pytest.raises(ConfigurationError, match="There is no API key"):
        submit_ready(write(tmp_path, "chat/completions"))
    monkeypatch.setenv("DOUBLEWORD_API_KEY", "opens-nothing")
    monkeypatch.setenv("DOUBLEWORD_API_BASE", "http://127.0.0.1:9/v1")
    for urls, ids, said in (
        (["chat/completions"] * 3, "aaa", 'requests.jsonl, line 2: custom_id "a" is that of line 1 too. And 1 more.'),
        (["embeddings"], "a", "requests.jsonl asks /v1/embeddings, whose answers cannot be put into a frame yet."),
        ([], "", "requests.jsonl: The file holds no request."),
    ):
        with pytest.raises(SourceError) as caught:
            submit_ready(write(tmp_path, *urls, ids=ids))
        assert caught.value.what == said
        assert caught.value.todo
    with pytest.raises(OptionError, match="window is empty"):
        submit_ready(write(tmp_path, "chat/completions"), window=" ")
    with pytest.raises(OptionError, match="reserved"):
        submit_ready(write(tmp_path, "chat/completions"), tags={"batch_description": "x"})
    assert list((own_home / "jobs").iterdir()) == []
