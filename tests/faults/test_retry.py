from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.errors import JournalError, OptionError
from dw_jupyter.frames.limits import Limits
from dw_jupyter.job import again, prepare, shard
from dw_jupyter.job.snapshot import Snapshot
from tests.fault_rules import NO_CREDIT, UNAVAILABLE, add_fault, clear_faults
from tests.faults.program import Program
from tests.service_process import ServiceProcess


def books(service: ServiceProcess) -> list[tuple[int, int, int]]:
    """Total, completed and failed of each batch, the oldest first."""
    with service.http() as http:
        counts = [batch["request_counts"] for batch in http.get("batches").json()["data"]]
    return [(each["total"], each["completed"], each["failed"]) for each in reversed(counts)]


def submit(*texts: str, **body: object) -> dw.Job:
    """A job over these texts, at its end."""
    job = dw.submit(pd.DataFrame({"text": list(texts)}), "{{ text }}", **body)  # type: ignore[arg-type]
    job.result(timeout=60)
    return job


@pytest.mark.parametrize("lost", [0, 2])
def test_what_failed_is_run_again_in_its_batch(service: ServiceProcess, lost: int) -> None:
    """A retry runs the failed rows in place, once, also when the answer to it is lost; the good rows stay."""
    job = submit("one", "fail 400", "two")
    before = job.df
    if lost:
        add_fault(service, "POST /v1/batches/{id}/retry", "lose", times=lost)
    assert job.retry() is job
    after = job.result(timeout=60)
    assert after["dw_status"].tolist() == ["completed", "failed", "completed"]
    pd.testing.assert_frame_equal(after.iloc[[0, 2]], before.iloc[[0, 2]])
    assert books(service) == [(3, 2, 1)]
    assert dw.attach(job.id).df.equals(after)


def test_other_parameters_go_into_a_batch_of_their_own(service: ServiceProcess) -> None:
    """A retry with changed parameters asks the failed rows anew, changed, and nothing else."""
    job = submit("one", "fail 400", "two")
    job.retry(messages=[{"role": "user", "content": "mended"}])
    frame = job.result(timeout=60)
    assert frame["response"].tolist() == ["one", "mended", "two"]
    assert frame["dw_error"].isna().all()
    assert books(service) == [(3, 2, 1), (1, 1, 0)]
    assert dw.attach(job.id).df.equals(frame)
    again_run = dw.submit(pd.DataFrame({"text": ["one", "fail 400", "more"]}), "{{ text }}").result(timeout=60)
    assert again_run["dw_status"].tolist() == ["completed", "failed", "completed"], "the mended answer is to another"


def test_answers_that_were_cut_off_are_asked_for_again(service: ServiceProcess) -> None:
    """``where="length"`` means the rows whose answer was cut off, and no others."""
    job = submit("a b c d e f", "one", max_tokens=3)
    assert job.df["response"].tolist()[1] == "one"
    frame = job.retry(where="length", max_tokens=100).result(timeout=60)
    assert frame["response"].tolist() == ["a b c d e f", "one"]
    assert books(service) == [(2, 2, 0), (1, 1, 0)]
    with pytest.raises(OptionError, match="No row of job"):
        job.retry(where="length")
    with pytest.raises(OptionError, match="No row of job"):
        job.retry()


def test_a_service_that_cannot_retry_gets_a_new_batch(service: ServiceProcess) -> None:
    """Where the service has no retry, the failed rows go into a batch of their own."""
    job = submit("one", "fail 400")
    add_fault(service, "POST /v1/batches/{id}/retry", {"fault": "status", "status": 405, "body": "Method Not Allowed"})
    assert job.retry().result(timeout=60)["dw_status"].tolist() == ["completed", "failed"]
    assert books(service) == [(2, 1, 1), (1, 0, 1)]


def test_a_cancelled_job_goes_on_where_it_was_stopped(service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retrying a cancelled job asks what was not answered, in the same batch or, late in its window, apart."""
    texts = [f"wait 0.9{n:02}" for n in range(40)]
    job = dw.submit(pd.DataFrame({"text": texts}), "{{ text }}")
    assert job.received(timeout=30)
    job.cancel()
    with contextlib.suppress(dw.errors.JobCancelledError):
        job.result(timeout=60)
    assert set(job.df["dw_status"]) <= {"completed", "cancelled"}
    assert (job.df["dw_status"] == "cancelled").sum() > 5
    frame = job.retry().result(timeout=60)
    assert frame["response"].tolist() == texts
    assert [total for total, _, _ in books(service)] == [40]
    monkeypatch.setattr(again, "LEAST_WINDOW", 1e9)
    late = submit("one", "fail 400").retry()
    late.result(timeout=60)
    assert books(service)[1:] == [(2, 1, 1), (1, 0, 1)]


def test_a_refused_retry_is_paid_for_once(service: ServiceProcess) -> None:
    """A retry that is refused, then asked for again, runs the rows once; a refused one says why, row by row."""
    job = submit("one", "fail 418 once", "two")
    add_fault(service, "POST /v1/batches/{id}/retry", NO_CREDIT)
    job.retry().result(timeout=60)
    frame = job.retry().result(timeout=60)
    assert frame["response"].tolist() == ["one", "fail 418 once", "two"]
    assert books(service) == [(3, 2, 1), (1, 1, 0)]


def test_a_row_that_was_asked_apart_is_not_run_in_place_too(service: ServiceProcess) -> None:
    """After one failed row was asked in another way, a plain retry asks only the others."""
    job = submit("one", "fail 400", "fail 422")
    job.retry(where="422", messages=[{"role": "user", "content": "mended"}]).result(timeout=60)
    frame = job.retry().result(timeout=60)
    assert frame["dw_status"].tolist() == ["completed", "failed", "completed"]
    assert books(service) == [(3, 1, 2), (1, 1, 0), (1, 0, 1)]


def test_rows_asked_again_have_the_fate_of_the_last_time(service: ServiceProcess) -> None:
    """A row whose second batch is refused says so, and not what became of its first one."""
    job = submit("one", "fail 400")
    add_fault(service, "POST /v1/batches", NO_CREDIT)
    frame = job.retry(max_tokens=9).result(timeout=60)
    assert frame["dw_status"].tolist() == ["completed", "missing"]
    assert "Account balance too low" in frame["dw_error"].iloc[1]


def test_a_retry_that_changes_something_reaches_rows_that_were_never_sent(
    service: ServiceProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a batch that was refused, the rows that a retry means are asked as it says, and the others stay unsent."""
    monkeypatch.setattr(prepare, "LIMITS", Limits(requests=2))
    add_fault(service, "POST /v1/batches", NO_CREDIT, times=2)
    job = dw.submit(pd.DataFrame({"text": ["a", "b", "c", "fail 400"]}), "{{ text }}", label="refused")
    with pytest.raises(dw.errors.JobFailedError, match="balance too low"):
        job.result(timeout=60)
    add_fault(service, "POST /v1/batches", NO_CREDIT)
    job.retry(where="balance too low", messages=[{"role": "user", "content": "mended"}])
    frame = job.result(timeout=60)
    assert sorted(frame["response"].dropna()) == ["mended"] * 2
    frame = job.retry().result(timeout=60)
    assert sorted(frame["response"]) == ["mended"] * 4, "what is asked once more is asked as it was asked last"
    assert [total for total, _, _ in books(service)] == [2, 2]
    assert dw.attach(job.id).df.equals(frame)


def test_reused_answers_can_be_asked_for_again(service: ServiceProcess) -> None:
    """An answer that was cut off in an earlier job, and taken over from it, is asked for again where that is wanted."""
    submit("a b c d e f", "one", max_tokens=3)
    job = submit("new", "a b c d e f", max_tokens=3)
    assert job.snapshot.reused == 1
    frame = job.retry(where="length", max_tokens=100).result(timeout=60)
    assert frame["response"].tolist() == ["new", "a b c d e f"]
    assert books(service)[1:] == [(1, 1, 0), (1, 1, 0)]
    assert dw.attach(job.id).df.equals(frame)


def test_reads_that_lag_behind_a_retry_do_not_end_it(service: ServiceProcess) -> None:
    """After a retry whose answer was lost, a batch that is still shown as it ended is looked at again."""
    job = dw.submit(pd.DataFrame({"text": ["one", "wait 4"]}), "{{ text }}")
    assert job.received(timeout=30)
    job.cancel()
    with contextlib.suppress(dw.errors.JobCancelledError):
        job.result(timeout=60)
    with service.http() as http:
        (before,) = http.get("batches").json()["data"]
    add_fault(service, "POST /v1/batches/{id}/retry", "lose")
    told = {"fault": "status", "status": 200, "body": before}
    add_fault(service, "GET /v1/batches/{id}", told, skip=1, times=shard.GONE_AFTER - 1)
    assert job.retry().result(timeout=60)["response"].tolist() == ["one", "wait 4"]
    assert books(service) == [(2, 2, 0)]


def test_a_retry_is_for_one_kernel_at_a_time(service: ServiceProcess, own_home: Path) -> None:
    """A job that another kernel has taken up again, or another handle in this one, cannot be retried meanwhile."""
    job = submit("one", "fail 400")
    other = dw.attach(job.id)
    environment = {
        "DOUBLEWORD_API_BASE": service.base_url,
        "DOUBLEWORD_API_KEY": service.api_key,
        "DW_JUPYTER_HOME": str(own_home),
    }
    slow = {"messages": [{"role": "user", "content": "wait 60"}]}
    with Program(environment=environment) as kernel:
        kernel.ask("attach", job.id)
        kernel.ask("retry", job.id, **slow)
        with pytest.raises(JournalError, match="Another kernel drives job"):
            job.retry()
    with pytest.raises(OptionError, match="has not ended"):
        job.retry(max_tokens=9)
    job.retry()  # goes on with what that kernel had begun
    with pytest.raises(OptionError, match="still runs"):
        other.retry()
    job.cancel()
    assert job.result(timeout=60)["dw_status"].tolist() == ["completed", "cancelled"]


@pytest.mark.usefixtures("service")
def test_changes_are_checked_before_anything_is_asked_again() -> None:
    """A misspelt field, one that is not for a batch and one that is not JSON are refused; the job is as it was."""
    job = submit("one", "fail 400")
    for body, said in (({"max_tokn": 5}, "max_tokens"), ({"stream": True}, "stream"), ({"user": {1}}, "not JSON")):
        with pytest.raises(OptionError, match=said):
            job.retry(**body)
    assert job.df["dw_status"].tolist() == ["completed", "failed"]


def test_a_cancel_comes_before_a_retry_that_waits(service: ServiceProcess) -> None:
    """A retry that the service does not take for a while, and that is cancelled meanwhile, is not asked any more."""
    job = submit("one", "fail 418 once")
    add_fault(service, "POST /v1/batches/{id}/retry", UNAVAILABLE, times=None)
    job.retry()
    job.cancel()
    assert job.result(timeout=60)["dw_status"].tolist() == ["completed", "failed"]
    clear_faults(service)
    assert books(service) == [(2, 1, 1)]


class Drawn:
    """Notes what it is given to draw."""

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []
        self.ended = threading.Semaphore(0)

    def update(self, snapshot: Snapshot) -> None:
        """A tick."""
        self.snapshots.append(snapshot)
        if snapshot.ended:
            self.ended.release()

    def flush(self, snapshot: Snapshot) -> None:
        """Nothing waits here."""


@pytest.mark.usefixtures("service")
def test_whoever_drew_a_job_draws_its_retry_too() -> None:
    """A job that is taken up again, by whichever handle, is alive in its first view and in its first handle."""
    job = submit("one", "fail 400 once")
    drawn = Drawn()
    job.subscribe(drawn)
    assert drawn.ended.acquire(timeout=60)
    other = dw.attach(job.id)
    other.retry()
    assert drawn.ended.acquire(timeout=60)
    first, last = drawn.snapshots[0], drawn.snapshots[-1]
    assert (first.completed, first.failed, last.completed, last.failed) == (1, 1, 2, 0)
    assert [each.number for each in drawn.snapshots] == sorted({each.number for each in drawn.snapshots})
    assert any(not each.ended for each in drawn.snapshots)
    assert job.df["dw_status"].tolist() == ["completed", "completed"]
    assert 0 < last.idle < last.updated - last.started
    assert last.tokens == 8
    assert last.counted
