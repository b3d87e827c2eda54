from __future__ import annotations

from pathlib import Path

import httpx
import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.job import cache
from tests.faults.books import live_requests
from tests.service_process import start_service, wait_until

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
