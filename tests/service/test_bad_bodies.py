from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

USER = [{"role": "user", "content": "x"}]
GOOD: dict[str, dict[str, Any]] = {
    "chat/completions": {"messages": USER},
    "completions": {"prompt": "x"},
    "embeddings": {"input": "x"},
    "responses": {"input": "x"},
    "messages": {"messages": USER, "max_tokens": 9},
}


def tool(**function: Any) -> dict[str, Any]:
    """A chat whose only tool this is."""
    return {"tools": [{"type": "function", "function": function}]}


def form(schema: Any) -> dict[str, Any]:
    """A chat that asks for this schema."""
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}


DEEP = json.loads('{"minItems":1,"items":' * 150 + "{}" + "}" * 150)
ROWS: list[tuple[str, Any, str]] = [
    ("chat/completions", {"messages": "x"}, "messages: Expected `array`, got `str`"),
    ("chat/completions", {"messages": [3]}, "messages[0]: Expected `object`, got `int`"),
    ("chat/completions", {"messages": []}, "messages: at least one message is needed."),
    ("chat/completions", {"messages": [{"role": "x"}]}, "messages[0].role: Invalid enum value 'x'"),
    ("chat/completions", {"messages": [{"role": "user", "content": 3}]}, "messages[0].content: Expected"),
    ("chat/completions", {"max_tokens": "5"}, "max_tokens: Expected `int | null`, got `str`"),
    ("chat/completions", {"n": 10**30}, "n: "),
    ("chat/completions", {"temperature": "warm"}, "temperature: Expected `float | null`, got `str`"),
    ("chat/completions", {"tools": [{"type": "function", "function": {}}]}, "tools[0].function: Object missing"),
    ("chat/completions", {"tools": [{"type": "magic"}]}, "tools[0]"),
    ("chat/completions", {"tool_choice": "required"}, "tool_choice: 'required' needs tools"),
    (
        "chat/completions",
        tool(name="a") | {"tool_choice": {"type": "function", "function": {"name": "b"}}},
        "tool_choice: no tool is named 'b'.",
    ),
    ("chat/completions", tool(name="a", parameters={"type": "nonsense"}), "tools: a: 'nonsense' is no type."),
    ("chat/completions", {"response_format": {"type": "json_schema"}}, "response_format: json_schema is missing."),
    ("chat/completions", form({"$ref": "#/nowhere"}), "response_format: '#/nowhere' leads nowhere."),
    ("chat/completions", form({"$ref": "#"}), "response_format: the schema"),
    (
        "chat/completions",
        form({"type": "array", "minItems": 10**9}),
        "response_format: echo writes 200 items at most.",
    ),
    ("chat/completions", form({"minLength": 10**9}), "response_format: echo writes 100000 characters at most."),
    ("chat/completions", form({"properties": 3}), "response_format: the schema cannot be read"),
    ("chat/completions", form(DEEP), "response_format: the schema demands an object without end"),
    ("chat/completions", form(False), "response_format: "),
    ("chat/completions", {"stream": "yes"}, "stream: true or false is needed."),
    ("chat/completions", {"service_tier": "gold"}, "service_tier: one of auto"),
    ("completions", {"prompt": []}, "prompt: between 1 and 2048"),
    ("completions", {"prompt": [[1, 2]]}, "prompt: a text or a list of texts"),
    ("embeddings", {"input": []}, "input: between 1 and 2048"),
    ("embeddings", {"input": [[]]}, "input: a text, a list of texts"),
    ("embeddings", {"input": ["a", 3]}, "input: a text, a list of texts"),
    ("embeddings", {"dimensions": 0}, "dimensions: Expected `int` >= 1"),
    ("embeddings", {"encoding_format": "hex"}, "encoding_format: Invalid enum value 'hex'"),
    ("responses", {"input": None}, "input: a text or at least one item is needed."),
    ("responses", {"input": [{"type": "weird"}]}, "input[0]: items of type 'weird'"),
    ("responses", {"input": [{"type": "function_call"}]}, "input[0]: Object missing required field"),
    ("responses", {"text": {"format": {"type": "json_schema"}}}, "text.format: schema is missing."),
    ("responses", {"previous_response_id": "resp_1"}, "previous response not found: resp_1"),
    ("messages", {"messages": [{"role": "user", "content": [{"type": "x"}]}]}, "messages: blocks of type 'x'"),
    ("messages", {"tool_choice": {"type": "tool", "name": "a"}}, "tool_choice: no tool is named 'a'."),
]


@pytest.mark.parametrize(("path", "change", "text"), ROWS, ids=[f"{path}-{text[:40]}" for path, _, text in ROWS])
def test_bad_body(http: httpx.Client, path: str, change: dict[str, Any], text: str) -> None:
    """A body that cannot be understood is refused with 400 and a sentence that begins with the place, if it has one."""
    answer = http.post(path, json={"model": "echo"} | GOOD[path] | change)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["message"].startswith(text)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"[]",
        b"\xff\xfe",
        b'{"model": "echo\xff"}',
        b"[" * 100_000,
        b'{"model":"echo","x":NaN}',
        b'{"a":' * 5000,
    ],
    ids=["empty", "word", "list", "bytes", "half text", "deep list", "nan", "deep object"],
)
@pytest.mark.parametrize("path", GOOD)
def test_no_json(http: httpx.Client, path: str, content: bytes) -> None:
    """What is no JSON object is refused on every path, in OpenAI's envelope."""
    answer = http.post(path, content=content)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_huge_body(http: httpx.Client) -> None:
    """A body above the limit is refused with 413."""
    answer = http.post(
        "chat/completions", json={"model": "echo", "messages": [{"role": "user", "content": "x" * 2**24}]}
    )
    assert answer.status_code == 413


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["role", "content", "type", "text", "function", "name", "parameters", "json_schema", "x"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=8,
)
FIELDS = {name for body in GOOD.values() for name in body} | {
    *("n", "stop", "max_tokens", "max_completion_tokens", "temperature", "seed", "tools", "tool_choice", "system"),
    *("response_format", "stream", "stream_options", "service_tier", "dimensions", "encoding_format", "text"),
    *("instructions", "background", "store", "metadata"),
}


@given(
    path=st.sampled_from(sorted(GOOD)), change=st.dictionaries(st.sampled_from(sorted(FIELDS)), ANYTHING, max_size=3)
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_breaks_it(http: httpx.Client, path: str, change: dict[str, Any]) -> None:
    """Whatever stands in a field, the answer is good or a refusal with a sentence."""
    answer = http.post(path, json={"model": "echo"} | GOOD[path] | change)
    assert answer.status_code < 500, answer.text
    assert answer.status_code < 400 or answer.json()["error"]["message"]
