"""What programs of others read strictly, or ask in words of their own."""

from __future__ import annotations

import json
from typing import Any

import httpx
import openai
import pytest
from openai.types import CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import BaseModel, TypeAdapter

from tests.service.rows import ended, jsonl, line, lines, start_batch
from tests.service_process import ServiceProcess, wait_until

USER = [{"role": "user", "content": "one two three"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
CHAT_TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
TOOLS = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}]
ASKED: list[tuple[str, dict[str, Any], type[BaseModel], Any]] = [
    ("chat/completions", {"messages": USER}, ChatCompletion, ChatCompletionChunk),
    ("chat/completions", {"messages": USER, "tools": CHAT_TOOLS}, ChatCompletion, ChatCompletionChunk),
    ("responses", {"input": "one two three"}, Response, ResponseStreamEvent),
    ("responses", {"input": "Oslo", "tools": TOOLS, "max_output_tokens": 9}, Response, ResponseStreamEvent),
    ("embeddings", {"input": ["a"], "encoding_format": "float"}, CreateEmbeddingResponse, None),
]


@pytest.mark.parametrize(
    ("path", "body", "whole", "piece"), ASKED, ids=[f"{n}-{each[0]}" for n, each in enumerate(ASKED)]
)
def test_strict_readers(
    http: httpx.Client, path: str, body: dict[str, Any], whole: type[BaseModel], piece: Any
) -> None:
    """Programs that check an answer against the official client's types find nothing missing, in pieces as whole."""
    body = {"model": "echo"} | body
    whole.model_validate(http.post(path, json=body).json())
    if piece is not None:
        with http.stream("POST", path, json=body | {"stream": True}) as answer:
            data = [each[6:] for each in answer.iter_lines() if each.startswith("data: ") and each != "data: [DONE]"]
        for each in data:
            TypeAdapter(piece).validate_json(each)


def test_responses_go_on_from_earlier_ones(client: openai.OpenAI, http: httpx.Client) -> None:
    """What an earlier response said stands before the input, at once, in the background and in a batch."""
    first = client.responses.create(model="echo", input="one two three")
    second = client.responses.create(model="echo", input="four", previous_response_id=first.id)
    assert second.usage
    assert (second.output_text, second.usage.input_tokens, second.previous_response_id) == ("four", 4, first.id)
    third = client.responses.create(model="echo", input="five", previous_response_id=second.id, background=True)
    wait_until(lambda: client.responses.retrieve(third.id).status == "completed")
    done = client.responses.retrieve(third.id)
    assert done.usage
    assert (done.output_text, done.usage.input_tokens) == ("five", 2)
    row = {"model": "echo", "input": "six", "previous_response_id": first.id}
    rows = [
        line("known", "") | {"url": "/v1/responses", "body": row},
        line("unknown", "") | {"url": "/v1/responses", "body": row | {"previous_response_id": "resp_1"}},
    ]
    batch = ended(http, start_batch(http, jsonl(*rows), endpoint="/v1/responses"))
    (answer,) = lines(http, batch["output_file_id"])
    assert answer["response"]["body"]["usage"]["input_tokens"] == 4
    (failure,) = lines(http, batch["error_file_id"])
    assert "previous response not found: resp_1" in failure["error"]["message"]


def test_clients_of_the_messages_api(service: ServiceProcess, http: httpx.Client) -> None:
    """They show the key in their own header, and read refusals and models in forms of their own."""
    own = {"x-api-key": service.api_key, "anthropic-version": "2023-06-01"}
    asked = {"model": "echo", "max_tokens": 9, "messages": USER}
    with httpx.Client(base_url=service.base_url, headers=own, trust_env=False) as theirs:
        assert theirs.post("messages", json=asked).json()["content"][0]["text"] == "one two three"
        for change, status, kind in (
            ({"model": "none"}, 404, "not_found_error"),
            ({"messages": [{"role": "user", "content": "fail 429"}]}, 429, "rate_limit_error"),
            ({"messages": 3}, 400, "invalid_request_error"),
        ):
            refused = theirs.post("messages", json=asked | change)
            told = refused.json()
            assert (refused.status_code, told["type"], told["error"]["type"]) == (status, "error", kind)
            assert told["error"]["message"]
        listed = theirs.get("models").json()
        (model,) = listed["data"]
        assert (model["type"], model["id"], model["created_at"][:4]) == ("model", "echo", "2023")
        assert (listed["first_id"], listed["has_more"]) == ("echo", False)
        assert theirs.get("files").status_code == 401
        stranger = theirs.post("messages", json=asked, headers={"x-api-key": "no"})
        assert (stranger.status_code, stranger.json()["error"]["type"]) == (401, "authentication_error")
    row = line("a", "") | {
        "url": "/v1/messages",
        "body": asked | {"messages": [{"role": "user", "content": "fail 400"}]},
    }
    batch = ended(http, start_batch(http, jsonl(row), endpoint="/v1/messages"))
    (failure,) = lines(http, batch["error_file_id"])
    details = json.loads(failure["error"]["message"])["details"]
    assert json.loads(details["body"])["error"] == {"type": "invalid_request_error", "message": "fail 400, as asked."}
