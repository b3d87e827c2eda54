from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.frames.failures import LONGEST, explain


def reason(kind: str, **details: object) -> str:
    """An error message as the service's engine writes it."""
    return json.dumps({"type": kind, "details": details} if details else {"type": kind})


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            reason("NonRetriableHttpStatus", status=400, body='{"error":{"message":"context too long"}}'),
            "400: context too long",
        ),
        (reason("RetriableHttpStatus", status=503, body="upstream\nis down"), "503: upstream is down"),
        (reason("RetriableHttpStatus", status=500, body=""), "500"),
        (reason("NonRetriableHttpStatus", status=422, body='{"detail":[{"loc":["x"]}]}'), '422: [{"loc": ["x"]}]'),
        (reason("NetworkError", error="connection reset"), "network error: connection reset"),
        (reason("Timeout", error="after 600 s"), "timed out: after 600 s"),
        (reason("TaskTerminated"), "stopped by the service"),
        (reason("BatchTerminated"), "stopped with its batch"),
        (reason("RequestBuilderError", error="bad header"), "the request could not be built: bad header"),
        (reason("SomethingNew", error="odd"), "SomethingNew: odd"),
        ('{"code":"invalid_request","message":"no such model"}', "invalid_request: no such model"),
        ("plain text", "plain text"),
        ("", "failed without a reason"),
        ("null", "null"),
    ],
)
def test_a_reason_is_one_readable_line(message: str, words: str) -> None:
    """The engine's reasons, OpenAI's form and plain text read like this."""
    assert explain(message) == words


KEYS = st.sampled_from(["type", "details", "status", "body", "error", "message", "code"])
JSON = st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner))


@given(st.text() | JSON.map(json.dumps))
def test_any_message_gives_one_line(message: str) -> None:
    """Whatever the service writes, a reason is one line of at most 300 characters, and never an exception."""
    words = explain(message)
    assert 0 < len(words) <= LONGEST
    assert len(words.splitlines()) == 1
