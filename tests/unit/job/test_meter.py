from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from dw_jupyter import config, errors
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.types import Batch, RequestCounts
from dw_jupyter.job import meter
from dw_jupyter.job.meter import Meter
from dw_jupyter.job.tally import opening, spending
from tests.read_job import job

T = TypeVar("T")


class Account:
    """An account whose service answers as ``answer`` does, where a job looks in passing."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response]) -> None:
        connection = config.Connection(account="a", base_url="http://127.0.0.1:1/v1", api_key=config.Key("k"))
        self._client = AsyncClient(connection, attempts=1, transport=httpx.MockTransport(answer))
        self.asked: list[str] = []

    async def glance(self, step: Callable[[AsyncClient], Awaitable[T]]) -> T | None:
        """As `Service.glance`."""
        try:
            return await step(self._client)
        except errors.DoublewordError:
            return None


def metered(folder: Path, answer: Callable[[httpx.Request], httpx.Response], *, shards: int = 1) -> tuple[Meter, Any]:
    """A meter of a job of ten rows a shard, all answered, and the job's record."""
    journal = job(folder / "job", {f"requests-{n:03}.jsonl": b"" for n in range(shards)}, rows=10 * shards)
    for shard in journal.record.shards:
        counts = RequestCounts(total=10, completed=10, failed=0)
        shard.batch, shard.input_file_id = Batch(id=shard.token, request_counts=counts), "f"
    return Meter(journal, Account(answer), changed=lambda: None), journal.record  # type: ignore[arg-type]


async def test_tokens_and_money_are_the_sums_over_batches(tmp_path: Path) -> None:
    """Tokens, cost and estimate of a job are added up exactly, and said beside each other."""

    def answer(asked: httpx.Request) -> httpx.Response:
        if asked.url.path.endswith("cost-estimate"):
            assert asked.url.params["completion_window"] == "24h"
            return httpx.Response(200, json={"total_estimated_cost": "0.1"})
        return httpx.Response(200, json={"total_requests": 10, "total_tokens": 700, "total_cost": "0.07"})

    metered_, record = metered(tmp_path, answer, shards=3)
    await metered_.look()
    assert spending(record) == {"tokens": 2100, "cost": "0.21", "estimate": "0.3", "counted": True}
    assert opening(record, note="").details(0.0)[-2:] == ("2,100 tokens", "$0.21, estimated $0.30")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"total_requests": 0, "total_tokens": 0, "total_cost": "0"}, ()),
        ({"total_requests": 4, "total_tokens": 280, "total_cost": "0.0028"}, ("280 tokens so far", "$0.0028 so far")),
        ({"total_requests": 10, "total_tokens": 700, "total_cost": "0"}, ("700 tokens",)),
        ({"total_requests": 10, "total_tokens": 700, "total_cost": "1234.567"}, ("700 tokens", "$1,234.57")),
        ({"total_requests": 10, "total_tokens": 7, "total_cost": "NaN"}, ("7 tokens",)),
    ],
)
async def test_what_is_not_known_is_not_said(tmp_path: Path, told: dict[str, Any], words: tuple[str, ...]) -> None:
    """Zero means that the service does not know; what it counts behind the answers is "so far"."""

    def answer(asked: httpx.Request) -> httpx.Response:
        estimates = asked.url.path.endswith("cost-estimate")
        return httpx.Response(200, json={"total_estimated_cost": "0"} if estimates else told)

    metered_, record = metered(tmp_path, answer)
    await metered_.look()
    details = opening(record, note="").details(0.0)
    assert tuple(each for each in details if "token" in each or "$" in each) == words


async def test_a_service_that_does_not_tell_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals hurt nobody, and after a few of them nothing more is asked, also not behind the end."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.rpartition("/")[2])
        return httpx.Response(404, text="no such route")

    monkeypatch.setattr(meter, "LOOK_SECONDS", 0)
    monkeypatch.setattr(meter, "LATE_LOOKS", (0, 0, 0, 0))
    metered_, record = metered(tmp_path, answer)
    async with metered_:
        await metered_._task
    await metered_.catch_up()
    assert asked == ["cost-estimate", *["analytics"] * meter.REFUSALS]
    assert spending(record) == {"tokens": 0, "cost": "", "estimate": "", "counted": False}


async def test_what_is_counted_late_is_still_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that counts behind the answers is asked a few times more after the end, until it has them all."""
    counted = iter([0, 4, 10])
    monkeypatch.setattr(meter, "LATE_LOOKS", (0, 0, 0, 0))

    def answer(asked: httpx.Request) -> httpx.Response:
        if asked.url.path.endswith("cost-estimate"):
            return httpx.Response(200, json={})
        requests = next(counted)
        return httpx.Response(200, json={"total_requests": requests, "total_tokens": requests * 7})

    metered_, record = metered(tmp_path, answer)
    await metered_.look()
    await metered_.catch_up()
    assert (spending(record)["tokens"], spending(record)["counted"], next(counted, None)) == (70, True, None)
