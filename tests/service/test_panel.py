"""The panel's kernel side with the real service behind it; the browser's end is held by ``tests/panel_wire.py``."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.errors import OptionError
from dw_jupyter.frames.limits import Limits
from dw_jupyter.job import loop, prepare
from dw_jupyter.job.ready import submit_ready
from dw_jupyter.notebook.panel import Panel, show_in_panel
from dw_jupyter.notebook.panel_state import SIZE
from tests.panel_wire import PanelWire
from tests.service_process import ServiceProcess, start_service


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceProcess]:
    """A service whose books only this test writes; the account in use is there."""
    with start_service(tmp_path / "service", "--model", "echo") as running:
        monkeypatch.setenv("DOUBLEWORD_API_BASE", running.base_url)
        monkeypatch.setenv("DOUBLEWORD_API_KEY", running.api_key)
        yield running


@pytest.fixture
def wire() -> Iterator[PanelWire]:
    """A panel that somebody looks at."""
    reviews = pd.DataFrame({"text": ["good", "bad"]}, index=["a", "b"])
    looking = PanelWire(Panel({"reviews": reviews}))
    yield looking
    looking.leave()


def lines(*prompts: str) -> bytes:
    """A file that asks these prompts."""
    requests = (
        {
            "custom_id": f"ask-{number}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {"model": "echo", "messages": [{"role": "user", "content": prompt}]},
        }
        for number, prompt in enumerate(prompts)
    )
    return b"".join(json.dumps(request).encode() + b"\n" for request in requests)


def batches(http: httpx.Client) -> list[dict[str, Any]]:
    """All batches in the service's books, the newest first."""
    found: list[dict[str, Any]] = http.get("batches", params={"limit": 100}).json()["data"]
    return found


def make_elsewhere(http: httpx.Client, *prompts: str) -> str:
    """A batch that another program makes; its id."""
    file = http.post("files", files={"file": ("x.jsonl", lines(*prompts))}, data={"purpose": "batch"}).json()
    body = {"input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    return str(http.post("batches", json=body | {"metadata": {"batch_description": "nightly"}}).json()["id"])


@pytest.mark.usefixtures("service")
def test_a_dropped_file_is_checked_priced_sent_and_sent_once(wire: PanelWire, http: httpx.Client) -> None:
    """The estimate leaves no file and makes no batch; the same file again is the same job, with its answers by id."""
    source = {"kind": "upload", "upload": "u", "name": "asked.jsonl"}
    wire.ask(kind="part", upload="u", offset=0, part=lines("good", "fine"))
    assert wire.ask(kind="check", source=source)["models"] == [["echo", 2]]
    told = wire.ask(kind="estimate", source=source, window="24h")
    assert told["text"].startswith("The service does not know the cost. 2 requests, about ")
    assert http.get("files").json()["data"] == []
    assert batches(http) == []

    sent = wire.ask(kind="submit", source=source, window="24h")
    assert (sent["note"], {"kind": "show", "id": sent["job"]} in wire.messages) == ("", True)
    row = wire.row(phase="completed", label="asked.jsonl")
    assert (row["id"], row["origin"], row["headline"]) == (sent["job"], "", "Done: 2 of 2 answered")
    again = wire.ask(kind="submit", source=source, window="24h")
    assert again["job"] == sent["job"]
    assert again["note"].startswith("The same requests were sent before, ")
    assert len(batches(http)) == 1

    frame = dw.attach(sent["job"]).result()
    assert frame.index.tolist() == ["ask-0", "ask-1"]
    assert frame["prompt"].tolist() == frame["response"].tolist() == ["good", "fine"]


@pytest.mark.usefixtures("service")
def test_a_table_is_checked_priced_and_sent_by_its_name(wire: PanelWire) -> None:
    """The frame that the notebook calls by that name is what is asked, under a label of one's own."""
    source = {"kind": "table", "name": "reviews", "prompt": "Say {{ text }}"}
    assert wire.ask(kind="check", source=source)["models"] == [["echo", 2]]
    assert ". 2 requests, about " in wire.ask(kind="estimate", source=source)["text"]
    sent = wire.ask(kind="submit", source=source, label="my label")
    wire.row(id=sent["job"], phase="completed", label="my label")
    assert dw.attach(sent["job"]).result()["response"].to_dict() == {"a": "Say good", "b": "Say bad"}


@pytest.mark.usefixtures("service")
def test_a_panel_that_is_opened_for_a_job_begins_with_it() -> None:
    """Where none was open to show a job, the next has it open as it is drawn, on whichever page it is."""
    job, *newer = [dw.submit(pd.DataFrame({"text": ["good"]}), prompt=f"{n} {{{{ text }}}}") for n in range(SIZE + 1)]
    for each in (job, *newer):
        each.result()
    with pytest.raises(OptionError, match="No panel is open"):
        show_in_panel(job.id, (told := threading.Event()).set)
    assert not told.is_set()
    shown = PanelWire(Panel({}))
    shown.panel._repr_mimebundle_()
    assert told.is_set(), "who asked hears that it is shown now"
    shown.wait(lambda: shown.panel.state["page"] == 1)
    (row,) = shown.panel.state["rows"]
    assert (row["id"], row["details"][0]) == (job.id, f"job {job.id}")
    shown.leave()


@pytest.mark.usefixtures("service")
def test_another_model_is_asked_in_place_of_the_file_s(wire: PanelWire) -> None:
    """A model that the account has not is a fault of each line, which choosing another mends."""
    source = {"kind": "upload", "upload": "u", "name": "asked.jsonl"}
    wire.ask(kind="part", upload="u", offset=0, part=lines("good").replace(b'"echo"', b'"gpt-7"'))
    (fault,) = wire.ask(kind="check", source=source)["page"]
    assert fault == {"place": "line 1", "text": 'Model "gpt-7" is not one of the account\'s.'}
    assert wire.ask(kind="check", source=source, model="echo")["sendable"]
    sent = wire.ask(kind="submit", source=source, model="echo")
    assert dw.attach(sent["job"]).result()["response"].tolist() == ["good"]


@pytest.mark.usefixtures("service")
def test_a_job_is_retried_and_forgotten_and_what_cannot_be_is_said(wire: PanelWire) -> None:
    """What failed for once is answered by a retry; a job that has ended can be forgotten, and is then gone."""
    source = {"kind": "upload", "upload": "u", "name": "asked.jsonl"}
    wire.ask(kind="part", upload="u", offset=0, part=lines("good", "fail 400 once"))
    job = wire.ask(kind="submit", source=source)["job"]
    row = wire.row(id=job, phase="completed", failed=1)
    assert row["actions"] == ["retry", "forget"]
    wire.ask(kind="retry", id=job)
    row = wire.row(id=job, phase="completed", failed=0, completed=2)
    assert row["actions"] == ["forget"]
    assert wire.refused(kind="retry", id=job).startswith(f"No row of job {job} is without an answer.")
    wire.ask(kind="forget", id=job)
    wire.wait(lambda: all(each["id"] != job for each in wire.panel.state["rows"]))
    # On the service it still is, made by us, and no job of this machine any more.
    (batch,) = wire.panel.state["rows"]
    assert (batch["origin"], batch["completed"]) == ("forgotten, or of another machine", 2)


BEGUN_ELSEWHERE = """
import os, dw_jupyter as dw
job = dw.submit(["good", "wait 600"], "{{ value }}")
while job.counts.completed < 1:
    job.look()
print(job.id, flush=True)
os._exit(1)
"""


def test_a_job_that_cannot_be_reached_is_not_cancelled_and_says_so(
    service: ServiceProcess, wire: PanelWire, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another kernel has left it, and this one has no key: nothing is written down as cancelled; with the key it is."""
    begun = subprocess.run([sys.executable, "-c", BEGUN_ELSEWHERE], capture_output=True, text=True, check=False)
    job = begun.stdout.strip()
    monkeypatch.delenv("DOUBLEWORD_API_KEY")
    host = service.base_url.split("/")[2]
    wire.row(id=job)
    assert wire.refused(kind="cancel", id=job).startswith(f"There is no API key for {host}.")
    assert [each["status"] for each in batches(http)] == ["in_progress"]
    monkeypatch.setenv("DOUBLEWORD_API_KEY", service.api_key)
    row = wire.row(id=job, phase="running", completed=1)
    assert row["actions"] == ["cancel"]
    wire.ask(kind="cancel", id=job)
    wire.row(id=job, phase="cancelled", completed=1)


def test_a_job_whose_answers_nobody_has_fetched_says_so(wire: PanelWire, service: ServiceProcess) -> None:
    """The service is done with it, and no kernel follows it: there is nothing to cancel, and attaching it fetches."""
    begun = BEGUN_ELSEWHERE.replace("wait 600", "wait 1")
    job = subprocess.run([sys.executable, "-c", begun], capture_output=True, text=True, check=False).stdout.strip()
    row = wire.row(id=job, headline="Ended, not fetched: 2 of 2 answered")
    assert (row["phase"], row["actions"]) == ("running", [])
    assert dw.attach(job).result()["response"].tolist() == ["good", "wait 1"]
    assert wire.row(id=job, phase="completed")["headline"] == "Done: 2 of 2 answered"
    assert service.api_key not in str(wire.states)


@pytest.mark.usefixtures("service")
def test_more_jobs_are_retried_at_once_than_the_loop_has_workers(wire: PanelWire) -> None:
    """Each click is answered, and each job goes on to its end: what waits for the loop takes none of its workers."""
    source = {"kind": "upload", "upload": "u", "name": "asked.jsonl"}
    jobs = []
    for number in range(4):
        wire.ask(kind="part", upload="u", offset=0, part=lines(f"good {number}", "fail 400"))
        jobs.append(wire.ask(kind="submit", source=source)["job"])
    for job in jobs:
        wire.row(id=job, phase="completed", failed=1)
    loop.loop().set_default_executor(ThreadPoolExecutor(2))
    try:
        for request in [wire.send_wish(kind="retry", id=job) for job in jobs]:
            assert "done" in wire.answer(request)
        for job in jobs:
            assert dw.attach(job).result()["dw_status"].tolist() == ["completed", "failed"]
    finally:
        loop.loop().set_default_executor(ThreadPoolExecutor())


def test_a_job_under_way_and_a_batch_made_elsewhere_are_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both end as cancelled when the service says so; an ended batch is left as it ended."""
    with start_service(tmp_path / "slow", "--model", "echo", "--echo-delay", "2") as slow, slow.http() as http:
        monkeypatch.setenv("DOUBLEWORD_API_BASE", slow.base_url)
        monkeypatch.setenv("DOUBLEWORD_API_KEY", slow.api_key)
        other = make_elsewhere(http, *(f"wait {number}" for number in range(90)))
        path = tmp_path / "asked.jsonl"
        path.write_bytes(lines(*(f"hello {number}" for number in range(90))))
        job = submit_ready(path).id
        wire = PanelWire(Panel({}))
        for each, origin in ((job, ""), (other, "made elsewhere")):
            assert wire.row(id=each, origin=origin)["actions"] == ["cancel"]
            wire.ask(kind="cancel", id=each)
            wire.row(id=each, phase="cancelled")
        assert {batch["status"] for batch in batches(http)} == {"cancelled"}
        wire.leave()


@pytest.mark.usefixtures("service")
def test_a_batch_made_elsewhere_is_retried_where_it_is(wire: PanelWire, http: httpx.Client) -> None:
    """It stays one batch, and stays no job of this machine, until somebody attaches it."""
    other = make_elsewhere(http, "good", "fail 400 once")
    row = wire.row(id=other, phase="completed", failed=1)
    assert (row["label"], row["actions"], row["origin"]) == ("nightly", ["retry"], "made elsewhere")
    wire.ask(kind="retry", id=other)
    wire.row(id=other, phase="completed", failed=0, completed=2)
    assert len(batches(http)) == 1
    job = dw.attach(other)
    assert wire.row(origin="")["id"] == job.id
    assert job.result()["response"].tolist() == ["good", "fail 400 once"]


@pytest.mark.usefixtures("service")
def test_ready_requests_are_one_job_however_they_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beyond the limits becomes several batches of one job, and a failed line can be retried in it."""
    monkeypatch.setattr(prepare, "LIMITS", Limits(requests=2))
    path = tmp_path / "asked.jsonl"
    path.write_bytes(lines("a", "b", "fail 400 once", "d", "e"))
    job = submit_ready(path, tags={"team": "x"})
    frame = job.result()
    assert (len(job.batches), frame["dw_status"].tolist().count("failed")) == (3, 1)
    assert {(batch.metadata or {})["team"] for batch in job.batches} == {"x"}
    path.write_bytes(b"\n" + path.read_bytes())  # a blank line changes nothing
    assert submit_ready(path).id == job.id
    assert submit_ready(path, fresh=True).id == f"{job.id}-2"
    assert job.retry().result()["dw_status"].tolist() == ["completed"] * 5
