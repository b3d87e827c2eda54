from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.errors import JobFailedError
from dw_jupyter.frames.limits import Limits
from dw_jupyter.job import submit
from tests.faults.books import answered_requests, live_requests
from tests.faults.proxy import Fate, proxied
from tests.service_process import ServiceProcess, start_service

FRAME = pd.DataFrame({"text": [f"row {n}" for n in range(8)]})


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    """A service whose books only this test writes."""
    with start_service(tmp_path / "service", "--model", "echo") as running:
        yield running


@pytest.fixture(autouse=True)
def three_rows_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a file could hold three requests: eight rows become three batches."""
    monkeypatch.setattr(submit, "LIMITS", Limits(requests=3))


@contextlib.contextmanager
def creates_meet(fates: list[Fate], service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The account in use is one whose first creates meet the given fates."""

    def decide(method: str, path: str) -> Fate:
        return fates.pop(0) if method == "POST" and path.endswith("/batches") and fates else "pass"

    with proxied(service.base_url, decide) as proxy:
        monkeypatch.setenv("DOUBLEWORD_API_BASE", proxy.base_url)
        monkeypatch.setenv("DOUBLEWORD_API_KEY", service.api_key)
        yield


def test_many_batches_are_one_job(service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows beyond a file's limit go into further batches, and come back as one frame in the source's order."""
    monkeypatch.setenv("DOUBLEWORD_API_BASE", service.base_url)
    monkeypatch.setenv("DOUBLEWORD_API_KEY", service.api_key)
    job = dw.submit(FRAME, "{{ text }}")
    assert job.result(timeout=60)["response"].tolist() == FRAME["text"].tolist()
    assert [batch.total for batch in job.batches] == [3, 3, 2]
    with service.http() as http:
        assert live_requests(http) == answered_requests(http) == len(FRAME)


def test_a_refused_batch_takes_no_other_down_and_is_sent_later(
    service: ServiceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credit runs out before the last batch: the others are answered, and the same cell again sends only the rest."""
    with creates_meet(["pass", "pass", "deny"], service, monkeypatch):
        job = dw.submit(FRAME, "{{ text }}", model="echo")
        first = job.result(timeout=60)["dw_status"].value_counts()
        assert first["completed"] + first["missing"] == len(FRAME)
        assert first["missing"] in (2, 3)
        assert "Account balance too low" in job.snapshot.note
        again = dw.submit(FRAME, "{{ text }}", model="echo")
        assert again.result(timeout=60)["response"].tolist() == FRAME["text"].tolist()
        assert again.id == job.id
    with service.http() as http:
        assert live_requests(http) == answered_requests(http) == len(FRAME)


def test_a_refused_job_is_sent_by_its_cell_and_by_nothing_else(
    service: ServiceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attaching to a job that could not be sent shows why, and sends nothing; running its cell again does."""
    with creates_meet(["deny"] * 3, service, monkeypatch):
        job = dw.submit(FRAME, "{{ text }}", model="echo")
        with pytest.raises(JobFailedError, match="Account balance too low") as caught:
            job.result(timeout=60)
        assert isinstance(caught.value.__cause__, dw.errors.PaymentRequiredError)
        assert dw.attach(job.id).look(timeout=10).startswith("Failed: The service said no (402)")
        with service.http() as http:
            assert live_requests(http) == 0
        assert (dw.submit(FRAME, "{{ text }}", model="echo").result(timeout=60)["dw_status"] == "completed").all()
