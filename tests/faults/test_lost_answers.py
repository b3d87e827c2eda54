from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.job import send
from tests.faults.books import answered_requests, live_requests
from tests.faults.proxy import Fate, proxied
from tests.service_process import ServiceProcess, start_service

ROWS = 7


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    """A service whose books only this test writes."""
    with start_service(tmp_path / "service", "--model", "echo") as running:
        yield running


def run_through(
    service: ServiceProcess, fates: dict[tuple[str, str], list[Fate]], monkeypatch: pytest.MonkeyPatch
) -> int:
    """One job over a way on which the first calls of each kind meet the given fates; how many faults there were."""

    def decide(method: str, path: str) -> Fate:
        for (kind, part), queue in fates.items():
            if method == kind and path.split("?", maxsplit=1)[0].endswith(part) and queue:
                return queue.pop(0)
        return "pass"

    monkeypatch.setattr(send, "LOOKS", (0.0, 0.05, 0.1))
    frame = pd.DataFrame({"text": [f"row {n}" for n in range(ROWS)]}, index=range(100, 100 + ROWS))
    with proxied(service.base_url, decide) as proxy:
        monkeypatch.setenv("DOUBLEWORD_API_BASE", proxy.base_url)
        monkeypatch.setenv("DOUBLEWORD_API_KEY", service.api_key)
        job = dw.submit(frame, "{{ text }}", model="echo")
        answers = job.result(timeout=60)
    assert answers["response"].tolist() == frame["text"].tolist()
    assert answers.index.tolist() == frame.index.tolist()
    assert (answers["dw_status"] == "completed").all()
    return sum(fate != "pass" for _, _, fate in proxy.seen)


CALLS: dict[str, dict[tuple[str, str], list[Fate]]] = {
    "upload refused": {("POST", "/files"): ["refuse"]},
    "upload lost": {("POST", "/files"): ["lose"]},
    "create refused": {("POST", "/batches"): ["refuse"]},
    "create lost": {("POST", "/batches"): ["lose"]},
    "create and look-up lost": {("POST", "/batches"): ["lose"], ("GET", "/batches"): ["lose"]},
    "create lost twice": {("POST", "/batches"): ["lose", "lose"]},
    "look lost": {("GET", ""): ["lose", "refuse"]},
    "download refused": {("GET", "/content"): ["refuse"]},
    "download lost": {("GET", "/content"): ["lose"]},
}


@pytest.mark.parametrize("fates", CALLS.values(), ids=CALLS)
def test_a_lost_call_costs_nothing(
    service: ServiceProcess, fates: dict[tuple[str, str], list[Fate]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever call is cut, before or after the service acted, each row is asked once and answered in its place."""
    wanted = {call: list(fates[call]) for call in fates}
    faults = run_through(service, wanted, monkeypatch)
    assert faults == sum(map(len, fates.values())) - sum(map(len, wanted.values()))
    assert faults
    with service.http() as http:
        assert live_requests(http) == ROWS
        assert answered_requests(http) == ROWS


def test_a_batch_that_no_look_up_shows_is_fenced_off(service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the service's reads lag behind every look-up, the lost batch is cancelled before another is made."""

    async def nothing(*_: object) -> None:
        """What a replica that lags knows of the batch."""

    monkeypatch.setattr(send, "find", nothing)
    faults = run_through(service, {("POST", "/batches"): ["lose", "lose"]}, monkeypatch)
    assert faults == 2
    with service.http() as http:
        assert len(http.get("batches").json()["data"]) == 3
        assert live_requests(http) == ROWS
