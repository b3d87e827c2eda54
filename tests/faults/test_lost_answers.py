from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.job import send
from tests.fault_rules import add_fault, clear_faults, list_faults
from tests.faults.books import answered_requests, live_requests
from tests.service_process import ServiceProcess

ROWS = 7
UPLOAD, CREATE, CONTENT = "POST /v1/files", "POST /v1/batches", "GET /v1/files/{id}/content"


def run(rules: list[tuple[str, str, dict[str, Any]]], service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """One job on a service with these faults; all of them are met, and each row is asked once and answered in place."""
    monkeypatch.setattr(send, "LOOKS_HERE", (0.0, 0.05, 0.1))
    for call, fault, options in rules:
        add_fault(service, call, fault, **options)
    frame = pd.DataFrame({"text": [f"row {n}" for n in range(ROWS)]}, index=range(100, 100 + ROWS))
    answers = dw.submit(frame, "{{ text }}", model="echo").result(timeout=60)
    assert answers["response"].tolist() == frame["text"].tolist()
    assert answers.index.tolist() == frame.index.tolist()
    assert (answers["dw_status"] == "completed").all()
    assert [rule["used"] for rule in list_faults(service)] == [rule["times"] for rule in list_faults(service)]
    with service.http() as http:
        assert live_requests(http) == ROWS


FAULTS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "upload refused": [(UPLOAD, "refuse", {})],
    "upload lost": [(UPLOAD, "lose", {})],
    "create refused": [(CREATE, "refuse", {})],
    "create lost": [(CREATE, "lose", {})],
    "create and look-up lost": [(CREATE, "lose", {}), ("GET /v1/batches", "lose", {})],
    "create lost and not seen at first": [(CREATE, "lose", {}), (CREATE, "stale", {"reads": 2})],
    "create refused, then lost": [(CREATE, "refuse", {}), (CREATE, "lose", {"skip": 1})],
    "look lost": [("GET *", "lose", {}), ("GET *", "refuse", {"skip": 1})],
    "download refused": [(CONTENT, "refuse", {})],
    "download lost": [(CONTENT, "lose", {})],
    "download cut": [(CONTENT, "cut", {"after": 700})],
    "download cut at the end of a line": [(CONTENT, "cut_line", {"lines": 1})],
}


@pytest.mark.parametrize("rules", FAULTS.values(), ids=FAULTS)
def test_a_lost_call_costs_nothing(
    service: ServiceProcess, rules: list[tuple[str, str, dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call is cut, before or after the service acted, each row is asked once and answered in its place."""
    run(rules, service, monkeypatch)
    with service.http() as http:
        assert answered_requests(http) == ROWS


def test_what_is_not_clear_is_not_a_refusal(service: ServiceProcess) -> None:
    """A create whose answer is lost, with a key that is refused from then on, may be running: it is not written off."""
    add_fault(service, CREATE, "lose")
    refused = {"fault": "status", "status": 401, "body": "Authentication required"}
    add_fault(service, "GET *", refused, times=None)
    frame = pd.DataFrame({"text": ["one", "two"]})
    job = dw.submit(frame, "{{ text }}", model="echo")
    with pytest.raises(dw.errors.JobUnreachableError, match="401"):
        job.result(timeout=60)
    clear_faults(service)
    with service.http() as http:
        again = dw.submit(frame, "{{ text }}", model="echo")
        assert again.result(timeout=60)["response"].tolist() == ["one", "two"]
        assert (again.id, live_requests(http)) == (job.id, 2)


def test_a_batch_that_no_look_up_shows_is_fenced_off(service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the service's reads lag behind every look-up, the lost batch is cancelled before another is made."""
    run([(CREATE, "lose", {"times": 2}), (CREATE, "stale", {"times": 2, "reads": 1_000_000})], service, monkeypatch)
    clear_faults(service)
    with service.http() as http:
        assert len(http.get("batches").json()["data"]) == 3
        assert live_requests(http) == ROWS
