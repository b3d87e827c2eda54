from __future__ import annotations

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.errors import JobFailedError
from dw_jupyter.frames.limits import Limits
from dw_jupyter.job import prepare
from tests.fault_rules import NO_CREDIT, add_fault
from tests.faults.books import answered_requests, live_requests
from tests.service_process import ServiceProcess

FRAME = pd.DataFrame({"text": [f"row {n}" for n in range(8)]})


@pytest.fixture(autouse=True)
def three_rows_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if a file could hold three requests: eight rows become three batches."""
    monkeypatch.setattr(prepare, "LIMITS", Limits(requests=3))


def test_many_batches_are_one_job(service: ServiceProcess) -> None:
    """Rows beyond a file's limit go into further batches, and come back as one frame in the source's order."""
    job = dw.submit(FRAME, "{{ text }}")
    assert job.result(timeout=60)["response"].tolist() == FRAME["text"].tolist()
    assert [batch.total for batch in job.batches] == [3, 3, 2]
    with service.http() as http:
        assert live_requests(http) == answered_requests(http) == len(FRAME)


def test_a_refused_batch_takes_no_other_down_and_is_sent_later(service: ServiceProcess) -> None:
    """Credit runs out before the last batch: the others are answered, and the same cell again sends only the rest."""
    add_fault(service, "POST /v1/batches", NO_CREDIT, skip=2)
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


def test_a_refused_job_is_sent_by_its_cell_and_by_nothing_else(service: ServiceProcess) -> None:
    """Attaching to a job that could not be sent shows why, and sends nothing; running its cell again does."""
    add_fault(service, "POST /v1/batches", NO_CREDIT, times=3)
    job = dw.submit(FRAME, "{{ text }}", model="echo")
    with pytest.raises(JobFailedError, match="Account balance too low") as caught:
        job.result(timeout=60)
    assert isinstance(caught.value.__cause__, dw.errors.PaymentRequiredError)
    assert dw.attach(job.id).look(timeout=10).startswith("Failed: The service said no (402)")
    with service.http() as http:
        assert live_requests(http) == 0
    assert (dw.submit(FRAME, "{{ text }}", model="echo").result(timeout=60)["dw_status"] == "completed").all()
