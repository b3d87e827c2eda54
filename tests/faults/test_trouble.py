from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter import config
from dw_jupyter.frames.limits import Limits
from dw_jupyter.job import prepare
from tests.fault_rules import UNAVAILABLE, add_fault, clear_faults
from tests.faults.books import asked_texts, batches, live_requests
from tests.service_process import ServiceProcess, wait_until

CONTENT = "GET /v1/files/{id}/content"


def submit(*texts: str, **options: object) -> dw.Job:
    """A job over these texts."""
    return dw.submit(pd.DataFrame({"text": list(texts)}), "{{ text }}", model="echo", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(2))
def test_a_line_that_lands_before_the_cursor_is_fetched(service: ServiceProcess, seed: int) -> None:
    """Where a later look at a file has another order, what was passed over is found out at the end, and fetched."""
    add_fault(service, CONTENT, "shuffle", seed=seed)
    add_fault(service, CONTENT, "cut_line", lines=3)
    texts = [f"wait 1.{number:03}" for number in range(7)]
    job = submit(*texts)
    assert job.received(timeout=30)
    waits = submit(*texts[1:])
    assert job.result(timeout=60)["response"].tolist() == texts
    assert dw.attach(job.id).df.equals(job.df)
    assert waits.result(timeout=60)["response"].tolist() == texts[1:]
    with service.http() as http:
        assert asked_texts(http) == Counter(texts), "a job that waits for the other misses none of its answers either"


def test_counts_that_lag_behind_the_end_hide_no_answer(service: ServiceProcess) -> None:
    """A batch that is said to have completed, with counts from before, is looked at until all of it is here."""
    job = submit("one", "wait 1")
    assert job.received(timeout=30)
    with service.http() as http:
        wait_until(lambda: next(batches(http))["request_counts"]["completed"] == 1)
        told = next(batches(http)) | {"status": "completed", "completed_at": 9}
        add_fault(service, "GET /v1/batches/{id}", {"fault": "status", "status": 200, "body": told}, times=3)
        assert job.result(timeout=60)["response"].tolist() == ["one", "wait 1"]


def test_a_service_that_comes_back_elsewhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a job of several batches the service dies and is started at another port: nothing is lost."""
    monkeypatch.setattr(prepare, "LIMITS", Limits(requests=4))
    texts = [f"wait 0.{number}" for number in range(300, 332)]
    running = [ServiceProcess(tmp_path / "service", "--model", "echo")]

    def local(_: config.Report | None) -> config.Connection:
        return config.Connection(account="local", base_url=running[-1].base_url, api_key=running[-1].api_key)

    monkeypatch.setitem(config.providers, "local", local)
    try:
        job = submit(*texts, account="local")
        wait_until(lambda: 0 < (job.counts.completed or 0) < len(texts))
        running[-1].kill()
        wait_until(lambda: "did not answer" in job.snapshot.trouble)
        running.append(ServiceProcess(tmp_path / "service", "--model", "echo"))
        assert running[0].base_url != running[1].base_url
        assert job.result(timeout=60)["response"].tolist() == texts
        assert job.snapshot.trouble == ""
        with running[-1].http() as http:
            assert live_requests(http) == len(texts)
            assert set(asked_texts(http).values()) == {1}
    finally:
        running[-1].stop()


def test_uploads_that_wait_hold_nobody_up(service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """While as many uploads as run at once are told to come back in half a minute, another batch is made."""
    monkeypatch.setattr(prepare, "LIMITS", Limits(requests=1))
    add_fault(service, "POST /v1/files", UNAVAILABLE, times=2)
    job = submit("one", "two", "three")
    wait_until(lambda: job.counts.completed == 1)
    assert len(job.batches) == 1
    job.cancel()
    statuses = job.result(timeout=20)["dw_status"]
    assert sorted(statuses) == ["cancelled", "cancelled", "completed"]
    with service.http() as http:
        assert live_requests(http) == 1


def test_answers_that_land_after_a_cancel_are_kept(service: ServiceProcess) -> None:
    """What was under way at a cancel may be answered after it, and is billed: it is in the frame."""
    job = submit("wait 0.3", "wait 0.31", "wait 60")
    assert job.received(timeout=30)
    # The embedded service gives up what is under way, the cloud may not: its looks are told here, its files are true.
    with service.http() as http:
        (batch,) = batches(http)
    cancelled = batch | {"status": "cancelled", "cancelling_at": 1, "cancelled_at": 1}
    for completed, when in ((0, {"times": 2}), (2, {"times": None, "skip": 2})):
        counts = {"total": 3, "completed": completed, "failed": 0}
        told = {"fault": "status", "status": 200, "body": cancelled | {"request_counts": counts}}
        add_fault(service, "GET /v1/batches/{id}", told, **when)
    job.cancel()
    frame = job.result(timeout=60)
    assert frame["response"].tolist()[:2] == ["wait 0.3", "wait 0.31"]
    assert frame["dw_status"].tolist() == ["completed", "completed", "cancelled"]
    assert job.snapshot.state == "cancelled"


def test_a_batch_that_is_deleted_before_it_is_drained_is_said(service: ServiceProcess) -> None:
    """A batch that somebody deletes when it has ended, before its answers are fetched, leaves rows that say so."""
    add_fault(service, CONTENT, "refuse", times=None)
    job = submit("one", "two")
    with service.http() as http:
        wait_until(lambda: [batch["status"] for batch in batches(http)] == ["completed"])
        (batch,) = batches(http)
        http.delete(f"batches/{batch['id']}").raise_for_status()
        http.delete(f"files/{batch['output_file_id']}")
    clear_faults(service)
    with pytest.raises(dw.errors.JobFailedError, match="404"):
        job.result(timeout=60)
    assert job.df["dw_status"].tolist() == ["missing"] * 2
    assert job.df["dw_error"].str.contains("404").all()


def test_a_service_that_keeps_lines_back_does_not_hold_a_job_for_ever(service: ServiceProcess) -> None:
    """Where lines that are announced never come, the job ends, and the rows without one say so."""
    add_fault(service, CONTENT, "drop", every=1, times=None)
    job = submit("one", "two")
    with pytest.raises(dw.errors.JobFailedError, match="gave no reason"):
        job.result(timeout=60)
    assert job.df["dw_status"].tolist() == ["missing"] * 2
    assert job.df["dw_error"].str.contains("gave no line").all()


def test_a_key_that_is_refused_leaves_the_job_to_be_followed_later(service: ServiceProcess) -> None:
    """A key that is taken back in the middle of a job puts it out of reach, and its cell goes on with it."""
    job = submit("one", "wait 1")
    assert job.received(timeout=30)
    refused = {"fault": "status", "status": 401, "body": "Authentication required"}
    add_fault(service, "GET *", refused, times=None)
    with pytest.raises(dw.errors.JobUnreachableError, match="401") as caught:
        job.result(timeout=60)
    assert isinstance(caught.value.__cause__, dw.errors.AuthenticationError)
    assert job.status.startswith("Out of reach, ")
    assert set(job.df["dw_status"]) <= {"pending", "completed"}
    clear_faults(service)
    again = submit("one", "wait 1")
    assert again.result(timeout=60)["response"].tolist() == ["one", "wait 1"]
    assert again.id == job.id
    with service.http() as http:
        assert live_requests(http) == 2
