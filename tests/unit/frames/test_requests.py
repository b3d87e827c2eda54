from __future__ import annotations

import json
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.errors import InputError, OptionError, SourceError, TemplateError
from dw_jupyter.frames.ids import custom_id, position
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.requests import (
    RequestForm,
    check_requests,
    preview_requests,
    write_requests,
)
from dw_jupyter.frames.template import Template
from tests.unit.frames.awkward import AWKWARD

PROMPT = "system:\nBe short: é.\nuser:\n[{{ text }}]"
BODY = {"temperature": 0, "model": "m", "stop": ["\u2028"]}
FORM = RequestForm(template=Template(PROMPT), body=BODY)


def frame(*texts: str) -> pd.DataFrame:
    """A frame of these texts."""
    return pd.DataFrame({"text": texts}, dtype=object)


@given(st.lists(AWKWARD, min_size=1, max_size=5))
def test_any_text_survives_to_the_request(texts: list[str]) -> None:
    """Every line is one JSON object in UTF-8 that holds the row's text as it was, in the order of the rows."""
    with TemporaryDirectory() as folder:
        written = write_requests(FORM, frame(*texts), Path(folder))
        lines = written.shards[0].path.read_bytes().split(b"\n")
    assert lines.pop() == b""
    for number, (text, line) in enumerate(zip(texts, lines, strict=True)):
        assert json.loads(line.decode()) == {
            "custom_id": f"row-{number:09d}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                **BODY,
                "messages": [
                    {"role": "system", "content": "Be short: é."},
                    {"role": "user", "content": f"[{text}]"},
                ],
            },
        }


@given(
    st.lists(st.integers(0, 300).map("x".__mul__), min_size=1, max_size=30),
    st.integers(1, 8),
    st.integers(600, 2000),
)
def test_files_stay_within_the_limits(texts: list[str], requests: int, file_bytes: int) -> None:
    """Files hold whole lines, never more than the limits, no fewer than they could, and all rows once in order."""
    limits = Limits(requests=requests, file_bytes=file_bytes)
    with TemporaryDirectory() as folder:
        whole = write_requests(FORM, frame(*texts), Path(folder))
        everything = whole.shards[0].path.read_bytes()
        written = write_requests(FORM, frame(*texts), Path(folder), limits=limits)
        files = [shard.path.read_bytes() for shard in written.shards]
    assert b"".join(files) == everything
    assert (written.digest, written.hashes, written.rows) == (whole.digest, whole.hashes, len(texts))
    first = 0
    for number, (shard, content) in enumerate(zip(written.shards, files, strict=True)):
        assert shard.path.name == f"requests-{number:03d}.jsonl"
        assert (shard.bytes, shard.requests, shard.first) == (len(content), content.count(b"\n"), first)
        assert content.endswith(b"\n")
        assert shard.bytes <= file_bytes
        assert shard.requests <= requests
        first += shard.requests
        if number + 1 < len(files):
            following = files[number + 1].index(b"\n") + 1
            assert shard.requests == requests or shard.bytes + following > file_bytes


def test_a_request_has_one_hash_everywhere(tmp_path: Path) -> None:
    """A hash covers url and body and not the row's number; it is the same for any order of options and process."""
    written = write_requests(FORM, frame("a", "b", "a"), tmp_path)
    lines = [json.loads(line) for line in written.shards[0].path.read_bytes().splitlines()]
    hashes = [written.hashes[start : start + 16] for start in range(0, 48, 16)]
    raw = written.shards[0].path.read_bytes().split(b"\n")[1]
    body = raw[raw.index(b'"body":') + len(b'"body":') : -1]
    assert json.loads(body) == lines[1]["body"]
    assert hashes[1] == blake2b(b"/v1/chat/completions\n" + body, digest_size=16).digest()
    assert hashes[0] == hashes[2] != hashes[1]
    other = RequestForm(template=Template(PROMPT), body=dict(reversed(BODY.items())))
    assert write_requests(other, frame("a", "b", "a"), tmp_path) == written
    for changed in (
        RequestForm(template=FORM.template, body={**BODY, "temperature": 1}),
        RequestForm(template=FORM.template, body=BODY, url="/v1/other"),
    ):
        assert write_requests(changed, frame("a", "b", "a"), tmp_path).hashes[:16] != hashes[0]
    program = """
import sys, pandas as pd
from pathlib import Path
from dw_jupyter.frames.requests import *
from dw_jupyter.frames.template import Template
form = RequestForm(template=Template(sys.argv[1]), body={"temperature": 0, "model": "m", "stop": ["\\u2028"]})
print(write_requests(form, pd.DataFrame({"text": ["a", "b", "a"]}), Path(sys.argv[2])).digest)
"""
    ran = subprocess.run(
        [sys.executable, "-c", program, PROMPT, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == written.digest


def test_a_changing_first_message_is_not_mixed_up(tmp_path: Path) -> None:
    """Rows whose first messages differ, or that have one message only, keep their own."""
    prompt = "system:\n{{ text[:1] }}\n{% if text|length > 1 %}\nuser:\n{{ text }}{% endif %}"
    texts = ["ab", "ac", "b", "bb", "a", "ab"]
    form = RequestForm(template=Template(prompt))
    written = write_requests(form, frame(*texts), tmp_path)
    lines = [json.loads(line)["body"]["messages"] for line in written.shards[0].path.read_bytes().splitlines()]
    assert [[message["content"] for message in messages] for messages in lines] == [
        [text[0], text] if len(text) > 1 else [text] for text in texts
    ]
    assert written.hashes[:16] == written.hashes[-16:]


@pytest.mark.parametrize("row", [0, 17, 999_999_999])
def test_ids_lead_back_to_rows(row: int) -> None:
    """``position`` undoes ``custom_id``."""
    assert position(custom_id(row)) == row


@pytest.mark.parametrize(
    "other", ["", "row-", "row-1", "row-00000000x", "row-0000000001", "Row-000000001", "row-" + "\u0660" * 9]
)
def test_foreign_ids_lead_nowhere(other: str) -> None:
    """An id that is not one of ours has no row."""
    assert position(other) is None


@pytest.mark.parametrize(
    ("body", "prompt", "limits", "error", "what"),
    [
        ({"temperature": float("nan")}, PROMPT, Limits(), OptionError, '"temperature" in the request body is not JSON'),
        ({"stop": {1, 2}}, PROMPT, Limits(), OptionError, '"stop" in the request body is not JSON'),
        ({"messages": []}, PROMPT, Limits(), OptionError, "The messages are made from the prompt."),
        ({}, PROMPT, Limits(body_bytes=200), SourceError, "The request of row 1 (index 'q') is 289 bytes."),
        ({}, PROMPT, Limits(file_bytes=300), SourceError, "The request of row 1 (index 'q') is 289 bytes."),
        ({}, "{{ txt }}", Limits(), TemplateError, 'There is no column "txt" in the source.'),
        ({}, "{{ 1 / (text | length - 200) }}", Limits(), TemplateError, "Row 1 (index 'q'), line 1 of the prompt"),
    ],
)
def test_checking_raises_what_writing_would(
    *, body: dict[str, Any], prompt: str, limits: Limits, error: type[InputError], what: str, tmp_path: Path
) -> None:
    """What cannot be sent is said with its row, by the check of the first rows as by the writing."""
    table = pd.DataFrame({"text": ["a", "x" * 200]}, index=["p", "q"])
    form = RequestForm(template=Template(prompt), body=body)
    with pytest.raises(error) as checked:
        check_requests(form, table, limits=limits)
    with pytest.raises(error) as written:
        write_requests(form, table, tmp_path, limits=limits)
    assert checked.value.what.startswith(what)
    assert str(written.value) == str(checked.value)


def test_a_check_looks_at_all_rows_for_missing_values() -> None:
    """Missing values are found beyond the rows that are rendered for the check."""
    table = frame("a", "b", "c")
    table.loc[2, "text"] = None
    with pytest.raises(SourceError, match="first in row 2"):
        check_requests(FORM, table, rows=1)


def test_a_preview_is_the_first_lines() -> None:
    """A preview gives the first requests as dicts."""
    assert [line["custom_id"] for line in preview_requests(FORM, frame("a", "b", "c"), 2)] == [
        "row-000000000",
        "row-000000001",
    ]
