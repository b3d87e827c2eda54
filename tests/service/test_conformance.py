from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import openai
import pytest

from tests.service.rows import PATHS, jsonl, line
from tests.service.wires import Json, Official, Ours, RefusedError, Wire
from tests.service_process import ServiceProcess, start_service, wait_until

CHAT = "/v1/chat/completions"
LIMITS = ("--max-requests", "4", "--max-bytes", "20000", "--max-body", "2000")
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """An echo service that takes four small requests in a file."""
    with start_service(tmp_path_factory.mktemp("service"), "--model", "echo", *LIMITS) as running:
        yield running


@pytest.fixture(params=[Ours, Official], ids=["ours", "openai"])
def wire(service: ServiceProcess, request: pytest.FixtureRequest) -> Iterator[Wire]:
    """One client after the other."""
    client = request.param(service.base_url, service.api_key)
    yield client
    client.close()


@pytest.fixture
def upload(wire: Wire, tmp_path: Path) -> Any:
    """Uploads bytes or lines as ``rows.jsonl``."""

    def send(*lines: Json | bytes) -> Json:
        path = tmp_path / "rows.jsonl"
        path.write_bytes(b"".join(each if isinstance(each, bytes) else jsonl(each) for each in lines))
        return wire.upload(path)

    return send


def run(wire: Wire, file: Json, **fields: Any) -> Json:
    """A batch of a file, at its end."""
    batch = wire.create(input_file_id=file["id"], endpoint=CHAT, completion_window="24h", **fields)
    wait_until(lambda: wire.batch(batch["id"])["status"] in {"completed", "failed"})
    return wire.batch(batch["id"])


def read(wire: Wire, file_id: str) -> list[Json]:
    """The lines of a file."""
    return [json.loads(each) for each in wire.content(file_id).split(b"\n") if each]


def test_the_official_client_is_the_one_that_was_asked_for() -> None:
    """The suite runs with the major version of the SDK that its caller names."""
    asked = os.environ.get("DW_JUPYTER_TEST_OPENAI", openai.__version__.partition(".")[0])
    assert openai.__version__.partition(".")[0] == asked


def test_a_batch_from_end_to_end(wire: Wire, upload: Any) -> None:
    """Upload, create, watch, read: what was asked is answered, what failed is in the other file, counts agree."""
    file = upload(line("a", "one \u2028 😀"), line("b", "fail 400"), line("c", "three"))
    assert file["object"] == "file" if "object" in file else True
    assert (file["filename"], file["purpose"]) == ("rows.jsonl", "batch")
    assert wire.file(file["id"])["bytes"] == file["bytes"]
    batch = run(wire, file, metadata={"note": "x", "created_by": "me"})
    assert (batch["status"], batch["request_counts"]) == ("completed", {"total": 3, "completed": 2, "failed": 1})
    assert batch["metadata"] == {"note": "x", "request_source": "api"}
    answers = {each["custom_id"]: each for each in read(wire, batch["output_file_id"])}
    assert {key: each["response"]["body"]["choices"][0]["message"]["content"] for key, each in answers.items()} == {
        "a": "one \u2028 😀",
        "c": "three",
    }
    (failure,) = read(wire, batch["error_file_id"])
    reason = json.loads(failure["error"]["message"])
    assert (failure["custom_id"], reason["type"], reason["details"]["status"]) == ("b", "NonRetriableHttpStatus", 400)
    assert [each["custom_id"] for each in read(wire, file["id"])] == ["a", "b", "c"]


def test_both_files_are_there_from_the_first(wire: Wire, upload: Any) -> None:
    """A batch names its output and its error file as soon as it is made, and ids are bare UUIDs."""
    batch = wire.create(input_file_id=upload(line("a", "x"))["id"], endpoint=CHAT, completion_window="1h")
    for key in ("id", "input_file_id", "output_file_id", "error_file_id"):
        assert len(batch[key]) == 36
    assert wire.file(batch["output_file_id"])["filename"] == f"batch-{batch['id']}-output.jsonl"


def test_lists_are_whole_in_any_page_size(wire: Wire, upload: Any) -> None:
    """Going through the pages gives each file and each batch once, in order."""
    made = [upload(line("a", "x"))["id"] for _ in range(3)]
    batches = [wire.create(input_file_id=file, endpoint=CHAT, completion_window="24h")["id"] for file in made]
    assert wire.files(limit=2, order="asc", purpose="batch")[-3:] == made
    assert wire.files(limit=1, order="desc", purpose="batch")[:3] == made[::-1]
    assert wire.batches(limit=2)[:3] == batches[::-1]
    assert len(set(wire.batches(limit=1))) == len(wire.batches(limit=100))


def test_cancel_also_takes_what_has_ended(wire: Wire, upload: Any) -> None:
    """Cancelling a completed batch turns its status over, and its answers stay."""
    batch = run(wire, upload(line("a", "x")))
    assert wire.cancel(batch["id"])["status"] == "cancelled"
    assert len(read(wire, batch["output_file_id"])) == 1


def test_a_deleted_input_file_is_unlinked(wire: Wire, upload: Any) -> None:
    """A batch whose input file was deleted stays, and its answers with it."""
    batch = run(wire, upload(line("a", "x")))
    wire.delete_file(batch["input_file_id"])
    assert wire.batch(batch["id"])["input_file_id"] == ""
    assert len(read(wire, batch["output_file_id"])) == 1
    with pytest.raises(RefusedError) as caught:
        wire.file(batch["input_file_id"])
    assert caught.value.status == 404


def test_answers_in_real_time(wire: Wire) -> None:
    """Chat, completions, embeddings and responses are answered at once; a response in the background is asked for."""
    assert "echo" in wire.models()
    said = wire.answer(CHAT, {"model": "echo", "messages": [{"role": "user", "content": "hello"}]})
    assert said["choices"][0]["message"]["content"] == "hello"
    assert wire.answer("/v1/completions", {"model": "echo", "prompt": "hello"})["choices"][0]["text"] == "hello"
    vectors = wire.answer("/v1/embeddings", {"model": "echo", "input": ["a", "b"], "encoding_format": "float"})["data"]
    assert [sum(x * x for x in each["embedding"]) for each in vectors] == pytest.approx([1, 1])
    response = wire.answer("/v1/responses", {"model": "echo", "input": "hello", "background": True})
    assert response["status"] in {"queued", "in_progress"}
    wait_until(lambda: wire.response(response["id"])["status"] == "completed")
    assert wire.response(response["id"])["output"][0]["content"][0]["text"] == "hello"


def changed(**fields: Any) -> Json:
    """A request with other fields; ``None`` takes one away."""
    return {key: value for key, value in (line("a", "x") | fields).items() if value is not None}


UPLOADS: list[tuple[str, list[Json | bytes], int, str]] = [
    (
        "too many requests",
        [line(f"{n}", "x") for n in range(5)],
        400,
        "File contains 5 requests, which exceeds the maximum of 4",
    ),
    (
        "a large body",
        [line("a", "x"), line("b", "x" * 3000)],
        400,
        "Line 2: Request body is 3058 bytes, which exceeds the maximum allowed size of 2000 bytes",
    ),
    ("a large file", [b" " * 30_000 + b"\n"], 413, "File exceeds the maximum allowed size of 20000 bytes"),
    ("no JSON", [line("a", "x"), b"\n", b"{nope}\n"], 400, "Invalid JSON on line 2: "),
    (
        "no custom_id",
        [changed(custom_id=None)],
        400,
        "Invalid JSON on line 1: missing field `custom_id` at line 1 column ",
    ),
    ("no method", [changed(method=None)], 400, "Invalid JSON on line 1: missing field `method`"),
    ("no url", [changed(url=None)], 400, "Invalid JSON on line 1: missing field `url`"),
    ("no body", [changed(body=None)], 400, "Invalid JSON on line 1: missing field `body`"),
    (
        "no UTF-8",
        [line("a", "x"), b'{"custom_id": "\xff"}\n'],
        400,
        "File contains invalid UTF-8 on/near line 2 at byte offset ",
    ),
    ("nothing", [b"\n \n"], 400, "File contains no valid request templates"),
    (
        "a long id",
        [changed(custom_id="é" * 35)],
        400,
        "Line 1: custom_id exceeds maximum length of 64 characters (got 70)",
    ),
    (
        "an id of other letters",
        [changed(custom_id="é")],
        400,
        "Line 1: custom_id contains invalid characters: must be valid ASCII without control characters",
    ),
    (
        "another method",
        [changed(method="GET")],
        400,
        "Unsupported HTTP method 'GET'. Only POST is currently supported.",
    ),
    ("another url", [changed(url="/v1/foo")], 400, f"Unsupported URL path '/v1/foo'. Allowed paths are: {PATHS}"),
    ("no model", [changed(body={"messages": []})], 400, "Missing 'model' field in request body"),
    (
        "an unknown model",
        [line("a", "x"), line("b", "x", model="gpt-7")],
        403,
        "Line 2: Model 'gpt-7' has not been configured or is not available to user",
    ),
]


@pytest.mark.parametrize(("lines", "status", "text"), [case[1:] for case in UPLOADS], ids=[case[0] for case in UPLOADS])
def test_an_upload_that_is_refused(wire: Wire, upload: Any, lines: list[Json | bytes], status: int, text: str) -> None:
    """Each fault of a request file is refused with the service's words, which the user reads, and nothing is kept."""
    before = wire.files(limit=100, order="desc")
    with pytest.raises(RefusedError) as caught:
        upload(*lines)
    assert caught.value.status == status
    assert text in caught.value.text
    assert wire.files(limit=100, order="desc") == before


CREATES: list[tuple[Json, int, str]] = [
    ({"input_file_id": "nope"}, 400, "Invalid input_file_id format"),
    ({"input_file_id": NOWHERE}, 404, f"File with ID {NOWHERE} not found"),
    ({"endpoint": "/v1/foo"}, 400, f"Unsupported endpoint '/v1/foo'. Supported: {PATHS}"),
    ({"completion_window": "48h"}, 400, "Unsupported completion_window. Allowed values: 24h, 1h"),
]


@pytest.mark.parametrize(("fields", "status", "text"), CREATES)
def test_a_batch_that_is_refused(wire: Wire, upload: Any, fields: Json, status: int, text: str) -> None:
    """Each fault of a create is refused with the service's words, and no batch is made."""
    before = wire.batches(limit=100)
    asked = {"input_file_id": upload(line("a", "x"))["id"], "endpoint": CHAT, "completion_window": "24h"}
    with pytest.raises(RefusedError) as caught:
        wire.create(**asked | fields)
    assert (caught.value.status, text in caught.value.text) == (status, True)
    assert wire.batches(limit=100) == before


@pytest.mark.parametrize("call", ["file", "batch", "content", "delete_file", "cancel", "response"])
def test_what_is_not_there(wire: Wire, call: str) -> None:
    """A thing that is not there is not found, and an id of another form is no id."""
    with pytest.raises(RefusedError) as caught:
        getattr(wire, call)(f"resp_{uuid4()}" if call == "response" else NOWHERE)
    assert (caught.value.status, "not found" in caught.value.text.lower()) == (404, True)
    if call != "response":
        with pytest.raises(RefusedError) as caught:
            getattr(wire, call)("file-abc123")
        assert caught.value.status == 400


@pytest.mark.parametrize(
    ("url", "body", "status"),
    [
        (CHAT, {"model": "gpt-7", "messages": [{"role": "user", "content": "x"}]}, 404),
        (CHAT, {"model": "echo", "messages": []}, 400),
        (CHAT, {"model": "echo", "messages": [{"role": "user", "content": "fail 503"}]}, 503),
        ("/v1/embeddings", {"model": "gpt-7", "input": "x", "encoding_format": "float"}, 404),
        ("/v1/responses", {"model": "gpt-7", "input": "x"}, 404),
    ],
)
def test_a_real_time_call_that_is_refused(wire: Wire, url: str, body: Json, status: int) -> None:
    """A refusal in real time has its status, and a sentence of the service's."""
    with pytest.raises(RefusedError) as caught:
        wire.answer(url, body)
    assert caught.value.status == status
    assert len(caught.value.text) > 10
