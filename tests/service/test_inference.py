from __future__ import annotations

import json
import math
from typing import Any

import httpx
import openai
import pytest
from pydantic import BaseModel

from tests.service.rows import jsonl, lines, read, start_batch
from tests.service_process import wait_until

USER: list[Any] = [{"role": "user", "content": "one two three"}]
WEATHER: dict[str, Any] = {
    "name": "weather",
    "description": "The weather of a place.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
    },
}
ALARM: dict[str, Any] = {"name": "alarm", "parameters": {"type": "object", "properties": {}}}
TOOLS: list[Any] = [{"type": "function", "function": each} for each in (WEATHER, ALARM)]
FLAT_TOOLS: list[Any] = [{"type": "function", "strict": True, **WEATHER}]


class Review(BaseModel):
    """What a review says."""

    stars: int
    words: list[str]


def test_chat(client: openai.OpenAI) -> None:
    """A chat honours ``n``, ``stop`` and the limit on tokens, and any tier."""
    ask = client.chat.completions.create
    several = ask(model="echo", messages=USER, n=3, service_tier="flex")
    assert [(each.index, each.message.content) for each in several.choices] == [(n, "one two three") for n in range(3)]
    stopped = ask(model="echo", messages=USER, stop=[" three", "four"]).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("one two", "stop")
    limited = ask(model="echo", messages=USER, max_completion_tokens=2).choices[0]
    assert (limited.message.content, limited.finish_reason) == ("one two", "length")


def test_chat_within_a_schema(client: openai.OpenAI) -> None:
    """The official client parses an answer within a Pydantic model, of a chat as of a response."""
    parsed = client.chat.completions.parse(model="echo", messages=USER, response_format=Review)
    assert parsed.choices[0].message.parsed == Review(stars=0, words=["one two three"])
    response = client.responses.parse(model="echo", input="hi", text_format=Review)
    assert response.output_parsed == Review(stars=0, words=["hi"])


def test_chat_with_tools(client: openai.OpenAI) -> None:
    """The first tool is called, or the one that is asked for, with valid arguments; after its result comes text."""
    ask = client.chat.completions.create
    choice = ask(model="echo", messages=USER, tools=TOOLS, parallel_tool_calls=False).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.tool_calls
    call: Any = choice.message.tool_calls[0]
    assert (call.function.name, json.loads(call.function.arguments)) == (
        "weather",
        {"city": "one two three", "unit": "C"},
    )
    wish: Any = {"type": "function", "function": {"name": "alarm"}}
    named: Any = ask(model="echo", messages=USER, tools=TOOLS, tool_choice=wish).choices[0].message.tool_calls
    assert named[0].function.name == "alarm"
    assert ask(model="echo", messages=USER, tools=TOOLS, tool_choice="none").choices[0].message.tool_calls is None
    answered = [*USER, choice.message, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    assert ask(model="echo", messages=answered, tools=TOOLS).choices[0].message.content == "one two three"


def test_chat_in_pieces(client: openai.OpenAI) -> None:
    """A streamed chat is the whole one in several chunks, with the counts where they are asked for."""
    with client.chat.completions.stream(model="echo", messages=USER, tools=TOOLS) as stream:
        call: Any = stream.get_final_completion().choices[0].message.tool_calls
    assert json.loads(call[0].function.arguments) == {"city": "one two three", "unit": "C"}
    chunks = list(
        client.chat.completions.create(
            model="echo", messages=USER, n=2, stream=True, stream_options={"include_usage": True}
        )
    )
    said = ["".join(c.delta.content or "" for k in chunks for c in k.choices if c.index == n) for n in range(2)]
    assert said == ["one two three"] * 2
    assert len(chunks) > 6
    assert chunks[-1].usage
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 9)
    bare = list(client.chat.completions.create(model="echo", messages=USER, stream=True))
    assert bare[-1].choices[0].finish_reason == "stop"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="echo", messages=[], stream=True)


def test_completions(client: openai.OpenAI) -> None:
    """Every prompt of a text completion is answered, whole or in pieces."""
    done = client.completions.create(model="echo", prompt=["a b", "c"], n=2, max_tokens=1, echo=True)
    assert [(each.index, each.text) for each in done.choices] == [(0, "a ba"), (1, "a ba"), (2, "cc"), (3, "cc")]
    assert done.usage
    assert (done.usage.prompt_tokens, done.usage.completion_tokens) == (3, 4)
    pieces = list(client.completions.create(model="echo", prompt="one two three", stream=True))
    assert "".join(each.choices[0].text for each in pieces) == "one two three"
    assert pieces[-1].choices[0].finish_reason == "stop"


def test_embeddings(client: openai.OpenAI) -> None:
    """The same text has the same vector, of length 1, in either encoding; tokens are an input too."""
    made = client.embeddings.create(model="echo", input=["a b", "c", "a b"], dimensions=8)
    first, second, third = (each.embedding for each in made.data)
    assert first == third != second
    assert len(first) == 8
    assert math.isclose(math.hypot(*first), 1, abs_tol=1e-6)
    assert made.usage.prompt_tokens == 5
    plain = client.embeddings.create(model="echo", input="a b", dimensions=8, encoding_format="float")
    assert plain.data[0].embedding == pytest.approx(first, abs=1e-6)
    tokens = client.embeddings.create(model="echo", input=[[1, 2, 3], [4]])
    assert (len(tokens.data), len(tokens.data[0].embedding), tokens.usage.prompt_tokens) == (2, 64, 4)


def test_responses(client: openai.OpenAI) -> None:
    """A response is answered at once, tells its request again, and is kept unless that is declined."""
    given: Any = [
        {"role": "developer", "content": "be brief"},
        {"role": "user", "content": [{"type": "input_text", "text": "one two"}]},
    ]
    done = client.responses.create(model="echo", input=given, instructions="count", metadata={"row": "7"})
    assert (done.output_text, done.status, done.metadata, done.background) == (
        "one two",
        "completed",
        {"row": "7"},
        False,
    )
    assert done.usage
    assert (done.usage.input_tokens, done.usage.output_tokens, done.usage.total_tokens) == (5, 2, 7)
    assert client.responses.retrieve(done.id) == done
    client.responses.delete(done.id)
    with pytest.raises(openai.NotFoundError, match="not found"):
        client.responses.retrieve(done.id)
    gone = client.responses.create(model="echo", input="x", store=False)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(gone.id)
    cut = client.responses.create(model="echo", input="one two", max_output_tokens=1)
    assert cut.incomplete_details
    assert (cut.status, cut.output_text, cut.incomplete_details.reason) == ("incomplete", "one", "max_output_tokens")


def test_responses_with_tools(client: openai.OpenAI) -> None:
    """A function is called by an item, and its result, an item too, leads to text."""
    first = client.responses.create(model="echo", input="Oslo", tools=FLAT_TOOLS)
    (call,) = first.output
    assert call.type == "function_call"
    assert json.loads(call.arguments) == {"city": "Oslo", "unit": "C"}
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}
    given: Any = [{"role": "user", "content": "Oslo"}, call.model_dump(exclude_none=True), result]
    assert client.responses.create(model="echo", input=given, tools=FLAT_TOOLS).output_text == "Oslo"


def test_responses_in_pieces(client: openai.OpenAI) -> None:
    """The official client puts a streamed response together, text and calls alike, and it is kept like any other."""
    with client.responses.stream(model="echo", input="one two three") as stream:
        kinds = [event.type for event in stream]
        done = stream.get_final_response()
    assert done.output_text == "one two three"
    assert kinds[:2] == ["response.created", "response.in_progress"]
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.delta") > 2
    assert client.responses.retrieve(done.id).output_text == "one two three"
    with client.responses.stream(model="echo", input="Oslo", tools=FLAT_TOOLS) as stream:
        called: Any = stream.get_final_response().output[0]
    assert json.loads(called.arguments)["city"] == "Oslo"


def test_messages(http: httpx.Client) -> None:
    """The Messages API is spoken: system, tools, results of tools, and a stream."""
    asked = {"model": "echo", "max_tokens": 50, "system": "be brief", "messages": USER}
    said = http.post("messages", json=asked).json()
    assert said["content"] == [{"type": "text", "text": "one two three"}]
    assert (said["type"], said["stop_reason"], said["usage"]) == (
        "message",
        "end_turn",
        {"input_tokens": 5, "output_tokens": 3},
    )
    tools = [{"name": "weather", "input_schema": WEATHER["parameters"]}]
    use = http.post("messages", json=asked | {"tools": tools, "tool_choice": {"type": "any"}}).json()
    assert (use["stop_reason"], use["content"][0]["input"]) == ("tool_use", {"city": "one two three", "unit": "C"})
    result = {"type": "tool_result", "tool_use_id": use["content"][0]["id"], "content": "rain"}
    turns = [*USER, {"role": "assistant", "content": use["content"]}, {"role": "user", "content": [result]}]
    assert http.post("messages", json=asked | {"tools": tools, "messages": turns}).json()["stop_reason"] == "end_turn"
    with http.stream("POST", "messages", json=asked | {"stream": True}) as stream:
        events = [json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: ")]
    assert [event["type"] for event in (events[0], events[-1])] == ["message_start", "message_stop"]
    assert "".join(e["delta"]["text"] for e in events if e["type"] == "content_block_delta") == "one two three"


def test_models(client: openai.OpenAI, http: httpx.Client) -> None:
    """Models are listed, whatever the query filters by, and found one by one, ids with slashes too."""
    query = {"group": "x", "available_for_realtime": "true", "include_reasoning_capabilities": "true"}
    assert [each["id"] for each in http.get("models", params=query).json()["data"]] == ["echo"]
    assert client.models.retrieve("echo").object == "model"
    with pytest.raises(openai.NotFoundError) as unknown:
        client.models.retrieve("Qwen/Qwen3.5-9B")
    assert unknown.value.code == "model_not_found"


def test_failing_once_and_slowly(client: openai.OpenAI, http: httpx.Client) -> None:
    """A request may fail the first time it is seen only, and take its time; a batch then gets its answer."""
    ask = client.chat.completions.create
    order: list[Any] = [{"role": "user", "content": "wait 0.05 fail 503 once"}]
    with pytest.raises(openai.InternalServerError, match="as asked"):
        ask(model="echo", messages=order)
    assert ask(model="echo", messages=order).choices[0].message.content == "wait 0.05 fail 503 once"
    row = {
        "custom_id": "a",
        "method": "POST",
        "url": "/v1/responses",
        "body": {"model": "echo", "input": "fail 500 once"},
    }
    batch = start_batch(http, jsonl(row), endpoint="/v1/responses")
    wait_until(lambda: read(http, batch)["status"] == "completed")
    assert read(http, batch)["request_counts"] == {"total": 1, "completed": 1, "failed": 0}


def test_every_url_in_one_batch(http: httpx.Client) -> None:
    """What works in real time works in a batch, for each of the five urls, whatever it says of streams."""
    bodies: dict[str, dict[str, Any]] = {
        "/v1/chat/completions": {"messages": USER, "stream": True},
        "/v1/completions": {"prompt": "x"},
        "/v1/embeddings": {"input": ["x", "y"]},
        "/v1/responses": {"input": "x"},
        "/v1/messages": {"messages": USER, "max_tokens": 5},
    }
    rows = [
        {"custom_id": url, "method": "POST", "url": url, "body": {"model": "echo"} | body}
        for url, body in bodies.items()
    ]
    batch = start_batch(http, jsonl(*rows))
    wait_until(lambda: read(http, batch)["status"] in {"completed", "failed"})
    kinds = {each["custom_id"]: each["response"]["body"] for each in lines(http, batch["output_file_id"])}
    assert {url: body.get("object") or body["type"] for url, body in kinds.items()} == {
        "/v1/chat/completions": "chat.completion",
        "/v1/completions": "text_completion",
        "/v1/embeddings": "list",
        "/v1/responses": "response",
        "/v1/messages": "message",
    }
