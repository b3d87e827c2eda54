"""Every call of the client under every fault: how it ends, how often it asks, and whether the books balance."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx
import pandas as pd
import pytest

from dw_jupyter import errors
from dw_jupyter.api import advice, download, retry, wire
from dw_jupyter.api import client as client_room
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.frames.results import Results
from tests import fault_rules as said
from tests.service.every_call import CALLS, TEXTS, Call, Effect, World, prepare
from tests.service_process import ServiceProcess, start_service

Rule = Mapping[str, Any]
Times = Literal["once", "always"]

DEADLINE = 1.0
BODY_WAIT = {"fault": "status", "status": 429, "body": {"message": "Too many.", "retry_after_seconds": 5}}

# Each fault, and what it is to a client.
FAULTS: dict[str, tuple[str, Rule]] = {
    "refused connection": ("lost", {"fault": "refuse"}),
    "lost answer": ("lost", {"fault": "lose"}),
    "cut answer": ("lost", {"fault": "cut", "after": 5}),
    "late answer": ("lost", {"fault": "delay", "seconds": 1.5 * DEADLINE}),
    "429 with a header": ("busy", said.BUSY),
    "429 with a wait in its body": ("busy", BODY_WAIT),
    "429 of real time": ("busy", said.RATE_LIMITED),
    "503": ("down", said.UNAVAILABLE),
    "520 of the edge": ("broken", said.EDGE),
    "402": ("refused", said.NO_CREDIT),
    "403": ("refused", said.NOT_ALLOWED),
    "429 for unverified accounts": ("refused", said.UNVERIFIED),
    "half an answer": ("garbled", {"fault": "break", "every": 1}),
    "two answers": ("garbled", {"fault": "duplicate", "every": 1}),
    "an empty answer": ("garbled", {"fault": "drop", "every": 1}),
    "slow answer": ("harmless", {"fault": "drip", "bytes": 500, "seconds": 0.002}),
    "stale reads": ("harmless", {"fault": "stale", "reads": 3}),
}
ACTS = {"lose", "cut", "delay", "break", "duplicate", "drop", "drip", "stale"}
"""The faults under which the service does what it is asked."""

ONLY_COUNTS: Rule = {"fault": "delay", "seconds": 0}

# What must follow: asked again, given up and known to be undone, given up and not known, or none of it.
Ending = Literal["again", "final", "unclear", "fine"]
ENDINGS: dict[str, dict[Effect, Ending]] = {
    "lost": {"read": "again", "lines": "again", "act": "again", "file": "unclear", "work": "unclear"},
    "busy": {"read": "again", "lines": "again", "act": "again", "file": "again", "work": "again"},
    "down": {"read": "again", "lines": "again", "act": "again", "file": "again", "work": "unclear"},
    "broken": {"read": "again", "lines": "again", "act": "again", "file": "unclear", "work": "unclear"},
    "refused": {"read": "final", "lines": "final", "act": "final", "file": "final", "work": "final"},
    "garbled": {"read": "unclear", "act": "unclear", "file": "unclear", "work": "unclear"},
    "harmless": {"read": "fine", "lines": "fine", "act": "fine", "file": "fine", "work": "fine"},
}
KINDS: dict[str, tuple[type[errors.APIError], ...]] = {
    "lost": (errors.APIConnectionError,),
    "busy": (errors.RateLimitError,),
    "down": (errors.ServerError,),
    "broken": (errors.ServerError,),
    "refused": (errors.PaymentRequiredError, errors.PermissionDeniedError, errors.RateLimitError),
    "garbled": (errors.APIConnectionError,),
}
BODILESS = {"delete_file", "delete_batch", "retry_requests"}
"""Calls that do not read what they are answered; for the second there is nothing to cut either."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service with faults."""
    with start_service(tmp_path_factory.mktemp("service"), "--model", "echo", "--faults") as running:
        yield running


@dataclass(frozen=True)
class Bench:
    """The client at work, and a plain one for the rules and the books."""

    client: AsyncClient
    http: httpx.AsyncClient
    rules: str

    async def add(self, route: str, rule: Rule, times: Times) -> None:
        """Add a rule."""
        body = {"call": route, **rule, "times": 1 if times == "once" else None}
        (await self.http.post(self.rules, json=body)).raise_for_status()

    async def count(self) -> list[int]:
        """How often each rule has acted."""
        return [rule["used"] for rule in (await self.http.get(self.rules)).json()["data"]]

    async def clear(self) -> None:
        """Remove all rules."""
        (await self.http.delete(self.rules)).raise_for_status()

    async def find(self, listing: str, field: str, token: str, *, count: int) -> list[str]:
        """The ids of what was made new with a token in a field, as many as there should be.

        They are waited for: what was given up is still done by a service that is late.
        """
        for _ in range(200):
            found = (await self.http.get(listing, params={"search": token, "limit": 100})).json()["data"]
            made = [each["id"] for each in found if "new" in str(each[field])]
            if len(made) == count:
                break
            await asyncio.sleep(0.05)
        return made

    async def knows(self, path: str) -> bool:
        """Whether a thing is there."""
        return (await self.http.get(path)).status_code == httpx.codes.OK


@pytest.fixture
async def bench(service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A client whose waits take no time, and no rules yet."""
    decide = retry.decide
    monkeypatch.setattr(retry, "decide", lambda **case: None if decide(**case) is None else 0.0)
    headers = {"Authorization": f"Bearer {service.api_key}"}
    # Nothing is encrypted, and to read all certificates takes longer than most calls.
    ours, plain = [httpx.AsyncHTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) for _ in range(2)]
    async with (
        AsyncClient(base_url=service.base_url, api_key=service.api_key, transport=ours) as client,
        httpx.AsyncClient(base_url=service.base_url + "/", headers=headers, transport=plain, timeout=60) as http,
    ):
        bench = Bench(client, http, service.base_url.removesuffix("/v1") + "/admin/faults")
        yield bench
        await bench.clear()


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every call a second."""
    monkeypatch.setattr(wire, "CALL_SECONDS", DEADLINE)
    monkeypatch.setattr(client_room, "READ_SECONDS", DEADLINE)
    monkeypatch.setattr(download, "READ_SECONDS", DEADLINE)


async def attempt(client: AsyncClient, call: Call, world: World) -> Any:
    """What a call gives, or the error that it raises."""
    try:
        return await call.make(client, world)
    except errors.APIError as error:
        return error


def expect(name: str, fault: str, times: Times, attempts: int) -> tuple[str, int]:
    """How a call must end, and after how many requests."""
    kind = FAULTS[fault][0]
    unread = (kind == "garbled" and name in BODILESS) or (fault == "cut answer" and name == "delete_batch")
    ending = "fine" if unread else ENDINGS[kind][CALLS[name].effect]
    if ending == "again" and times == "always":
        return "final" if kind == "busy" else "unclear", attempts
    return ("fine", 2) if ending == "again" else (ending, 1)


@pytest.mark.parametrize("times", ["once", "always"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_the_books_balance(
    bench: Bench, fault: str, times: Times, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every call ends as the table says, after as many requests, and what was made is what was reported."""
    kind, rule = FAULTS[fault]
    calls = {name: call for name, call in CALLS.items() if call.effect in ENDINGS[kind]}
    reads = [name for name, call in calls.items() if call.effect in ("read", "lines")]
    world = await prepare(bench.client, tmp_path)
    healthy = {name: await calls[name].make(bench.client, world) for name in reads}
    (tmp_path / "output.jsonl").unlink(missing_ok=True)
    for call in calls.values():
        await bench.add(call.route.format(world), rule, times)
        await bench.add(call.route.format(world), ONLY_COUNTS, "always")
    attempts = retry.ATTEMPTS
    if rule["fault"] == "delay":
        be_impatient(monkeypatch)
        bench.client._wire._attempts = attempts = 2
    ends = await asyncio.gather(*(attempt(bench.client, call, world) for call in calls.values()))
    results = dict(zip(calls, ends, strict=True))
    used = dict(zip(calls, (await bench.count())[1::2], strict=True))
    await bench.clear()

    told = {}
    for name, result in results.items():
        failed = isinstance(result, errors.APIError)
        told[name] = (("unclear" if result.unclear else "final") if failed else "fine", used[name])
        assert not failed or isinstance(result, KINDS[kind]), f"{name}: {result!r}"
        assert not failed or calls[name].effect != "work" or (result.todo == advice.LOOK) == result.unclear, name
    assert told == {name: expect(name, fault, times, attempts) for name in calls}
    for name in reads:
        assert isinstance(results[name], errors.APIError) or results[name] == healthy[name], name

    for name, listing, field in (("upload_file", "files", "filename"), ("create_batch", "batches", "metadata")):
        count = used[name] if rule["fault"] in ACTS else int(told[name][0] == "fine")
        made = await bench.find(listing, field, world.token, count=count)
        assert len(made) == count, name
        assert told[name][0] != "fine" or results[name] in made
    assert count <= 1, "a batch was made twice"
    if told["delete_file"][0] == told["delete_batch"][0] == told["cancel_batch"][0] == "fine":
        assert not await bench.knows(f"files/{world.spare}")
        assert not await bench.knows(f"batches/{world.doomed}")
        assert (await bench.client.retrieve_batch(world.stopped)).status == "cancelled"


# What a fault of lines leaves on the disk: the service's file, or another run of lines that gives the same rows, or
# lines that leave rows out. The last cannot be seen before the rows are counted.
LINES: dict[str, tuple[Literal["whole", "rows", "gaps"], Rule]] = {
    "cut within a line": ("whole", {"fault": "cut", "after": 700}),
    "cut behind a line": ("whole", {"fault": "cut_line", "lines": 2}),
    "skip is not known": ("whole", {"fault": "ignore_skip"}),
    "a drip": ("whole", {"fault": "drip", "bytes": 200, "seconds": 0.002}),
    "bodies as text": ("rows", {"fault": "stringify"}),
    "another order": ("rows", {"fault": "shuffle", "seed": 4}),
    "lines twice": ("rows", {"fault": "duplicate"}),
    "lines missing": ("gaps", {"fault": "drop"}),
    "lines broken": ("gaps", {"fault": "break"}),
}


@pytest.mark.parametrize("there", [0, 1])
@pytest.mark.parametrize("times", ["once", "always"])
async def test_downloads_of_spoilt_lines(bench: Bench, times: Times, there: int, tmp_path: Path) -> None:
    """A download ends; no row is given twice or wrongly, and only what the service kept back is missing."""
    world = await prepare(bench.client, tmp_path)
    whole = (await bench.http.get(f"files/{world.output}/content")).content
    for fault, (outcome, rule) in LINES.items():
        path = tmp_path / fault
        path.write_bytes(whole[: whole.index(b"\n") + 1] * there)
        # Where lines are there, the first look only sees whether they are of this file.
        await bench.add(CALLS["read_file"].route.format(world), {**rule, "skip": there}, times)
        await bench.client.download(world.output, path)
        await bench.clear()
        results = Results(len(TEXTS))
        results.add(path.read_bytes())
        answers = results.frame(pd.RangeIndex(len(TEXTS)))["response"]
        assert outcome != "whole" or path.read_bytes() == whole, fault
        assert answers.isna().any() == (outcome == "gaps"), fault
        assert answers.fillna(pd.Series(TEXTS)).tolist() == TEXTS, fault


async def test_a_drip_that_never_ends_does(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that comes a byte at a time is given up at the deadline; what came, or was done, is not lost."""
    world = await prepare(bench.client, tmp_path)
    whole = (await bench.http.get(f"files/{world.other_output}/content")).content
    first = whole[: whole.index(b"\n") + 1]
    (tmp_path / "output.jsonl").write_bytes(first)
    names = ("upload_file", "list_batches", "download", "read_results", "answer")
    for name in names:
        await bench.add(CALLS[name].route.format(world), {"fault": "drip", "seconds": 0.7 * DEADLINE}, "always")
    be_impatient(monkeypatch)
    bench.client._wire._attempts = 1
    async with asyncio.timeout(30):
        ends = await asyncio.gather(*(attempt(bench.client, CALLS[name], world) for name in names))
    for name, end in zip(names, ends, strict=True):
        assert isinstance(end, errors.APIConnectionError), name
        assert end.unclear, name
        assert "it took too long" in end.what, name
    await bench.clear()
    assert len(await bench.find("files", "filename", world.token, count=1)) == 1
    assert (tmp_path / "output.jsonl").read_bytes() == first
    assert await CALLS["download"].make(bench.client, world) == whole
