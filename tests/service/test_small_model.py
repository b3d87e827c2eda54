from __future__ import annotations

import json
import math
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from dw_jupyter.local import weights
from tests.service_process import ServiceProcess, start_service

USER: list[Any] = [{"role": "user", "content": "What is the weather in Paris?"}]
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"$ref": "#/$defs/city"}, "unit": {"enum": ["C", "F"]}},
        "required": ["city", "unit"],
        "additionalProperties": False,
        "$defs": {"city": {"type": "string", "maxLength": 12}},
    },
}
ALARM = {
    "name": "ring",
    "parameters": {"type": "object", "properties": {"loud": {"type": "boolean"}}, "required": ["loud"]},
}
TOOLS: list[Any] = [{"type": "function", "function": each} for each in (WEATHER, ALARM)]
CALM: dict[str, Any] = {"model": "local", "temperature": 0, "seed": 1, "max_tokens": 60}


def dot(one: list[float], other: list[float]) -> float:
    """How near two vectors are."""
    return math.fsum(map(operator.mul, one, other))


@pytest.fixture(scope="module")
def local(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with the small model."""
    home = tmp_path_factory.mktemp("small")
    (home / "models").mkdir()
    (home / "models" / weights.FILE).symlink_to(small_model)
    with start_service(home) as service:
        yield service


def test_tools_by_schema(local: ServiceProcess) -> None:
    """A model that cannot call tools calls them by its grammar: freely, because it must, the one named, or none."""
    with local.client() as client:
        ask = client.chat.completions.create

        def call(**wish: Any) -> Any:
            choice = ask(messages=USER, tools=TOOLS, **CALM, **wish).choices[0]
            assert choice.finish_reason == "tool_calls"
            assert choice.message.tool_calls
            function: Any = choice.message.tool_calls[0]
            return function.function.name, json.loads(function.function.arguments)

        name, arguments = call(tool_choice="required")
        assert name in {"get_weather", "ring"}
        assert set(arguments) == ({"city", "unit"} if name == "get_weather" else {"loud"})
        name, arguments = call(tool_choice={"type": "function", "function": {"name": "ring"}})
        assert (name, list(arguments)) == ("ring", ["loud"])
        free = ask(messages=USER, tools=TOOLS, **CALM).choices[0]
        assert bool(free.message.tool_calls) != bool(free.message.content)
        none = ask(messages=USER, tools=TOOLS, tool_choice="none", **CALM | {"max_tokens": 5}).choices[0]
        assert none.message.content
        assert none.message.tool_calls is None
        spoken: Any = {
            "id": "1",
            "type": "function",
            "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
        }
        history = [
            *USER,
            {"role": "assistant", "tool_calls": [spoken]},
            {"role": "tool", "tool_call_id": "1", "content": "rain"},
        ]
        assert ask(messages=history, **CALM | {"max_tokens": 5}).choices[0].message.content


def test_other_dialects_of_the_small_model(local: ServiceProcess) -> None:
    """A response within a schema, a text completion and a message come from the same model."""
    schema: Any = {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}}, "required": ["mood"]}
    form: Any = {"format": {"type": "json_schema", "name": "mood", "schema": schema}}
    with local.client() as client, local.http() as http:
        done = client.responses.create(model="local", input="I love it", text=form, temperature=0)
        assert json.loads(done.output_text)["mood"] in {"good", "bad"}
        assert done.usage
        assert done.usage.output_tokens > 0
        assert client.completions.create(prompt="Say hello.", **CALM | {"max_tokens": 4}).choices[0].text
        asked = {"model": "local", "messages": USER, "max_tokens": 4}
        assert http.post("messages", json=asked).json()["stop_reason"] == "max_tokens"
        picture = {"type": "image_url", "image_url": {"url": "data:,"}}
        with pytest.raises(openai.BadRequestError, match="this model reads text"):
            client.chat.completions.create(model="local", messages=[{"role": "user", "content": [picture]}])  # type: ignore[list-item,misc]  # wrong on purpose
        with pytest.raises(openai.BadRequestError):
            client.chat.completions.create(
                model="local",
                messages=USER,
                response_format={"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "nonsense"}}},
            )


def test_embeddings_of_the_small_model(local: ServiceProcess) -> None:
    """Vectors come from a second process: of length 1, near for near texts, of one size only."""
    texts = ["The cat sleeps on the sofa.", "A cat is sleeping on the couch.", "Interest rates rose in March."]
    with local.client() as client:
        before = len(psutil.Process(local.process.pid).children())
        made = client.embeddings.create(model="local", input=texts)
        cat, also_cat, rates = (each.embedding for each in made.data)
        assert math.isclose(math.hypot(*cat), 1, abs_tol=1e-5)
        assert dot(cat, also_cat) > dot(cat, rates)
        assert made.model == "SmolLM2-135M-Instruct"
        assert made.usage.prompt_tokens > 10
        assert client.embeddings.create(model="local", input=texts[0], dimensions=len(cat)).data[0].embedding
        with pytest.raises(openai.BadRequestError, match=f"have {len(cat)}"):
            client.embeddings.create(model="local", input="x", dimensions=8)
        assert client.embeddings.create(model="local", input=["", "x"]).data[1].embedding
        with pytest.raises(openai.BadRequestError, match="too large"):
            client.embeddings.create(model="local", input="word " * 3000)
        children = psutil.Process(local.process.pid).children()
    assert len(children) == before + 1
    local.stop()
    assert psutil.wait_procs(children, timeout=20)[1] == []
