"""What a client that fails leaves behind: nowhere in it is the key."""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import dw_jupyter as dw
from dw_jupyter import errors
from dw_jupyter.api import retry
from tests.fault_rules import NO_CREDIT, UNAVAILABLE, add_fault, clear_faults
from tests.service.every_call import CALLS, World
from tests.service_process import ServiceProcess, start_service

ID = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with faults."""
    with start_service(tmp_path_factory.mktemp("service"), "--model", "echo", "--faults") as running:
        yield running


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error, and all that it came of, shown or not."""
    todo: list[BaseException | None] = [error]
    while todo:
        if (each := todo.pop()) is not None:
            yield each
            todo += [each.__cause__, each.__context__]


def left_behind(error: BaseException) -> str:
    """All that can be printed of an error: its chain, each with its traceback and the variables on the way."""
    shown = []
    for each in chain(error):
        shown += [repr(each), str(each), repr(vars(each))]
        frames = [
            step for step in traceback.walk_tb(each.__traceback__) if not step[0].f_code.co_name.startswith("test_")
        ]
        shown += traceback.StackSummary.extract(iter(frames), capture_locals=True).format()
    return "".join(shown)


@pytest.mark.parametrize("fault", ["refuse", "cut", NO_CREDIT, UNAVAILABLE], ids=["refused", "cut", "402", "503"])
async def test_a_failed_call_does_not_tell_the_key(
    service: ServiceProcess,
    fault: str | dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither errors nor their chains, variables, copies and logs at the finest level hold the key of any call."""
    decide = retry.decide
    monkeypatch.setattr(retry, "decide", lambda **case: None if decide(**case) is None else 0.0)
    monkeypatch.setenv("DOUBLEWORD_API_BASE", service.base_url)
    monkeypatch.setenv("DOUBLEWORD_API_KEY", service.api_key)
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "requests.jsonl"
    path.write_text("{}\n")
    ids: dict[str, Any] = dict.fromkeys(World.__dataclass_fields__, ID)
    world = World(**(ids | {"folder": tmp_path, "requests": path}))
    add_fault(service, "*", fault, times=None)
    try:
        with dw.Client() as plain, pytest.raises(errors.APIError) as caught:
            plain.list_models()
        failures: list[errors.APIError] = [caught.value]
        async with dw.AsyncClient() as client:
            for call in CALLS.values():
                with pytest.raises(errors.APIError) as caught:
                    await call.make(client, world)
                failures.append(caught.value)
    finally:
        clear_faults(service)
    shown = [repr(plain), repr(client), repr(vars(client)), repr(client._wire), repr(vars(client._wire)), caplog.text]
    for failure in failures:
        shown.append(left_behind(failure))
        again = pickle.loads(pickle.dumps(failure))  # noqa: S301 - made a moment ago
        assert (type(again), vars(again), str(again)) == (type(failure), vars(failure), str(failure))
        shown += [repr(vars(again)), repr(pickle.dumps(failure)), repr(copy.copy(failure))]
    assert "httpcore" in {record.name.partition(".")[0] for record in caplog.records}
    assert not [text for text in shown if service.api_key in text]


@pytest.mark.parametrize("base_url", ["http://example.org/v1", "https://me:secret@example.org/v1", "ftp://x"])
def test_a_client_that_is_not_made_does_not_tell_the_key(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address that is not safe for the key is refused, and the refusal does not hold the key itself."""
    key = "sk-a-key-that-opens-nothing"
    with pytest.raises(errors.ConfigurationError) as given:
        dw.Client(base_url=base_url, api_key=key)
    monkeypatch.setenv("DOUBLEWORD_API_BASE", base_url)
    monkeypatch.setenv("DOUBLEWORD_API_KEY", key)
    with pytest.raises(errors.ConfigurationError) as found:
        dw.Client()
    assert key not in left_behind(given.value) + left_behind(found.value)


async def test_what_an_error_came_of_is_not_chained(tmp_path: Path) -> None:
    """Where a connection breaks while the key is being sent, the frame that sends it is not kept with the error."""
    key = "sk-a-key-that-opens-nothing"

    def send(request: httpx.Request) -> httpx.Response:
        headers = request.headers.raw
        raise httpx.WriteError(f"could not send {len(headers)} headers")

    path = tmp_path / "requests.jsonl"
    path.write_text("{}\n")
    transport = httpx.MockTransport(send)
    async with dw.AsyncClient(base_url="https://x.test/v1", api_key=key, attempts=1, transport=transport) as client:
        for call in (client.list_models(), client.upload_file(path), client.download(ID, tmp_path / "output.jsonl")):
            with pytest.raises(errors.APIConnectionError, match="could not send") as caught:
                await call
            assert key not in left_behind(caught.value)
