from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.service_process import ServiceProcess, start_service, wait_until


def poll(client: openai.OpenAI, response_id: str) -> Any:
    """A response once it has ended."""
    wait_until(lambda: client.responses.retrieve(response_id).status not in {"queued", "in_progress"})
    return client.responses.retrieve(response_id)


def test_background_response(client: openai.OpenAI, http: httpx.Client) -> None:
    """A response in the background is promised with 202, worked on, and polled to its end under the same id."""
    asked = {"model": "echo", "input": "wait 0.2", "background": True, "service_tier": "flex", "metadata": {"a": "b"}}
    promised = http.post("responses", json=asked)
    assert promised.status_code == 202
    said = promised.json()
    assert said["id"].startswith("resp_")
    shown = {key: said[key] for key in ("object", "status", "model", "background", "service_tier", "output")}
    assert shown == {
        "object": "response",
        "status": "queued",
        "model": "echo",
        "background": True,
        "service_tier": "flex",
        "output": [],
    }
    done = poll(client, said["id"])
    assert (done.id, done.status, done.output_text, done.metadata) == (said["id"], "completed", "wait 0.2", {"a": "b"})
    assert (done.background, done.service_tier, done.created_at) == (True, "flex", said["created_at"])
    assert http.post("responses", json=asked | {"service_tier": "auto"}).json()["status"] == "in_progress"
    with client.responses.stream(model="echo", input="in pieces", background=True) as stream:
        assert stream.get_final_response().output_text == "in pieces"


def test_background_failure(client: openai.OpenAI) -> None:
    """What fails for a while is tried again; what fails for good ends as a failed response that says why."""
    create = client.responses.create
    passing = poll(client, create(model="echo", input="fail 500 once", background=True).id)
    assert (passing.status, passing.error) == ("completed", None)
    failed = poll(client, create(model="echo", input="fail 400", background=True).id)
    assert (failed.status, failed.error.message) == ("failed", "fail 400, as asked.")
    tools: Any = [{"type": "web_search"}]
    unread = poll(client, create(model="echo", input="x", tools=tools, background=True).id)
    assert unread.status == "failed"
    assert unread.error.message.startswith("tools[0]")
    with pytest.raises(openai.BadRequestError, match="input"):
        create(model="echo", background=True)


def test_cancel_and_delete(client: openai.OpenAI) -> None:
    """A response under way is cancelled and stays so; one that has ended stays as it is; a deleted one is gone."""
    slow = client.responses.create(model="echo", input="wait 300", background=True)
    assert client.responses.cancel(slow.id).status == "cancelled"
    assert client.responses.retrieve(slow.id).status == "cancelled"
    done = poll(client, client.responses.create(model="echo", input="x", background=True).id)
    assert client.responses.cancel(done.id).status == "completed"
    other = client.responses.create(model="echo", input="wait 300", background=True)
    client.responses.delete(other.id)
    for call in (client.responses.retrieve, client.responses.cancel, client.responses.delete):
        with pytest.raises(openai.NotFoundError):
            call(other.id)


def test_background_responses_survive_a_kill(tmp_path: Path) -> None:
    """What was promised is answered by the next service, what had ended is still there."""
    first = ServiceProcess(tmp_path, "--model", "echo")
    with first.client() as client:
        done = poll(client, client.responses.create(model="echo", input="before", background=True).id)
        slow = client.responses.create(model="echo", input="wait 0.5", background=True, service_tier="flex")
    first.kill()
    with start_service(tmp_path, "--model", "echo") as second, second.client() as client:
        assert client.responses.retrieve(done.id).output_text == "before"
        assert poll(client, slow.id).output_text == "wait 0.5"
