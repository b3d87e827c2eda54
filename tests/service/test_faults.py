from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fault_rules import (
    AT_CAPACITY,
    BUSY,
    EDGE,
    NO_CREDIT,
    NOT_ALLOWED,
    RATE_LIMITED,
    UNAVAILABLE,
    UNVERIFIED,
    add_fault,
    clear_faults,
    list_faults,
)
from tests.service.rows import jsonl, line, read, start_batch, upload
from tests.service_process import ServiceProcess, start_service, wait_until

ROWS = 7
CONTENT = "GET /v1/files/{id}/content"
Lines = Callable[[list[bytes]], list[bytes]]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with faults. It has nothing to say about them."""
    with start_service(tmp_path_factory.mktemp("service"), "--model", "echo", "--faults") as running:
        yield running
    assert running.log() == ""


@pytest.fixture(autouse=True)
def no_rules_left(service: ServiceProcess) -> None:
    """Each test begins with a service that has no faults."""
    clear_faults(service)


@pytest.fixture(scope="module")
def done(service: ServiceProcess) -> dict[str, Any]:
    """A batch of seven answered rows."""
    with service.http() as http:
        batch = start_batch(http, jsonl(*(line(f"{n}", f"row {n}") for n in range(ROWS))))
        wait_until(lambda: read(http, batch)["status"] == "completed")
    return batch


def whole_lines(content: bytes) -> list[bytes]:
    """The lines of a body, with their ends."""
    return [each + b"\n" for each in content.split(b"\n")[:-1]]


def batches_of(http: httpx.Client) -> list[str]:
    """The ids of the batches that the list shows."""
    return [each["id"] for each in http.get("batches?limit=100").raise_for_status().json()["data"]]


def files_of(http: httpx.Client) -> list[str]:
    """The ids of the files that the list shows, but those of answers."""
    return [each["id"] for each in http.get("files?limit=100&purpose=batch").raise_for_status().json()["data"]]


@pytest.mark.parametrize("fault", ["refuse", "lose"])
def test_a_call_without_an_answer(service: ServiceProcess, http: httpx.Client, fault: str) -> None:
    """The client sees its connection break; the service has acted when the answer was lost, and else not."""
    before, body = batches_of(http), jsonl(line("a", "x"))
    file_id = upload(http, body).json()["id"]
    add_fault(service, "POST /v1/batches", fault)
    wish = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        http.post("batches", json=wish)
    assert len(batches_of(http)) - len(before) == (fault == "lose")
    assert http.post("batches", json=wish).status_code == 201


def test_a_refused_upload_is_cut_while_it_comes(service: ServiceProcess, http: httpx.Client) -> None:
    """Nobody waits for the rest of what is refused."""
    add_fault(service, "POST /v1/files", "refuse")

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    with pytest.raises(httpx.TransportError):
        http.post("files", content=endless())


@pytest.mark.parametrize("after", [0, 1, 100, 1000])
def test_an_answer_that_is_cut(service: ServiceProcess, http: httpx.Client, done: dict[str, Any], after: int) -> None:
    """The head and so many bytes arrive, then the connection breaks, with and without a known length."""
    path = f"files/{done['output_file_id']}/content"
    for query in ({}, {"limit": 100}):
        whole = http.get(path, params=query)
        add_fault(service, CONTENT, "cut", after=after)
        came: list[bytes] = []
        with http.stream("GET", path, params=query) as answer:
            assert answer.status_code == 200
            assert answer.headers["X-Last-Line"] == str(ROWS)
            with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
                came.extend(answer.iter_raw())
        assert b"".join(came) == whole.content[:after]


def stringified(lines: list[bytes]) -> list[bytes]:
    """The lines as ``stringify`` makes them."""
    told = [json.loads(each) for each in lines]
    for each in told:
        each["response"]["body"] = json.dumps(each["response"]["body"])
    return [json.dumps(each).encode() + b"\n" for each in told]


SPOILT: dict[str, tuple[dict[str, Any], Lines]] = {
    "cut_line": ({"lines": 3}, lambda lines: lines[:3]),
    "drop": ({"every": 3}, lambda lines: [lines[n] for n in (0, 1, 3, 4, 6)]),
    "duplicate": ({"every": 5}, lambda lines: [*lines[:5], *lines[4:]]),
    "break": ({"every": 7}, lambda lines: [*lines[:6], lines[6][: len(lines[6]) // 2] + b"\n"]),
    "stringify": ({}, stringified),
    "drip": ({"bytes": 100, "seconds": 0.001}, lambda lines: lines),
    "delay": ({"seconds": 0.01}, lambda lines: lines),
    "ignore_skip": ({}, lambda lines: lines),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_lines_that_are_spoilt(service: ServiceProcess, http: httpx.Client, done: dict[str, Any], fault: str) -> None:
    """The answer ends in order, its other headers are what they were, and its lines are as the fault has them."""
    path = f"files/{done['output_file_id']}/content"
    options, expected = SPOILT[fault]
    for query in ({}, {"limit": 100}):
        whole = http.get(path, params=query)
        add_fault(service, CONTENT, fault, **options)
        skip = {"skip": 5} if fault == "ignore_skip" else {}
        spoilt = http.get(path, params=query | skip)
        assert whole_lines(spoilt.content) == expected(whole_lines(whole.content))
        assert spoilt.headers["X-Last-Line"] == str(ROWS)
        assert spoilt.headers.get("Content-Length") in {None, str(len(spoilt.content))}
        assert http.get(path, params=query).content == whole.content


def test_lines_in_another_order(service: ServiceProcess, http: httpx.Client, done: dict[str, Any]) -> None:
    """All lines come, in an order that follows from the seed."""
    path = f"files/{done['output_file_id']}/content"
    whole = whole_lines(http.get(path).content)
    add_fault(service, CONTENT, "shuffle", seed=1, times=2)
    add_fault(service, CONTENT, "shuffle", seed=2, skip=2)
    first, again, other = (whole_lines(http.get(path).content) for _ in range(3))
    assert first == again
    assert len({tuple(each) for each in (whole, first, other)}) == 3
    assert sorted(first) == sorted(other) == sorted(whole)


@pytest.mark.parametrize(
    "answer", [NO_CREDIT, NOT_ALLOWED, BUSY, AT_CAPACITY, UNVERIFIED, RATE_LIMITED, UNAVAILABLE, EDGE]
)
def test_an_answer_of_any_status(service: ServiceProcess, http: httpx.Client, answer: Mapping[str, Any]) -> None:
    """Text, JSON and the pages of proxies come as they were asked for, and the service has not acted."""
    before = http.get("files").json()
    add_fault(service, "POST /v1/files", answer)
    made = upload(http, jsonl(*(line(f"{n}", "x" * 1000) for n in range(2000))))
    assert made.status_code == answer["status"]
    assert (made.text if isinstance(answer["body"], str) else made.json()) == answer["body"]
    assert made.headers.get("Retry-After") == (str(answer["retry_after"]) if "retry_after" in answer else None)
    kind = "text/plain" if isinstance(answer["body"], str) else "application/json"
    assert made.headers["Content-Type"].startswith(answer.get("headers", {}).get("Content-Type", kind))
    assert http.get("files").json() == before


def test_what_was_made_is_not_known_at_once(service: ServiceProcess, http: httpx.Client) -> None:
    """After a create, and even where its answer was lost, so many reads do not show what it made; then all do."""
    add_fault(service, "POST /v1/batches", "stale", reads=3)
    batch = start_batch(http, jsonl(line("a", "x")))
    missing = http.get(f"batches/{batch['id']}")
    assert (missing.status_code, missing.text) == (404, f"Batch with ID {batch['id']} not found")
    assert http.get("files").status_code == 200
    assert batch["id"] not in batches_of(http)
    assert http.get(f"batches/{batch['id']}/results").status_code == 404
    assert http.get(f"batches/{batch['id']}").status_code == 200
    assert batch["id"] == batches_of(http)[0]
    add_fault(service, "POST /v1/files", "lose")
    add_fault(service, "POST /v1/files", "stale", reads=1)
    with pytest.raises(httpx.RemoteProtocolError):
        http.post("files", files={"file": ("late", jsonl(line("a", "x")))})
    first, second = (http.get("files").json() for _ in range(2))
    assert second["data"][0]["filename"] == "late"
    assert first["first_id"] == first["data"][0]["id"] == second["data"][1]["id"]


def test_a_call_that_comes_late(service: ServiceProcess, http: httpx.Client) -> None:
    """What is delayed is acted on although its client has given up."""
    before = files_of(http)
    add_fault(service, "POST /v1/files", "delay", seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        http.post("files", files={"file": ("late", jsonl(line("a", "x")))}, timeout=httpx.Timeout(30, read=0.05))
    assert files_of(http) == before
    wait_until(lambda: files_of(http)[1:] == before)


def test_rules_count_and_meet_what_they_name(service: ServiceProcess, http: httpx.Client) -> None:
    """``skip`` and ``times`` count matching calls only; a rule for a path with an id meets no other path."""
    add_fault(service, "GET /v1/files/{id}", NO_CREDIT, times=2, skip=1)
    add_fault(service, "* /v1/files/x/*", NOT_ALLOWED, times=None)
    add_fault(service, "DELETE *", EDGE, times=None)
    assert [http.get(f"files/{each}").status_code for each in "abcd"] == [400, 402, 402, 400]
    assert [http.get("files").status_code, http.get("files/x/content").status_code] == [200, 403]
    assert [http.delete(f"files/{each}").status_code for each in "ab"] == [520, 520]
    assert [each["used"] for each in list_faults(service)] == [2, 1, 2]
    clear_faults(service)
    assert list_faults(service) == []
    add_fault(service, "*", UNAVAILABLE)
    assert [http.get("models").status_code for _ in range(2)] == [503, 200]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"fault": "lose"},
        {"call": "GET", "fault": "lose"},
        {"call": "*", "fault": "unheard"},
        {"call": "*", "fault": "lose", "after": 1},
        {"call": "*", "fault": "lose", "times": 0},
        {"call": "*", "fault": "drop", "every": 0},
        {"call": "*", "fault": "status", "status": 42},
        {"call": "*", "fault": "status", "headers": {"X-A": "a\r\nb"}},
    ],
)
def test_what_is_no_rule_is_refused(service: ServiceProcess, http: httpx.Client, wrong: dict[str, Any]) -> None:
    """A rule that cannot act as it says is not taken."""
    url = service.base_url.removesuffix("/v1") + "/admin/faults"
    assert http.post(url, json=wrong).status_code == 422
    assert list_faults(service) == []
    assert httpx.get(url, trust_env=False).status_code == 401


def test_no_faults_unless_asked_for(tmp_path: Path) -> None:
    """A service that was not started with ``--faults`` knows no such route."""
    with start_service(tmp_path, "--model", "echo") as plain, plain.http() as http:
        url = plain.base_url.removesuffix("/v1") + "/admin/faults"
        assert [http.request(method, url).status_code for method in ("GET", "POST", "DELETE")] == [404] * 3
