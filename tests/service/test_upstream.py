from __future__ import annotations

import email.utils
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local.upstream import Upstream
from dw_jupyter.local.upstream_replies import read_models, read_wait
from tests.service.other_server import CHAT, OtherServer, Said, serve
from tests.service.rows import jsonl, line, lines, read, start_batch
from tests.service_process import ServiceProcess, start_service, wait_until

KEY = "sk-upstream-secret"
EVENTS = (
    b'data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"as it comes"}}]}\n\n'
)
USER: list[Any] = [{"role": "user", "content": "x"}]


def not_there(path: str, body: dict[str, Any]) -> Said:
    """A server that chats, and nothing else."""
    if path != "/v1/chat/completions":
        return Said(404, {"detail": "Not Found"})
    if body.get("stream"):
        return Said(200, EVENTS + b"data: [DONE]\n\n", {"Content-Type": "text/event-stream"})
    return Said(200, CHAT)


@pytest.fixture(scope="module")
def other() -> Iterator[OtherServer]:
    """A server that only chats."""
    with serve(OtherServer(not_there)) as server:
        yield server


@pytest.fixture(scope="module")
def behind(other: OtherServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service in front of it, which sends it two requests at once at most."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DW_JUPYTER_UPSTREAM_KEY", KEY)
        home = tmp_path_factory.mktemp("behind")
        with start_service(home, "--upstream", other.url, "--upstream-concurrency", "2") as service:
            yield service
            assert KEY not in service.log()


def test_a_chat_stands_in(other: OtherServer, behind: ServiceProcess) -> None:
    """Where a server only chats, the other paths are asked as a chat; an embedding is not to be had."""
    other.answer = not_there
    with behind.client() as client, behind.http() as http:
        assert client.responses.create(model="org/model", input="x").output_text == "from afar"
        assert client.completions.create(model="org/model", prompt="x").choices[0].text == "from afar"
        said = http.post("messages", json={"model": "org/model", "messages": USER}).json()
        assert said["content"][0]["text"] == "from afar"
        with client.responses.stream(model="org/model", input="x") as stream:
            assert stream.get_final_response().output_text == "from afar"
        with pytest.raises(openai.NotFoundError):
            client.embeddings.create(model="org/model", input="x")
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("org/other")
        assert client.models.retrieve("org/model").id == "org/model"


def test_what_the_server_has_is_passed_on(other: OtherServer, behind: ServiceProcess) -> None:
    """A request goes on as it is to a server that knows its path, and its answer or its events come back so."""
    own = {"id": "resp_own", "object": "response", "status": "completed", "output": [], "extra": 1}
    other.answer = lambda path, body: Said(200, own) if path == "/v1/responses" else not_there(path, body)
    asked = {"model": "org/model", "input": "x", "tools": [{"type": "web_search"}], "service_tier": "flex"}
    with behind.client() as client, behind.http() as http:
        assert http.post("responses", json=asked).json() == own
        assert other.asked[-1] == ("/v1/responses", asked)
        assert http.get("responses/resp_own").json() == own
        promised = http.post("responses", json=asked | {"background": True}).json()
        wait_until(lambda: http.get(f"responses/{promised['id']}").json()["status"] == "completed")
        assert http.get(f"responses/{promised['id']}").json()["extra"] == 1
        chunks = list(client.chat.completions.create(model="org/model", messages=USER, stream=True))
        assert [chunk.choices[0].delta.content for chunk in chunks] == ["as it comes"]
        batch = start_batch(http, jsonl(line("a", "x", model="org/model", stream=True)))
        wait_until(lambda: read(http, batch)["status"] == "completed")
        (answer,) = lines(http, batch["output_file_id"])
        assert answer["response"]["body"]["choices"][0]["message"]["content"] == "from afar"


@pytest.mark.parametrize(
    "wait", ["0", "0.1", "", email.utils.formatdate(usegmt=True)], ids=["0", "0.1", "none", "date"]
)
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_failure_is_tried_again(other: OtherServer, behind: ServiceProcess, wait: str, status: int) -> None:
    """A failure that passes is not seen by the client, streaming or not."""
    failures = iter([Said(status, {"error": {"message": "full"}}, {"Retry-After": wait} if wait else {})])
    other.answer = lambda path, body: next(failures, None) or not_there(path, body)
    with behind.client() as client:
        answer = client.chat.completions.create(model="org/model", messages=USER)
        assert answer.choices[0].message.content == "from afar"


def test_a_lasting_failure_is_told(other: OtherServer, behind: ServiceProcess) -> None:
    """What lasts, or asks for a long wait, reaches the client as it was said, with the wait."""
    other.answer = lambda *_: Said(429, {"error": {"message": "come back", "code": "full"}}, {"Retry-After": "99.5"})
    before = len(other.asked)
    with behind.client() as client, pytest.raises(openai.RateLimitError, match="come back") as refused:
        client.chat.completions.create(model="org/model", messages=USER, stream=True)
    assert refused.value.response.headers["Retry-After"] == "100"
    assert len(other.asked) == before + 1


def test_no_more_at_once_than_allowed(other: OtherServer, behind: ServiceProcess) -> None:
    """A batch and the requests in real time together keep to the limit."""
    gate = threading.Semaphore(0)

    def slowly(path: str, body: dict[str, Any]) -> Said:
        gate.acquire(timeout=20)
        return not_there(path, body)

    other.answer, other.most_at_once = slowly, 0
    before = len(other.asked)
    with behind.http() as http:
        batch = start_batch(http, jsonl(*(line(str(n), "x", model="org/model") for n in range(6))))
        threads = [
            threading.Thread(
                target=http.post, args=("chat/completions",), kwargs={"json": {"model": "org/model", "messages": USER}}
            )
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: other.under_way == 2)
        for _ in range(9):
            gate.release()
        for thread in threads:
            thread.join()
        wait_until(lambda: read(http, batch)["status"] == "completed")
    assert (len(other.asked) - before, other.most_at_once) == (9, 2)


LISTS: list[tuple[Any, list[str]]] = [
    ({"data": [{"id": "a", "created": "soon"}, {"id": 3}, 4, {"id": "b", "created": 7.5}]}, ["a", "b"]),
    ({"models": [{"name": "llama3:8b", "model": "llama3:8b"}]}, ["llama3:8b"]),
    ({"data": None}, []),
    ({}, []),
    (["a", {"id": "b"}], ["a", "b"]),
]


@pytest.mark.parametrize(("listed", "names"), LISTS, ids=str)
def test_lists_of_models(listed: Any, names: list[str]) -> None:
    """Models are read from every form in which servers list them."""
    assert [model.id for model in read_models(listed)] == names


@pytest.mark.parametrize(
    ("listed", "what"), [({"data": None}, "offers no model"), ({"data": "x"}, "does not list"), ("x", "does not list")]
)
async def test_a_server_without_models(listed: Any, what: str) -> None:
    """A server that offers nothing is refused at the start, its password left out."""
    with serve(OtherServer(not_there, models=listed)) as server:
        upstream = Upstream(server.url.replace("//", "//me:secret@"))
        with pytest.raises(LocalServiceError, match=what) as refused:
            await upstream.start()
        await upstream.stop()
    assert "secret" not in refused.value.what


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0.5", 0.5),
        ("-3", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("1e99", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    """Seconds and dates are understood, nonsense is nothing."""
    assert read_wait({"Retry-After": text}) == seconds
    later = email.utils.formatdate(time.time() + 1000, usegmt=True)
    assert read_wait({"Retry-After": later}) == pytest.approx(1000, abs=100)


def test_a_stream_that_breaks_off(tmp_path: Path) -> None:
    """A stream whose server goes away ends with an event that says so, and its slot is free again."""

    def broken(_: str, body: dict[str, Any]) -> Said:
        if not body.get("stream"):
            return Said(200, CHAT)
        return Said(200, EVENTS, {"Content-Type": "text/event-stream", "Content-Length": "9999"})

    with (
        serve(OtherServer(broken)) as server,
        start_service(tmp_path, "--upstream", server.url, "--upstream-concurrency", "1") as service,
        service.client() as client,
    ):
        for _ in range(2):
            with pytest.raises(openai.APIError, match="could not be reached"):
                list(client.chat.completions.create(model="org/model", messages=USER, stream=True))
        assert (
            client.chat.completions.create(model="org/model", messages=USER).choices[0].message.content == "from afar"
        )


def test_a_refused_retry_asks_nothing_again(other: OtherServer, behind: ServiceProcess) -> None:
    """A retry that has nothing to do leaves what is under way with the server alone."""
    held = threading.Event()

    def hold(path: str, body: dict[str, Any]) -> Said:
        held.wait(30)
        return not_there(path, body)

    other.answer = hold
    before = len(other.asked)
    with behind.http() as http:
        rows = [line(f"{number}", "x", model="org/model") for number in range(2)]
        batch = start_batch(http, jsonl(*rows))
        wait_until(lambda: len(other.asked) == before + 2)
        for _ in range(3):
            assert http.post(f"batches/{batch['id']}/retry").status_code == 400
        held.set()
        wait_until(lambda: read(http, batch)["status"] == "completed")
    assert len(other.asked) == before + 2


def test_a_password_in_the_address_is_refused(tmp_path: Path) -> None:
    """A server's address that holds a password is not taken, and not shown."""
    with pytest.raises(AssertionError, match="holds a user name or a password") as caught:
        ServiceProcess(tmp_path, "--upstream", "http://me:secret@127.0.0.1:9/v1")
    assert "secret" not in str(caught.value)
