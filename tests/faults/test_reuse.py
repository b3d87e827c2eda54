from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.job import again, cache, folders
from tests.fault_rules import NO_CREDIT, add_fault
from tests.faults.books import asked_texts, live_requests
from tests.service_process import ServiceProcess, start_service, wait_until

ROWS = [f"row {n}" for n in range(8)]


def run(*texts: str, **options: object) -> dw.Job:
    """A job over these texts, at its end."""
    job = dw.submit(pd.DataFrame({"text": list(texts)}), "{{ text }}", **options)  # type: ignore[arg-type]
    assert job.result(timeout=60)["response"].tolist() == list(texts)
    return job


@pytest.mark.parametrize("body", [{}, {"temperature": 0}])
def test_a_changed_row_is_the_only_one_sent(http: httpx.Client, body: dict[str, float]) -> None:
    """A cell with one row changed, one added and the others moved sends those two; the answers are in their rows."""
    run(*ROWS, **body)
    job = run("new", *reversed(ROWS[1:]), "another", **body)
    assert (job.snapshot.reused, job.snapshot.merged) == (7, 0)
    assert live_requests(http) == len(ROWS) + 2
    assert job.status.startswith("Done: 9 of 9 answered")
    assert "7 reused" in job.snapshot.details(0)


def test_ten_draws_are_ten_requests_and_one_answer_is_one(http: httpx.Client) -> None:
    """Ten rows that ask the same are ten requests where the model samples, and one where its answer is definite."""
    run(*["same"] * 10)
    assert live_requests(http) == 10
    job = run(*["same"] * 10, temperature=0)
    assert live_requests(http) == 11
    assert (job.counts.completed, job.snapshot.merged) == (10, 9)
    run(*["same"] * 13)
    assert live_requests(http) == 14, "the first ten draws are those of the first job"


def test_fresh_sends_everything(http: httpx.Client) -> None:
    """``fresh`` asks each row again, also those that ask the same."""
    run(*ROWS, "row 0", temperature=0)
    run(*ROWS, "row 0", temperature=0, fresh=True)
    assert live_requests(http) == 8 + 9


def test_the_cache_is_made_again(http: httpx.Client, own_home: Path) -> None:
    """Without its cache files, or with torn ones, everything is still found."""
    first = run(*ROWS)
    for number, job in enumerate((own_home / "jobs").glob(f"*/{cache.KEYS}")):
        job.unlink() if number % 2 else job.write_bytes(b"torn")
    run(*ROWS, "new")
    assert live_requests(http) == 9
    assert (own_home / "jobs" / first.id / cache.KEYS).read_bytes() != b"torn"


def test_failed_rows_are_asked_again(http: httpx.Client) -> None:
    """What failed in an earlier job is no answer: it is sent again, and the answers are not."""
    texts = [*ROWS, "fail 400"]
    dw.submit(pd.DataFrame({"text": texts}), "{{ text }}").result(timeout=60)
    frame = dw.submit(pd.DataFrame({"text": [*texts, "new"]}), "{{ text }}").result(timeout=60)
    assert frame["dw_status"].tolist() == ["completed"] * 8 + ["failed", "completed"]
    assert live_requests(http) == 9 + 2


def test_rows_under_way_elsewhere_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that another job is asking is not asked a second time, unless it fails there or that job is cancelled."""
    with start_service(tmp_path / "slow", "--model", "echo", "--echo-delay", "1") as running, running.http() as http:
        monkeypatch.setenv("DOUBLEWORD_API_BASE", running.base_url)
        monkeypatch.setenv("DOUBLEWORD_API_KEY", running.api_key)
        texts = [f"slow {n}" for n in range(20)]
        first = dw.submit(pd.DataFrame({"text": [*texts, "fail 400"]}), "{{ text }}")
        assert first.received(timeout=30)
        second = dw.submit(pd.DataFrame({"text": [*texts, "fail 400", "new"]}), "{{ text }}")
        third = dw.submit(pd.DataFrame({"text": [*texts[10:], "newer"]}), "{{ text }}")
        wait_until(lambda: (first.counts.completed or 0) >= 8)
        first.cancel()
        frame = second.result(timeout=60)
        assert frame["response"].tolist()[:20] == texts
        assert frame["dw_status"].tolist()[20:] == ["failed", "completed"]
        assert third.result(timeout=60)["response"].tolist() == [*texts[10:], "newer"]
        answered = sum(batch["request_counts"]["completed"] for batch in http.get("batches").json()["data"])
        assert answered == 22, "each text is answered once, whoever asked for it"


def test_what_was_never_sent_is_not_sent_where_another_job_has_asked_it(
    service: ServiceProcess, http: httpx.Client
) -> None:
    """A cell that had no credit, run again after another one has asked some of its rows, sends only the rest."""
    add_fault(service, "POST /v1/batches", NO_CREDIT)
    with pytest.raises(dw.errors.JobFailedError, match="balance too low"):
        run(*ROWS)
    run(*ROWS[:5], "other")
    refused = run(*ROWS)
    assert (refused.snapshot.reused, live_requests(http)) == (5, 6 + 3)
    assert dw.attach(refused.id).df.equals(refused.df)
    assert run(*ROWS).id == refused.id
    assert live_requests(http) == 6 + 3


def test_answers_that_are_found_at_a_retry_stay(
    service: ServiceProcess, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row whose retry was refused, and that another job has an answer to by then, has that answer from then on."""
    monkeypatch.setattr(again, "LEAST_WINDOW", 1e9)
    job = dw.submit(pd.DataFrame({"text": ["one", "fail 418 once"]}), "{{ text }}", model="echo")
    assert job.result(timeout=60)["dw_status"].tolist() == ["completed", "failed"]
    add_fault(service, "POST /v1/batches", NO_CREDIT)
    assert job.retry().result(timeout=60)["dw_status"].tolist() == ["completed", "missing"]
    run("fail 418 once", "two")
    assert job.retry().result(timeout=60)["response"].tolist() == ["one", "fail 418 once"]
    assert dw.attach(job.id).df.equals(job.df)
    assert live_requests(http) == 2 + 2


def test_a_retry_and_a_job_that_gives_up_its_wait_do_not_both_ask(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job is retried in the instant in which another one, that waited for its rows, is about to ask them itself."""
    deciding = folders.deciding
    gives_up, asked_again = threading.Event(), threading.Event()

    @contextlib.asynccontextmanager
    async def decide_late(home: Path) -> AsyncIterator[None]:
        if not gives_up.is_set():
            gives_up.set()
            assert await asyncio.to_thread(asked_again.wait, 30)
        async with deciding(home):
            yield

    texts = ["one", "wait 2", "two"]
    first = dw.submit(pd.DataFrame({"text": texts[:2]}), "{{ text }}", model="echo")
    assert first.received(timeout=30)
    second = dw.submit(pd.DataFrame({"text": texts}), "{{ text }}", model="echo")
    assert second.received(timeout=30)
    monkeypatch.setattr(folders, "deciding", decide_late)
    first.cancel()
    assert gives_up.wait(30)
    first.retry()
    asked_again.set()
    assert second.result(timeout=60)["response"].tolist() == texts
    assert first.result(timeout=60)["response"].tolist() == texts[:2]
    assert asked_texts(http) == Counter(texts)
