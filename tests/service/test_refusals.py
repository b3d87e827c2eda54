"""What people read when the service says no: in a program, and in a cell."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.api import retry
from dw_jupyter.job import send
from dw_jupyter.job import service as service_room
from tests.fault_rules import add_fault, clear_faults
from tests.service.refusals import BATCH, CHAT, CREATE, FINE, ID, REFUSALS, UNVERIFIED, UPLOAD, Refusal
from tests.service_process import ServiceProcess, start_service, wait_until


def named(refusal: Refusal) -> str:
    """A short name for a test."""
    return f"{refusal.call.replace(ID, 'id')} {refusal.status} {refusal.said[:30]}"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with faults that takes four small requests in a file."""
    limits = ("--max-requests", "4", "--max-bytes", "20000", "--max-body", "2000")
    with start_service(tmp_path_factory.mktemp("service"), "--model", "echo", "--faults", *limits) as running:
        yield running


@pytest.fixture(scope="module")
def client(service: ServiceProcess) -> Iterator[dw.Client]:
    """The client."""
    with dw.Client(base_url=service.base_url, api_key=service.api_key) as client:
        yield client


@pytest.fixture
def refusing(service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Refusal], None]]:
    """Has the service say no until the test is over; nobody waits before trying again."""
    decide = retry.decide
    monkeypatch.setattr(retry, "decide", lambda **case: None if decide(**case) is None else 0.0)
    yield lambda refusal: add_fault(service, refusal.call, refusal.fault)
    clear_faults(service)


def make(client: dw.Client, refusal: Refusal, path: Path) -> None:
    """The call that is refused."""
    lines = refusal.lines or [FINE]
    path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines))
    calls: dict[str, Callable[[], object]] = {
        UPLOAD: lambda: client.upload_file(path),
        CREATE: lambda: client.create_batch(input_file_id=ID),
        BATCH: lambda: client.retrieve_batch(ID),
        "GET /v1/batches": lambda: list(client.list_batches()),
        "GET /v1/models": client.list_models,
        f"POST /v1/batches/{ID}/retry": lambda: client.retry_batch(ID),
        f"POST /v1/batches/{ID}/retry-requests": lambda: client.retry_requests(ID, [ID]),
        f"POST {CHAT}": lambda: client.answer(CHAT, {"model": "echo", "messages": []}),
    }
    calls[refusal.call]()


@pytest.mark.parametrize("refusal", REFUSALS, ids=named)
def test_a_program_reads(
    client: dw.Client, refusing: Callable[[Refusal], None], refusal: Refusal, tmp_path: Path
) -> None:
    """Two short lines: the service's own words, and what to do. Where the service can be made to say so, it is."""
    if refusal.lines is None:
        refusing(refusal)
    with pytest.raises(dw.errors.APIStatusError) as caught:
        make(client, refusal, tmp_path / "requests.jsonl")
    assert str(caught.value) == f"The service said no ({refusal.status}): {refusal.sentence}\n{refusal.todo}"
    assert all(len(each) <= 160 for each in str(caught.value).splitlines()[1:])


CELLS = [refusal for refusal in REFUSALS if refusal.call in (UPLOAD, CREATE)]


@pytest.mark.parametrize("refusal", CELLS, ids=named)
def test_a_cell_reads(
    service: ServiceProcess,
    refusing: Callable[[Refusal], None],
    refusal: Refusal,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A cell fails with the same words, of its row where a line is named; what may pass is told while it waits."""
    monkeypatch.setenv("DOUBLEWORD_API_BASE", service.base_url)
    monkeypatch.setenv("DOUBLEWORD_API_KEY", service.api_key)
    monkeypatch.setattr(send, "LOOKS_HERE", (0.0,))
    monkeypatch.setattr(service_room, "LONGEST_PAUSE", 0.02)
    what = f"The service said no ({refusal.status}): {refusal.sentence}"
    if "ine 2" in refusal.said:
        what = f"The service refused row 1 ({refusal.status}): {refusal.sentence.removeprefix('Line 2: ')}"
    refusing(refusal)
    job = dw.submit(pd.DataFrame({"text": ["a", "b"]}), "{{ text }}", model="echo")
    if refusal.status in (429, 503, 520) and refusal.said != UNVERIFIED:
        wait_until(lambda: job.snapshot.trouble != "")
        assert job.snapshot.trouble == f"{what} {refusal.todo}"
        clear_faults(service)
        assert job.result(timeout=30)["response"].tolist() == ["a", "b"]
    else:
        with pytest.raises(dw.errors.JobFailedError) as caught:
            job.result(timeout=30)
        assert str(caught.value) == f"{what}\n{refusal.todo}"
