from __future__ import annotations

import asyncio
import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from dw_jupyter import config
from dw_jupyter.job import overview
from dw_jupyter.job.overview import Overview
from dw_jupyter.job.service import Pace
from tests.read_job import job

PATIENCE = 30.0


class Account(http.server.BaseHTTPRequestHandler):
    """A service that lists batches, a page at a time, and counts what it is asked."""

    protocol_version = "HTTP/1.1"
    batches: ClassVar[dict[str, dict[str, Any]]] = {}
    asked: ClassVar[list[str]] = []
    refuses: ClassVar[bool] = False
    holds: ClassVar[threading.Event | None] = None
    """Answers wait for it."""
    arrived: ClassVar[threading.Event] = threading.Event()

    def do_GET(self) -> None:
        """Answer a list or one batch."""
        Account.asked.append(self.path)
        held = self.holds
        url = urlsplit(self.path)
        code, body = 200, self._answer(url.path, {name: each[0] for name, each in parse_qs(url.query).items()})
        if self.refuses or body is None:
            code, body = (403 if self.refuses else 404), {}
        text = json.dumps(body).encode()
        if held is not None:
            self.arrived.set()
            held.wait(PATIENCE)
        self.send_response(code)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _answer(self, path: str, query: dict[str, str]) -> Any:
        if path != "/v1/batches":
            return self.batches.get(path.rpartition("/")[2])
        newest = sorted(self.batches.values(), key=lambda each: (each["status"] != "in_progress", -each["created_at"]))
        start = next((n for n, each in enumerate(newest, 1) if each["id"] == query.get("after")), 0)
        page = newest[start : start + int(query["limit"])]
        return {"data": page, "has_more": start + len(page) < len(newest), "last_id": page[-1]["id"] if page else None}

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def batch(number: int, status: str = "completed", completed: int = 0) -> dict[str, Any]:
    """A batch as the wire has it."""
    counts = {"total": 10, "completed": completed, "failed": 0}
    return {"id": f"b{number}", "status": status, "created_at": number, "request_counts": counts}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Account]]:
    """The account in use, asked as often as can be while somebody looks."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Account)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("DOUBLEWORD_API_BASE", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("DOUBLEWORD_API_KEY", "opens-nothing")
    monkeypatch.setattr(overview, "TICK", 0.01)
    monkeypatch.setattr(overview, "CLOUD", Pace(least=0.01, most=0.02))
    Account.batches, Account.asked, Account.refuses, Account.holds = {}, [], False, None
    yield Account
    server.shutdown()
    thread.join()
    server.server_close()


class Watcher:
    """Somebody who looks, and waits for what there is to see."""

    def __init__(self) -> None:
        self.overview = Overview(self._notice)
        self._noticed = asyncio.Event()

    def _notice(self) -> None:
        self._noticed.set()

    async def until(self, condition: Any) -> None:
        """Wait for something to be so."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._noticed.clear()
                await self._noticed.wait()

    async def rest(self) -> None:
        """Look no more, and wait until it is noticed."""
        task = self.overview._task
        self.overview.rest()
        if task is not None:
            await task

    def states(self) -> dict[str, str]:
        """The state of each entry."""
        return {entry.id: entry.snapshot.state for entry in self.overview.entries}


async def test_this_machine_is_looked_at_while_the_account_does_not_answer(account: type[Account]) -> None:
    """A job that is begun, and one that gets another name, are seen meanwhile; what the account says comes later."""
    account.batches = {"b1": batch(1)}
    account.holds = threading.Event()
    watcher = Watcher()
    watcher.overview.look()
    journal = job(config.home() / "jobs" / "0123456789ab", {"requests-000.jsonl": b""}, rows=1, label="first")
    await watcher.until(lambda: [entry.snapshot.label for entry in watcher.overview.entries] == ["first"])
    journal.rename("second")
    await watcher.until(lambda: [entry.snapshot.label for entry in watcher.overview.entries] == ["second"])
    assert not watcher.overview.complete
    account.holds.set()
    await watcher.until(lambda: len(watcher.overview.entries) == 2)
    await watcher.rest()


async def test_one_call_a_look_and_none_when_nobody_looks(account: type[Account]) -> None:
    """The first look lists all pages, each later one takes one call, and resting ends them."""
    account.batches = {f"b{number}": batch(number) for number in range(250)}
    watcher = Watcher()
    watcher.overview.look()
    await watcher.until(lambda: watcher.overview.updated)
    assert len(watcher.overview.entries) == 250
    assert len(account.asked) == 3
    updated = watcher.overview.updated
    await watcher.until(lambda: watcher.overview.updated > updated)
    await watcher.rest()
    later = account.asked[3:]
    assert later
    assert all("after=" not in path for path in later)
    assert all("include=analytics" in path and "active_first=true" in path for path in later)
    assert watcher.overview._client is None


async def test_what_ends_out_of_sight_is_asked_for_once(account: type[Account]) -> None:
    """An old batch that ends leaves the first page; one that is deleted leaves the list."""
    account.batches = {f"b{number}": batch(number) for number in range(150)}
    account.batches["b3"] = batch(3, "in_progress")
    account.batches["b4"] = batch(4, "in_progress")
    watcher = Watcher()
    watcher.overview.look()
    await watcher.until(lambda: watcher.states().get("b3") == "queued")
    account.batches["b3"] = batch(3, completed=10)
    del account.batches["b4"]
    await watcher.until(lambda: watcher.states()["b3"] == "completed" and "b4" not in watcher.states())
    updated = watcher.overview.updated
    await watcher.until(lambda: watcher.overview.updated > updated)
    await watcher.rest()
    assert [path for path in account.asked if path.startswith("/v1/batches/")] == ["/v1/batches/b4", "/v1/batches/b3"]
    assert len(watcher.overview.entries) == 149


async def test_a_service_that_refuses_is_told_and_what_was_known_stays(
    account: type[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The trouble is in words while it lasts; without a key this machine's jobs are listed all the same."""
    account.batches = {"b1": batch(1)}
    watcher = Watcher()
    watcher.overview.look()
    await watcher.until(lambda: watcher.overview.updated)
    account.refuses = True
    await watcher.until(lambda: watcher.overview.trouble)
    assert list(watcher.states()) == ["b1"]
    assert "\n" not in watcher.overview.trouble
    account.refuses = False
    await watcher.until(lambda: not watcher.overview.trouble)
    await watcher.rest()

    monkeypatch.delenv("DOUBLEWORD_API_KEY")
    keyless = Watcher()
    await keyless.overview.once()
    assert keyless.overview.complete
    assert keyless.overview.trouble.startswith("There is no API key")


async def test_a_single_look_at_what_is_followed_is_one_look_of_the_following(account: type[Account]) -> None:
    """It asks the account anew, and ends neither the following nor its connection."""
    account.batches = {"b1": batch(1)}
    watcher = Watcher()
    watcher.overview.look()
    await watcher.until(lambda: watcher.overview.updated)
    client, task = watcher.overview._client, watcher.overview._task
    account.batches = {"b1": batch(1), "b2": batch(2)}
    async with asyncio.timeout(PATIENCE):
        await watcher.overview.once()
    assert set(watcher.states()) == {"b1", "b2"}
    assert client is not None
    assert (watcher.overview._client, watcher.overview._task) == (client, task)
    await watcher.rest()


async def test_another_account_brings_its_own_batches(account: type[Account], monkeypatch: pytest.MonkeyPatch) -> None:
    """When the address changes, the batches of the one before are gone from the list."""
    account.batches = {"b1": batch(1)}
    watcher = Watcher()
    await watcher.overview.once()
    assert list(watcher.states()) == ["b1"]
    before = watcher.overview.account
    account.batches = {"b2": batch(2)}
    host, port = before.split(":")
    monkeypatch.setenv("DOUBLEWORD_API_BASE", f"http://localhost:{port}/v1")
    await watcher.overview.once()
    assert watcher.overview._task is None, "who asks once is told once"
    assert list(watcher.states()) == ["b2"]
    assert (host, watcher.overview.account) == ("127.0.0.1", f"localhost:{port}")


async def test_what_is_asked_for_during_a_look_is_answered_by_the_next(
    account: type[Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list call under way says how it was before: who asks meanwhile waits for one that begins later, and no more."""
    monkeypatch.setattr(overview, "CLOUD", Pace(least=PATIENCE * 10, most=PATIENCE * 10))
    account.batches = {"b1": batch(1, "in_progress")}
    account.holds = under_way = threading.Event()
    watcher = Watcher()
    watcher.overview.look()
    async with asyncio.timeout(PATIENCE):
        assert await asyncio.to_thread(account.arrived.wait, PATIENCE)
        account.holds = None
        account.batches = {"b1": batch(1, completed=10)}
        settled = asyncio.create_task(watcher.overview.once())
        await asyncio.sleep(0)
        under_way.set()
        await settled
    assert watcher.states() == {"b1": "completed"}
    assert len(account.asked) == 2
    await watcher.rest()
