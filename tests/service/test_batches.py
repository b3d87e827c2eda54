from __future__ import annotations

import json
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import openai
import pytest

from tests.service.rows import PATHS, ended, jsonl, line, lines, read, results, start_batch, upload
from tests.service_process import ServiceProcess, start_service, wait_until


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A service that takes 0.2 s for each answer, eight at a time."""
    with start_service(tmp_path_factory.mktemp("slow"), "--model", "echo", "--echo-delay", "0.2") as running:
        yield running


def test_official_client_runs_a_batch(client: openai.OpenAI) -> None:
    """Upload, create, poll, list and download work with the official SDK, and each row is answered once."""
    rows = [line(f"row-{number}", f"text {number} \u2028") for number in range(120)]
    file = client.files.create(file=("rows.jsonl", jsonl(*rows)), purpose="batch")
    made = client.batches.create(
        input_file_id=file.id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"batch_description": "reviews"},
    )
    assert made.status == "validating"
    assert made.output_file_id
    assert made.error_file_id
    assert made.request_counts
    assert made.request_counts.total == 120
    wait_until(lambda: client.batches.retrieve(made.id).status == "completed")
    done = client.batches.retrieve(made.id)
    assert done.in_progress_at
    assert done.finalizing_at
    assert done.completed_at
    assert done.expires_at == made.created_at + 86_400
    assert made.id in [batch.id for batch in client.batches.list(limit=1)]
    content = client.files.content(made.output_file_id).read()
    answers = [json.loads(each) for each in content.split(b"\n")[:-1]]
    assert {each["custom_id"]: each["response"]["body"]["choices"][0]["message"]["content"] for each in answers} == {
        row["custom_id"]: row["body"]["messages"][0]["content"] for row in rows
    }
    assert len(answers) == 120
    assert client.files.retrieve(made.output_file_id).bytes == len(content)
    assert client.files.content(made.error_file_id).read() == b""


def test_wire_form_of_a_batch(http: httpx.Client) -> None:
    """A batch has bare UUIDs, both files from its creation, no null, and metadata without the reserved keys."""
    metadata = {"token": "t-1", "created_by": "me", "DW-User-Agent": "x"}
    batch = start_batch(http, jsonl(line("a", "hello")), metadata=metadata)
    for field in ("id", "input_file_id", "output_file_id", "error_file_id"):
        assert str(uuid.UUID(batch[field])) == batch[field]
    assert batch["metadata"] == {"token": "t-1", "request_source": "api"}
    assert None not in batch.values()
    assert not batch.keys() & {"errors", "completed_at", "cancelled_at", "failed_at"}
    assert ended(http, batch)["request_counts"] == {"total": 1, "completed": 1, "failed": 0}
    names = {file["id"]: (file["filename"], file["purpose"]) for file in http.get("files").json()["data"]}
    assert names[batch["output_file_id"]] == (f"batch-{batch['id']}-output.jsonl", "batch_output")
    assert names[batch["error_file_id"]] == (f"batch-{batch['id']}-error.jsonl", "batch_error")


def test_failed_rows_stand_in_the_error_file(http: httpx.Client) -> None:
    """A row that fails has a line in the error file, its reason as JSON in the message; the others are answered."""
    content = jsonl(line("good", "hello"), line("bad", "fail 400"), line("busy", "fail 503"))
    batch = start_batch(http, content)
    done = ended(http, batch)
    assert (done["status"], done["request_counts"]) == ("completed", {"total": 3, "completed": 1, "failed": 2})
    (answer,) = lines(http, batch["output_file_id"])
    assert answer["response"].keys() == {"status_code", "request_id", "body"}
    assert (answer["error"], answer["response"]["request_id"]) == (None, None)
    errors = {each["custom_id"]: each for each in lines(http, batch["error_file_id"])}
    assert errors["bad"]["response"] is None
    assert errors["bad"]["error"]["code"] is None
    reasons = {name: json.loads(each["error"]["message"]) for name, each in errors.items()}
    assert reasons["bad"]["type"] == "NonRetriableHttpStatus"
    assert reasons["bad"]["details"]["status"] == 400
    assert json.loads(reasons["bad"]["details"]["body"])["error"]["message"] == "fail 400, as asked."
    assert reasons["busy"]["type"] == "RetriableHttpStatus"
    assert errors["bad"]["id"].startswith("batch_req_")


def test_batch_without_an_answer_has_failed(http: httpx.Client) -> None:
    """A batch whose requests all failed is ``failed``; retrying runs the failed ones again in the same batch."""
    batch = start_batch(http, jsonl(line("bad", "fail 422")))
    done = ended(http, batch)
    assert (done["status"], "failed_at" in done, "errors" in done) == ("failed", True, False)
    retried = http.post(f"batches/{batch['id']}/retry")
    assert (retried.status_code, retried.json()["id"]) == (200, batch["id"])
    assert retried.json()["request_counts"] == {"total": 1, "completed": 0, "failed": 0}
    assert ended(http, batch)["request_counts"]["failed"] == 1
    assert len(lines(http, batch["error_file_id"])) == 1


def test_some_requests_are_tried_again(http: httpx.Client) -> None:
    """Of the requests that are named the failed ones run again, and only they; a line's own id is no name for one."""
    rows = [line("good", "hello"), line("a", "fail 400"), line("b", "fail 400"), line("c", "fail 500 once")]
    batch = start_batch(http, jsonl(*rows))
    other = start_batch(http, jsonl(line("else", "fail 400")))
    ended(http, batch)
    ended(http, other)
    size = http.get(f"files/{batch['error_file_id']}").json()["bytes"]
    shown = {each["custom_id"]: each["id"] for each in results(http, batch)[0]}
    before = {each["custom_id"]: each for each in lines(http, batch["error_file_id"])}
    path = f"batches/{batch['id']}/retry-requests"
    for nothing in ([], ["x"], [f"batch_req_{shown['a']}"]):
        refused = http.post(path, json={"request_ids": nothing})
        assert (refused.status_code, refused.text) == (400, "No valid request IDs provided")
    assert http.post(path, json={"request_ids": "x"}).status_code == 422
    assert http.post(f"batches/{other['input_file_id']}/retry-requests", json={"request_ids": []}).status_code == 404
    strangers = [shown["good"], results(http, other)[0][0]["id"], str(uuid.UUID(int=9))]
    same = http.post(path, json={"request_ids": strangers})
    assert (same.status_code, same.json()) == (200, read(http, batch))
    again = http.post(path, json={"request_ids": [shown["a"], "no id", *strangers]})
    assert (again.status_code, again.json()["id"]) == (200, batch["id"])
    assert not again.json().keys() & {"completed_at", "failed_at", "finalizing_at"}
    assert ended(http, batch)["request_counts"] == same.json()["request_counts"]
    errors = lines(http, batch["error_file_id"])
    assert {each["custom_id"]: each for each in errors} == before
    assert errors[-1]["custom_id"] == "a", "what ended last stands last"
    assert http.get(f"files/{batch['error_file_id']}").json()["bytes"] == size
    assert [each["custom_id"] for each in lines(http, other["error_file_id"])] == ["else"]


def test_one_of_the_failed_goes_on_after_a_cancellation(slow: ServiceProcess) -> None:
    """Trying one request again undoes a cancellation, and what was cancelled besides stays so: the batch can end."""
    with slow.http() as http:
        rows = [line("bad", "fail 400"), *(line(f"{number}", "x") for number in range(39))]
        batch = start_batch(http, jsonl(*rows))
        wait_until(lambda: read(http, batch)["request_counts"]["failed"] == 1)
        counts = http.post(f"batches/{batch['id']}/cancel").json()["request_counts"]
        (bad,) = results(http, batch, status="failed")[0]
        http.post(f"batches/{batch['id']}/retry-requests", json={"request_ids": [bad["id"]]}).raise_for_status()
        assert ended(http, batch)["request_counts"] == counts
        assert http.get(f"files/{batch['error_file_id']}/content").headers["x-incomplete"] == "false"
        http.post(f"batches/{batch['id']}/retry").raise_for_status()
        assert ended(http, batch)["request_counts"] == {"total": 40, "completed": 39, "failed": 1}


def test_nothing_to_retry(http: httpx.Client) -> None:
    """A batch without failures that is not cancelled has nothing to retry."""
    batch = start_batch(http, jsonl(line("a", "hello")))
    ended(http, batch)
    refused = http.post(f"batches/{batch['id']}/retry")
    assert refused.status_code == 400
    assert refused.text == "Nothing to retry: no failed or canceled requests, and the batch is not cancelled"


def test_output_grows_by_whole_lines(slow: ServiceProcess) -> None:
    """While a batch runs, ``skip`` gives just the new lines, X-Last-Line is where to go on, ``offset`` is ignored."""
    with slow.http() as http:
        batch = start_batch(http, jsonl(*(line(f"{number}", f"{number}") for number in range(40))))
        path = f"files/{batch['output_file_id']}/content"
        seen: list[bytes] = []
        skip = 0
        incomplete = "true"
        while incomplete == "true":
            answer = http.get(path, params={"skip": skip, "offset": 7})
            incomplete = answer.headers["x-incomplete"]
            new = answer.content.split(b"\n")[:-1]
            assert int(answer.headers["x-last-line"]) == skip + len(new)
            seen, skip = seen + new, skip + len(new)
        assert sorted(int(json.loads(each)["custom_id"]) for each in seen) == list(range(40))
        assert http.get(path).content.split(b"\n")[:-1] == seen, "the order is that of completion, and stays"
        beyond = http.get(path, params={"skip": 50})
        assert (beyond.content, beyond.headers["x-last-line"]) == (b"", "50")
        page = http.get(path, params={"skip": 30, "limit": 4})
        assert page.content.split(b"\n")[:-1] == seen[30:34]
        assert (page.headers["x-incomplete"], page.headers["x-last-line"]) == ("true", "34")
        matching = [each for each in seen if "3" in json.loads(each)["custom_id"]]
        part = http.get(path, params={"search": "3", "skip": 5, "limit": 100})
        assert part.content.split(b"\n")[:-1] == matching[5:], "what is skipped is counted among what is found"
        found = http.get(path, params={"search": "39"})
        assert len(found.content.split(b"\n")) == 2
        assert "x-last-line" not in found.headers


def test_cancel_keeps_what_is_answered_and_retry_goes_on(slow: ServiceProcess) -> None:
    """Cancelling stops a batch at once and keeps its answers; retrying it then answers the rest, each once."""
    with slow.http() as http:
        batch = start_batch(http, jsonl(*(line(f"{number}", f"{number}") for number in range(40))))
        wait_until(lambda: read(http, batch)["request_counts"]["completed"] >= 8)
        stopped = http.post(f"batches/{batch['id']}/cancel").json()
        assert stopped["status"] == "cancelled"
        assert stopped["cancelling_at"] == stopped["cancelled_at"]
        kept = lines(http, batch["output_file_id"])
        assert 8 <= len(kept) < 40
        assert read(http, batch)["request_counts"]["completed"] == len(kept)
        assert http.get(f"files/{batch['output_file_id']}/content").headers["x-incomplete"] == "false"
        assert "cancelled_at" not in http.post(f"batches/{batch['id']}/retry").json()
        assert ended(http, batch)["request_counts"] == {"total": 40, "completed": 40, "failed": 0}
        answered = lines(http, batch["output_file_id"])
        assert answered[: len(kept)] == kept
        assert Counter(each["custom_id"] for each in answered) == Counter(str(number) for number in range(40))
        # The cloud's own quirk: nothing keeps an ended batch from being cancelled.
        assert http.post(f"batches/{batch['id']}/cancel").json()["status"] == "cancelled"
        assert lines(http, batch["output_file_id"]) == answered


def test_deleting_files_and_batches(slow: ServiceProcess) -> None:
    """Deleting an input file cancels its batch and leaves it without one; a deleted batch leaves its files."""
    with slow.http() as http:
        content = jsonl(*(line(f"{number}", f"{number}") for number in range(40)))
        batch = start_batch(http, content)
        wait_until(lambda: read(http, batch)["request_counts"]["completed"] > 0)
        assert http.delete(f"files/{batch['input_file_id']}").json() == {
            "id": batch["input_file_id"],
            "object": "file",
            "deleted": True,
        }
        now = read(http, batch)
        assert (now["status"], now["input_file_id"]) == ("cancelled", "")
        http.delete(f"files/{batch['error_file_id']}")
        assert "error_file_id" not in read(http, batch)
        other = start_batch(http, content)
        wait_until(lambda: read(http, other)["request_counts"]["completed"] > 0)
        assert http.delete(f"batches/{other['id']}").status_code == 204
        gone = http.get(f"batches/{other['id']}")
        assert (gone.status_code, gone.text) == (404, f"Batch with ID {other['id']} not found")
        left = http.get(f"files/{other['output_file_id']}/content")
        assert left.content
        assert "x-last-line" not in left.headers


def test_batches_are_found_by_metadata_and_status(slow: ServiceProcess) -> None:
    """The list is searched in metadata, ids and file names, filtered by status, and paged newest first."""
    with slow.http() as http:
        made = [start_batch(http, jsonl(line("a", "x")), metadata={"token": f"T-{number}"}) for number in range(3)]
        ids = [batch["id"] for batch in made][::-1]

        def listed(**query: Any) -> list[str]:
            return [batch["id"] for batch in http.get("batches", params=query).raise_for_status().json()["data"]]

        assert listed(search="t-1") == [ids[1]]
        assert listed(search=ids[2]) == [ids[2]]
        assert listed(search="rows.jsonl", limit=3) == ids
        assert listed(limit=2) == ids[:2]
        assert listed(limit=2, after=ids[0]) == ids[1:]
        assert listed(limit=3, after="no cursor") == ids
        assert not set(listed(status="cancelled", limit=100)) & set(ids)
        for batch in made:
            ended(http, batch)
        assert listed(status="completed", limit=3) == ids
        wrong = http.get("batches", params={"status": "lost"})
        assert wrong.status_code == 400
        assert wrong.text == (
            "Unknown batch status filter: 'lost'. Valid values: in_progress, completed, failed, cancelled, expired"
        )
        assert http.get("batches", params={"limit": "many"}).status_code == 400


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"completion_window": "2h"}, 400, "Unsupported completion_window. Allowed values: 24h, 1h"),
        ({"endpoint": "/v1/foo"}, 400, f"Unsupported endpoint '/v1/foo'. Supported: {PATHS}"),
        ({"input_file_id": "file-1"}, 400, "Invalid input_file_id format"),
        ({"input_file_id": str(uuid.UUID(int=7))}, 404, f"File with ID {uuid.UUID(int=7)} not found"),
        ({"metadata": {"a": 1}}, 422, None),
        ({"endpoint": None}, 422, None),
    ],
)
def test_batch_is_refused(http: httpx.Client, fields: dict[str, Any], status: int, text: str | None) -> None:
    """A batch that cannot be made is refused in the cloud's words."""
    file_id = upload(http, jsonl(line("a", "x"))).json()["id"]
    body = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    refused = http.post("batches", json=body | fields)
    assert refused.status_code == status
    assert text is None or refused.text == text
    assert http.get("batches/batch_1").text == "Invalid batch ID format"
    assert http.post("batches", content=b"{", headers={"content-type": "application/json"}).status_code == 400
    assert http.post("batches", content=b"{}").status_code == 415
    for content in (b'{"input_file_id":"\xff"}', b'{"x":' + b"[" * 100_000, b'{"input_file_id":"\\ud800"}'):
        assert http.post("batches", content=content, headers={"content-type": "application/json"}).status_code == 400


def test_retries_at_once_leave_no_row_behind(slow: ServiceProcess) -> None:
    """Whoever retries, and however many at once, the batch ends with every row answered or failed."""
    texts = ["fail 400" if number % 3 else f"wait 0.{number:02}" for number in range(30)]
    with slow.http() as http:
        busy = start_batch(http, jsonl(*(line(f"{number}", "x") for number in range(60))))
        batch = start_batch(http, jsonl(*(line(f"{number}", text) for number, text in enumerate(texts))))
        with ThreadPoolExecutor(4) as pool:
            calls = ["retry", "cancel", "retry", "retry"] * 3
            codes = list(pool.map(lambda call: http.post(f"batches/{batch['id']}/{call}").status_code, calls))
        assert set(codes) <= {200, 400}
        http.post(f"batches/{batch['id']}/retry")
        wait_until(lambda: read(http, batch)["status"] == "completed")
        counts = read(http, batch)["request_counts"]
        assert counts["completed"] + counts["failed"] == counts["total"] == len(texts)
        http.post(f"batches/{busy['id']}/cancel")
