from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.service.rows import ended, jsonl, line, lines, results, start_batch, upload

# Any JSON that a client can write: floats that are numbers, text without lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)
BODIES = st.dictionaries(TEXT, VALUES, max_size=4)

NASTY = [
    '{"n": 123456789012345678901234567890, "m": -9223372036854775809, "u": 18446744073709551616}',
    '{"n": 1e308, "m": 5e-324, "z": -0.0, "e": 1E-400, "f": 0.1000000000000000055511151231257827}',
    '{"n": ' + "9" * 300 + "}",
    '{"s": "\\u0000 \\u2028 \\u0085 \\ud83d\\ude00 \\"\\\\ \\u007f", "\\u0000": 1}',
    '{"twice": 1, "twice": {"a": 2, "a": 3}}',
    '{"deep": ' + "[" * 120 + "]" * 120 + "}",
    '{"": {"": [[], {}, null, true, ""]}, "priority": 7}',
    '{"messages": "no list", "n": [1, 2], "stream": true, "temperature": {}}',
]
REFUSED = [
    '{"s": "\\udc00"}',
    '{"n": 1e999}',
    '{"n": Infinity}',
    '{"n": 01}',
    '{"a": 1,}',
    "{'a': 1}",
    '{"n": ' + "9" * 9000 + "}",
]


def with_model(body: str) -> bytes:
    """A line with a body that is given as text, and a model put in."""
    inner = body.rstrip()[:-1]
    comma = "," if inner.strip() != "{" else ""
    named = f'{inner}{comma} "model": "echo"}}'
    return f'{{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {named}}}\n'.encode()


@pytest.mark.parametrize("body", NASTY)
def test_odd_bodies_come_back_as_they_were(http: httpx.Client, body: str) -> None:
    """What is accepted is given back as equal JSON: in the file, in the results, and whatever the model says to it."""
    content = with_model(body)
    meant = json.loads(content)
    meant["body"].pop("priority", None)
    batch = start_batch(http, content)
    assert lines(http, batch["input_file_id"]) == [meant]
    ended(http, batch)
    assert results(http, batch)[0][0]["input_body"] == meant["body"]
    counts = http.get(f"batches/{batch['id']}").json()["request_counts"]
    assert counts["completed"] + counts["failed"] == 1


@pytest.mark.parametrize("body", REFUSED)
def test_what_is_no_json_is_refused(http: httpx.Client, body: str) -> None:
    """What the cloud's parser would not read is refused with the line's number."""
    refused = upload(http, jsonl(line("b", "x")) + with_model(body))
    assert refused.status_code == 400
    assert refused.text.startswith("Invalid JSON on line 2: ")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bodies=st.lists(BODIES, min_size=1, max_size=12))
def test_any_json_comes_back(http: httpx.Client, bodies: list[dict[str, Any]]) -> None:
    """Bodies of any JSON come back equal."""
    rows = [line(f"{number}", "x") | {"body": body | {"model": "echo"}} for number, body in enumerate(bodies)]
    file_id = upload(http, jsonl(*rows)).raise_for_status().json()["id"]
    for row in rows:
        row["body"].pop("priority", None)
    assert lines(http, file_id) == rows


def test_answers_come_back_as_they_were(http: httpx.Client) -> None:
    """The text of an answer is the model's to the last character, whatever line ends it holds."""
    texts = ["\0 \u2028 \u2029 \x85 \r\n \x1c 😀", '{"a": "\\u0000"}', "", " \t"]
    batch = start_batch(http, jsonl(*(line(f"{number}", text) for number, text in enumerate(texts))))
    ended(http, batch)
    shown = results(http, batch)[0]
    assert [each["response_body"]["choices"][0]["message"]["content"] for each in shown] == texts
    assert {each["custom_id"]: each["response"]["body"] for each in lines(http, batch["output_file_id"])} == {
        each["custom_id"]: each["response_body"] for each in shown
    }
