from __future__ import annotations

from typing import Any

import pytest

from dw_jupyter.api.types import Batch, BatchError, BatchErrors, RequestCounts
from dw_jupyter.job.rate import Rate
from dw_jupyter.job.record import JobRecord, ShardRecord
from dw_jupyter.job.snapshot import Snapshot, duration
from dw_jupyter.job.tally import outcome, tally


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "preparing", "total": 1}, "Preparing 1 row"),
        ({"state": "uploading", "total": 1200, "uploaded": 0.999}, "Uploading 1,200 rows: 99 %"),
        ({"state": "queued", "total": 5}, "Queued: 5 rows waiting to start"),
        ({"state": "running", "total": 500, "completed": 142, "failed": 3}, "142 of 500 answered, 3 failed"),
        ({"state": "cancelling", "total": 5, "completed": 1}, "Cancelling… 1 of 5 answered"),
        ({"state": "cancelled", "total": 5, "completed": 1}, "Cancelled: 1 of 5 answered"),
        ({"state": "completed", "total": 5, "completed": 5}, "Done: 5 of 5 answered"),
        ({"state": "failed", "total": 5, "error": "No credit.\nAdd some."}, "Failed: No credit."),
    ],
)
def test_the_headline_says_it_all(fields: dict[str, Any], words: str) -> None:
    """Each state has its line, counts have their thousands, percentages are rounded down."""
    assert Snapshot(**fields).headline == words


def test_details_say_what_is_known() -> None:
    """Rate, time left and window stand there while they mean something, and a window that is over is said."""
    running = Snapshot(
        state="running", total=100, completed=40, rate=2.0, model="m", window="24h", window_ends=1000.0, updated=5.0
    )
    assert running.details(now=400.0) == ("m", "2.0 rows/s", "about 30 s left", "10 min left of the 24h window")
    assert running.details(now=2000.0)[-1] == "past its 24h window, still running"
    ended = Snapshot(state="completed", total=100, completed=100, rate=2.0, model="m", started=100.0, updated=160.0)
    assert ended.details(now=9999.0) == ("m", "took 1 min")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, ""),
        ({"moved": 86_400.0 * 0.5 - 4000}, "nothing has moved for 1 h 6 min"),
        ({"moved": 86_400.0 * 0.5 - 3000}, ""),
        ({"state": "completed", "moved": 1.0}, ""),
        ({"rate": 0.001, "moved": 43_000.0}, "at this rate it ends 7 h 10 min after its window"),
        ({"rate": 0.01, "moved": 43_000.0}, ""),
        (
            {"state": "queued", "window_ends": 43_260.0, "started": 39_660.0, "moved": 43_000.0},
            "1 min of its window left",
        ),
        ({"window_ends": 43_000.0, "moved": 43_000.0}, ""),
    ],
)
def test_what_may_be_wrong_is_said(fields: dict[str, Any], words: str) -> None:
    """A job that stands still, is too slow for its window or has little of it left says so, in words."""
    now = 43_200.0
    known: dict[str, Any] = {"state": "running", "total": 100, "completed": 31, "window_ends": 86_400.0, "moved": 0.0}
    snapshot = Snapshot(**known | fields)
    worry = snapshot.worry(now)
    assert worry.startswith(words) if words else worry == ""
    assert not worry or worry in snapshot.details(now)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59, "59 s"), (61, "1 min"), (3600, "1 h"), (7500, "2 h 5 min"), (-3, "0 s")]
)
def test_durations_read_aloud(seconds: float, words: str) -> None:
    """A time is said in at most two units."""
    assert duration(seconds) == words


def test_the_rate_follows_what_happened_of_late() -> None:
    """The rate is that of the last minute, unknown before anything moved, and starts afresh after a retry."""
    rate = Rate()
    assert rate.see(0.0, 0)[0] is None
    assert rate.see(10.0, 20)[0] == 2.0
    for second in range(20, 200, 10):
        latest, _ = rate.see(float(second), 20 + second // 10)
    assert latest == pytest.approx(0.1, rel=0.2)
    assert rate.see(200.0, 5)[0] is None


def job(*batches: Batch | None, error: str = "") -> JobRecord:
    """A job of so many shards of ten rows."""
    shards = [
        ShardRecord(requests=10, bytes=100, first=10 * n, token=f"t-{n:03}", batch=batch, error=error)
        for n, batch in enumerate(batches)
    ]
    return JobRecord(
        id="j", digest="d", account="local", key_hash="", label="", endpoint="", window="24h", model="m",
        rows=10 * len(shards), json_schema=None, token="t", shards=shards, created=0.0,
    )  # fmt: skip


def batch(completed: int, failed: int = 0, **fields: Any) -> Batch:
    """A batch of ten requests."""
    return Batch(id="b", request_counts=RequestCounts(total=10, completed=completed, failed=failed), **fields)


def test_counts_are_those_of_all_shards() -> None:
    """A job's counts are the sums over its batches; what was sent is measured in bytes."""
    idle: dict[str, Any] = {"fetched": (0, 0), "answered": 0, "rejected": 0, "cancelling": False}
    counts = tally(job(batch(3, 1), None), uploaded=[100, 50], **idle)
    assert (counts["completed"], counts["failed"], counts["uploaded"], counts["state"]) == (3, 1, 0.75, "running")
    assert tally(job(batch(0), None), uploaded=[100, 0], **idle)["state"] == "uploading"
    assert tally(job(batch(0), batch(0)), uploaded=[100, 100], **idle)["state"] == "queued"


def test_an_answer_that_does_not_fit_counts_as_failed() -> None:
    """A row whose answer breaks the schema moves from answered to failed, and is counted once."""
    counts = tally(job(batch(8, 2)), uploaded=[100], fetched=(8, 2), answered=5, rejected=5, cancelling=False)
    assert (counts["completed"], counts["failed"]) == (5, 5)


def test_an_answer_that_is_here_counts_before_the_service_is_asked() -> None:
    """After a restart the counts begin with what is on the disk, not with what the batch said when it was last seen."""
    counts = tally(job(batch(0)), uploaded=[0], fetched=(6, 0), answered=6, rejected=0, cancelling=False)
    assert (counts["completed"], counts["state"], counts["uploaded"]) == (6, "running", 1.0)


@pytest.mark.parametrize(
    ("record", "completed", "cancelled", "reason", "ended"),
    [
        (job(batch(10)), 10, 0, "", ("completed", "")),
        (job(batch(9, 1)), 9, 0, "timed out", ("completed", "")),
        (job(batch(0, 10)), 0, 0, "timed out", ("failed", "None of the 10 rows was answered. Most say: timed out")),
        (job(batch(4, cancelled_at=1.0)), 4, 6, "", ("cancelled", "")),
        (job(batch(4, cancelled_at=1.0), batch(5, 1)), 19, 0, "", ("completed", "")),
        (job(None, error="Cancelled before it was sent."), 0, 10, "", ("cancelled", "")),
        (job(None, error="No credit.\nAdd some."), 0, 0, "", ("failed", "No credit.")),
        (job(batch(0, errors=BatchErrors(data=[BatchError(message="bad")]))), 0, 0, "", ("failed", "batch: bad")),
        (job(batch(0)), 0, 0, "", ("failed", "gave no reason")),
    ],
)
def test_how_a_job_ended(
    record: JobRecord, completed: int, cancelled: int, reason: str, ended: tuple[str, str]
) -> None:
    """The end of a job follows from what became of its rows, and a failed one says why."""
    state, error = outcome(record, completed=completed, cancelled=cancelled, reason=reason)
    assert state == ended[0]
    assert ended[1] in error
