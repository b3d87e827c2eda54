from __future__ import annotations

import json
from pathlib import Path

import openai
import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.errors import JobError, JobFailedError, JobUnreachableError, JournalError, NotFoundError
from dw_jupyter.job import breaker
from tests.fault_rules import add_fault, clear_faults
from tests.service_process import ServiceProcess, wait_until


def make_elsewhere(client: openai.OpenAI, *texts: str, folder: Path) -> str:
    """A batch made by another program, with ids of its own."""
    path = folder / "elsewhere.jsonl"
    with path.open("w") as file:
        for number, text in enumerate(texts):
            body = {
                "model": "echo",
                "messages": [{"role": "system", "content": "x"}, {"role": "user", "content": text}],
            }
            line = {"custom_id": f"user {number % 4}!", "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(json.dumps(line) + "\n")
    file_id = client.files.create(file=path, purpose="batch").id
    return client.batches.create(
        input_file_id=file_id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"batch_description": "by hand"},
    ).id


def test_a_batch_made_elsewhere_becomes_a_job(service: ServiceProcess, tmp_path: Path) -> None:
    """Attaching to a batch by its id gives its answers by custom_id beside what was asked, and retries work on it."""
    with service.client() as client:
        batch_id = make_elsewhere(client, "one", "fail 400", "wait 1", "four", folder=tmp_path)
        job = dw.attach(f"batch_{batch_id}")
        frame = job.result(timeout=60)
        assert frame.index.tolist() == ["user 0!", "user 1!", "user 2!", "user 3!"]
        assert frame["prompt"].tolist() == ["one", "fail 400", "wait 1", "four"]
        assert frame["dw_status"].tolist() == ["completed", "failed", "completed", "completed"]
        assert (job.snapshot.label, dw.attach(batch_id).id) == ("by hand", job.id)
        job.retry(messages=[{"role": "user", "content": "mended"}])
        assert job.result(timeout=60)["response"].tolist() == ["one", "mended", "wait 1", "four"]
        twins = make_elsewhere(client, *"abcdef", folder=tmp_path)
        frame = dw.attach(twins).result(timeout=60)
        assert frame["dw_status"].tolist() == ["completed"] * 4 + ["missing"] * 2
        assert set(frame["dw_error"].dropna()) == {"another row has the same custom_id"}
        with pytest.raises(NotFoundError):
            dw.attach("00000000-0000-4000-8000-000000000000")
        with pytest.raises(JournalError, match="There is no job 'nonsense'"):
            dw.attach("nonsense")
        gone = make_elsewhere(client, "a", folder=tmp_path)
        wait_until(lambda: client.batches.retrieve(gone).status == "completed")
        client.files.delete(str(client.batches.retrieve(gone).input_file_id))
        with pytest.raises(JobError, match=r"input file of batch .* was deleted"):
            dw.attach(gone)


@pytest.mark.usefixtures("service")
def test_jobs_are_listed_filtered_and_forgotten() -> None:
    """The list tells each job's size and can be narrowed; a job that has ended can be removed, one that runs cannot."""
    done = dw.submit(pd.DataFrame({"text": ["a"]}), "{{ text }}", label="Done so")
    done.result(timeout=60)
    slow = dw.submit(pd.DataFrame({"text": ["wait 30"]}), "{{ text }}", label="slow")
    assert slow.received(timeout=30)
    listed = dw.jobs()
    assert listed["job"].tolist() == [slow.id, done.id]
    assert (listed["bytes"] > 500).all()
    assert dw.jobs(search="done SO")["job"].tolist() == dw.jobs(state="completed")["job"].tolist() == [done.id]
    assert len(dw.jobs(account="elsewhere")) == len(dw.jobs(since="2999-01-01")) == 0
    with pytest.raises(JournalError, match="still runs"):
        dw.forget(slow.id)
    assert dw.forget(done.id) == listed["bytes"].iloc[1]
    assert dw.jobs()["job"].tolist() == [slow.id]
    slow.cancel()
    with pytest.raises(dw.errors.JobCancelledError):
        slow.result(timeout=60)


@pytest.mark.usefixtures("service")
def test_a_job_whose_first_rows_nearly_all_fail_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The breaker stops the batch and says why; what failed is grouped; a retry goes through with it."""
    monkeypatch.setattr(breaker, "FIRST", 10)
    texts = ["fine", *["fail 400"] * 30, *[f"wait 9.{n:03}" for n in range(90)]]
    job = dw.submit(pd.DataFrame({"text": texts}), "{{ text }}")
    with pytest.raises(JobFailedError, match=r"^Stopped, since \d+ of the first \d+ rows failed: 400: .*as asked"):
        job.result(timeout=60)
    assert job.df["dw_status"].value_counts()["cancelled"] >= 80
    grouped = job.errors()
    assert grouped["kind"].tolist() == ["cancelled", "http"]
    assert grouped["status"].tolist()[1] == 400
    assert grouped["rows"].sum() == len(texts) - 1
    same = dw.submit(pd.DataFrame({"text": texts}), "{{ text }}")
    with pytest.raises(JobFailedError, match="Stopped"):
        same.result(timeout=60)
    job.retry(where="cancelled", messages=[{"role": "user", "content": "quick"}])
    assert (job.result(timeout=60)["response"].dropna() == "quick").sum() >= 80


@pytest.mark.usefixtures("service")
def test_a_full_disk_pauses_a_job(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    """A job whose disk is full says so, loses nothing, and goes on when there is room."""
    from dw_jupyter.job import service as service_room

    monkeypatch.setattr(service_room, "DISK_PAUSE", 0.05)
    texts = [f"wait 0.{n:03}" for n in range(300, 340)]
    job = dw.submit(pd.DataFrame({"text": texts}), "{{ text }}")
    assert job.received(timeout=30)
    folder = own_home / "jobs" / job.id
    stop = folder / "output-000.jsonl"
    wait_until(lambda: stop.exists() and stop.stat().st_size > 0)
    append = Path.open
    full = True

    def refuse(path: Path, mode: str = "r", *rest: object) -> object:
        if full and path.parent == folder and mode in ("ab", "wb"):
            raise OSError(28, "No space left on device")
        return append(path, mode, *rest)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    wait_until(lambda: "No space left" in job.snapshot.trouble)
    assert not job.done()
    full = False
    assert job.result(timeout=60)["response"].tolist() == texts
    assert job.snapshot.trouble == ""


def test_another_key_does_not_lose_a_job(service: ServiceProcess, own_home: Path) -> None:
    """A key that does not see a job's batch is told so, and the job is left as it was for the key that does."""
    job = dw.submit(pd.DataFrame({"text": ["wait 9"]}), "{{ text }}")
    assert job.received(timeout=30)
    add_fault(
        service, "GET /v1/batches/{id}", {"fault": "status", "status": 404, "body": "Batch not found"}, times=None
    )
    path = own_home / "jobs" / job.id / "job.json"
    assert service.api_key not in path.read_text()
    record = json.loads(path.read_text())
    job.cancel()
    with pytest.raises(JobFailedError):
        job.result(timeout=60)
    path.write_text(json.dumps(record | {"key_hash": "of another"}))
    (path.parent / "cancel").unlink()
    lost = dw.attach(job.id)
    with pytest.raises(JobUnreachableError, match="sent with another one"):
        lost.result(timeout=60)
    assert lost.status.startswith("Out of reach, 0 of 1 answered: With this key the service does not know job")
    assert lost.df["dw_status"].tolist() == ["pending"]
    assert json.loads(path.read_text())["finished"] is None
    clear_faults(service)
    assert dw.attach(job.id).result(timeout=60)["response"].tolist() == ["wait 9"]
