from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from dw_jupyter.local import batches, files, requests, result_view
from dw_jupyter.local.database import Database
from dw_jupyter.local.files import Template
from tests.service.rows import ended, jsonl, line, lines, read, results, start_batch
from tests.service_process import ServiceProcess, start_service, wait_until


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that takes 0.2 s for each answer, eight at a time."""
    with start_service(tmp_path_factory.mktemp("slow"), "--model", "echo", "--echo-delay", "0.2") as running:
        yield running


def test_results_join_requests_and_answers_in_input_order(http: httpx.Client) -> None:
    """Each request stands with its answer or its failure, in the order of the input, in any page and filter."""
    rows = [line(f"row-{number}", "fail 400" if number % 10 == 3 else f"text {number} \u2028") for number in range(120)]
    batch = start_batch(http, jsonl(*rows))
    ended(http, batch)
    shown, headers = results(http, batch)
    assert headers == {"x-incomplete": "false", "x-last-line": "120"}
    assert [each["custom_id"] for each in shown] == [row["custom_id"] for row in rows]
    assert [each["input_body"] for each in shown] == [row["body"] for row in rows]
    assert list(shown[0]) == ["id", "custom_id", "model", "input_body", "response_body", "error", "status"]
    outputs = {each["id"]: each for each in lines(http, batch["output_file_id"])}
    errors = {each["id"]: each for each in lines(http, batch["error_file_id"])}
    for each in shown:
        named = f"batch_req_{each['id']}"
        assert (each["status"], each["model"]) == ("failed" if named in errors else "completed", "echo")
        assert each["response_body"] == (None if named in errors else outputs[named]["response"]["body"])
        assert each["error"] == (errors[named]["error"]["message"] if named in errors else None)
    assert results(http, batch, skip=100) == (shown[100:], {"x-incomplete": "false", "x-last-line": "120"})
    assert results(http, batch, skip=100, limit=7) == (shown[100:107], {"x-incomplete": "true", "x-last-line": "107"})
    assert results(http, batch, skip=500) == ([], {"x-incomplete": "false", "x-last-line": "500"})
    assert results(http, batch, search="ROW-11") == (
        [each for each in shown if each["custom_id"].startswith("row-11")],
        {"x-incomplete": "false"},
    )
    failed = [each for each in shown if each["status"] == "failed"]
    assert results(http, batch, status="failed") == (failed, {"x-incomplete": "false", "x-last-line": "12"})
    assert results(http, batch, status="failed", skip=10, limit=9) == (
        failed[10:],
        {"x-incomplete": "false", "x-last-line": "12"},
    )
    assert results(http, batch, status="pending") == ([], {"x-incomplete": "false", "x-last-line": "0"})
    # A word that is no status finds nothing, and is counted as if it were not there.
    assert results(http, batch, status="odd") == ([], {"x-incomplete": "false", "x-last-line": "120"})
    assert http.get("batches/batch_1/results").text == "Invalid batch ID format"
    assert http.get(f"batches/{batch['input_file_id']}/results").status_code == 404


def test_results_of_a_running_batch(slow: ServiceProcess) -> None:
    """While a batch runs its results say what waits and what is under way; what was cancelled shows as pending."""
    with slow.http() as http:
        batch = start_batch(http, jsonl(*(line(f"{number}", f"{number}") for number in range(40))))
        wait_until(lambda: read(http, batch)["request_counts"]["completed"] >= 8)
        running: list[dict[str, Any]] = []

        def caught() -> bool:
            """Rows end between the header and the body, if rarely."""
            running[:], headers = results(http, batch, status="in_progress")
            return bool(running) and headers == {"x-incomplete": "true", "x-last-line": str(len(running))}

        wait_until(caught)
        assert len(running) <= 8
        assert {(each["status"], each["response_body"]) for each in running} == {("in_progress", None)}
        everything, headers = results(http, batch)
        assert headers == {"x-incomplete": "true", "x-last-line": "40"}
        statuses = {each["status"] for each in everything}
        assert {"completed", "pending"} <= statuses <= {"completed", "in_progress", "pending"}
        http.post(f"batches/{batch['id']}/cancel")
        stopped, headers = results(http, batch)
        assert headers == {"x-incomplete": "false", "x-last-line": "40"}
        assert {each["status"] for each in stopped} == {"completed", "pending"}
        waiting = [each for each in stopped if each["status"] == "pending"]
        assert results(http, batch, status="canceled")[0] == waiting
        assert results(http, batch, status="pending") == ([], {"x-incomplete": "false", "x-last-line": "0"})


def test_results_after_deletions(http: httpx.Client) -> None:
    """Without the input file the inputs are null; without the output or the error file the results are gone."""
    batch = start_batch(http, jsonl(line("good", "hello"), line("bad", "fail 400")))
    ended(http, batch)
    before, headers = results(http, batch)
    http.delete(f"files/{batch['input_file_id']}").raise_for_status()
    assert results(http, batch) == ([each | {"input_body": None} for each in before], headers)
    assert [each["custom_id"] for each in lines(http, batch["error_file_id"], search="BAD")] == ["bad"]
    retried = http.post(f"batches/{batch['id']}/retry")
    assert retried.status_code == 400
    assert retried.text.startswith("Nothing to retry: the input file of the batch was deleted")
    http.delete(f"files/{batch['error_file_id']}").raise_for_status()
    gone = http.get(f"batches/{batch['id']}/results")
    assert (gone.status_code, gone.headers["content-type"]) == (410, "text/plain; charset=utf-8")


def test_batch_that_is_being_validated_has_no_results_yet_but_counts_them(tmp_path: Path) -> None:
    """Before its requests are made a batch has no lines, is not incomplete, and tells the last line there will be."""

    async def run() -> None:
        database = Database(tmp_path / "state.sqlite")
        templates = [Template(custom_id="a", url="/v1/chat/completions", model="m", body=b"{}")] * 3
        await database.write(files.add_templates, "f", templates)
        await database.write_through(files.accept, "f", filename="x", size=1, seconds=None)
        row = await database.write_through(
            batches.create, input_file_id="f", endpoint="/v1/chat/completions", completion_window="24h", metadata={}
        )

        async def look(status: str | None) -> tuple[bool, int | None]:
            view = await database.read(
                result_view.open_view, row["id"], status=status, search=None, under_way=frozenset()
            )
            return view.incomplete, view.count

        assert batches.status(row) == "validating"
        assert [await look(None), await look("pending")] == [(False, 3), (False, 0)]
        await database.write(requests.populate, row["seq"])
        assert [await look(None), await look("pending")] == [(True, 3), (True, 3)]
        database.close()

    asyncio.run(run())
