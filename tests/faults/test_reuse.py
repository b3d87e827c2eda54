from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.job import again, cache, folders
from dw_jupyter.job import service as service_room
from tests.fault_rules import NO_CREDIT, add_fault
from tests.faults.books import asked_texts, live_requests
from tests.faults.program import Program
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


def test_draws_are_told_apart_by_all_that_a_job_asks(http: httpx.Client) -> None:
    """The second draw of a text is that of another job, also where the first one comes from a third."""
    run("same", "same")
    run("same", "other")
    job = run("same", "same", "a", "b", "c")
    assert (job.snapshot.reused, live_requests(http)) == (2, 3 + 3)


@pytest.mark.parametrize("name", ["borrowed-001.jsonl", "requests-001.left"])
def test_a_full_disk_while_answers_are_taken_over_loses_none(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Answers of another job that could not be written down are taken over once they can; nothing is asked again."""
    monkeypatch.setattr(service_room, "DISK_PAUSE", 0.05)
    texts = ["a b c d e f", "wait 1"]
    first = dw.submit(pd.DataFrame({"text": texts}), "{{ text }}", max_tokens=3)
    assert first.received(timeout=30)
    second = dw.submit(pd.DataFrame({"text": [*texts, "new"]}), "{{ text }}", max_tokens=3)
    opened, refusals = Path.open, [3]

    def refuse(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        if path.name == name and mode in ("ab", "wb") and refusals[0]:
            refusals[0] -= 1
            raise OSError(28, "No space left on device")
        return opened(path, mode, *rest, **more)

    monkeypatch.setattr(Path, "open", refuse)
    assert second.result(timeout=60)["response"].tolist() == ["a b c", "wait 1", "new"]
    assert (refusals, live_requests(http)) == ([0], 3)
    assert second.retry(where="length", max_tokens=9).result(timeout=60)["response"].iloc[0] == texts[0]
    assert live_requests(http) == 4


def test_a_journal_that_cannot_be_read_now_is_waited_for(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a job that was forgotten is not waited for: one whose record cannot be read for a moment may be running."""
    monkeypatch.setattr(service_room, "DISK_PAUSE", 0.05)
    first = dw.submit(pd.DataFrame({"text": ["wait 2", "two"]}), "{{ text }}")
    assert first.received(timeout=30)
    read, refusals = Path.read_bytes, [0]

    def refuse(path: Path) -> bytes:
        if path.parent.name == first.id and refusals[0]:
            refusals[0] -= 1
            raise OSError(24, "Too many open files")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    second = dw.submit(pd.DataFrame({"text": ["wait 2", "three"]}), "{{ text }}")
    second.ready(30)
    refusals[0] = 2
    assert second.result(timeout=60)["response"].tolist() == ["wait 2", "three"]
    assert (refusals, asked_texts(http)["wait 2"]) == ([0], 1)


def test_a_job_that_was_forgotten_and_is_made_anew_does_not_wait_for_who_waits_for_it(
    http: httpx.Client, service: ServiceProcess, own_home: Path
) -> None:
    """Two jobs that would wait for each other do not: the one that is made last asks."""
    environment = {
        "DOUBLEWORD_API_BASE": service.base_url,
        "DOUBLEWORD_API_KEY": service.api_key,
        "DW_JUPYTER_HOME": str(own_home),
    }
    with Program(environment=environment) as kernel:
        first = dw.submit(pd.DataFrame({"text": ["wait 4 fail 400"]}), "{{ text }}", model="echo")
        assert first.received(timeout=30)
        kernel.ask("receive", kernel.ask("submit", ["wait 4 fail 400", "other"]))
    with pytest.raises(dw.errors.JobFailedError):
        first.result(timeout=60)
    dw.forget(first.id)
    anew = dw.submit(pd.DataFrame({"text": ["wait 4 fail 400"]}), "{{ text }}", model="echo")
    with pytest.raises(dw.errors.JobFailedError, match="as asked"):
        anew.result(timeout=60)
    assert anew.id == first.id
    assert live_requests(http) == 3


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
