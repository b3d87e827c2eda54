"""What requests would cost: the service's own estimate, which it makes of an uploaded file."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path

import anyio.to_thread

from dw_jupyter import config, errors
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.types import CostEstimate
from dw_jupyter.frames.shards import Shard
from dw_jupyter.job import folders
from dw_jupyter.job.disk import disk

Progress = Callable[[float], None]
FREE = "local"
"""The account whose answers cost nothing."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A rough guess of the service's: sums over all files of a job."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: Decimal | None = None
    """US dollars; ``None`` where the service does not know, which does not mean free."""


def money(text: str | None, *, account: str) -> Decimal | None:
    """An amount as the wire has it; nothing and ``"0"`` mean that it is not known, but on this machine."""
    if account == FREE:
        return Decimal(0)
    with contextlib.suppress(InvalidOperation):
        amount = Decimal(text or "0")
        if amount.is_finite() and amount:
            return amount
    return None


async def estimate(
    connection: config.Connection,
    write: Callable[[Path], Iterable[Shard]],
    *,
    window: str,
    progress: Progress | None = None,
) -> Estimate:
    """Upload requests, ask what they would cost, and delete the files again. No batch is made.

    Args:
        connection: the account.
        write: writes the request files into a folder; called in a worker thread.
        window: the completion window, on which the price depends.
        progress: given the share of the bytes that is sent, 0 to 1.

    Raises:
        APIError: the service refuses a file, or is not there.
        InputError: what ``write`` raises.
        JournalError: the disk does not take the files.
    """
    told = []
    with folders.staging(config.home()) as folder, disk(folder):
        shards = list(await anyio.to_thread.run_sync(write, folder))
        async with AsyncClient(connection) as client:
            before, size = 0, sum(shard.bytes for shard in shards)
            for shard in shards:
                report = partial(_report, progress, before, size) if progress else None
                name = f"estimate-{secrets.token_hex(4)}.jsonl"
                file = await client.upload_file(shard.path, filename=name, progress=report)
                try:
                    told.append(await client.estimate_cost(file.id, completion_window=window))
                finally:
                    with contextlib.suppress(errors.APIError):  # it expires by itself
                        await client.delete_file(file.id)
                before += shard.bytes
    return _sum(told, account=connection.account)


def _report(progress: Progress, before: int, size: int, sent: int) -> None:
    progress(min(1.0, (before + sent) / size))


def _sum(told: Sequence[CostEstimate], *, account: str) -> Estimate:
    # A total is without the models whose price is not known, so each of them is looked at.
    amounts = [each.total_estimated_cost for each in told]
    amounts += [model.estimated_cost for each in told for model in each.models or []]
    known = all(money(amount, account=account) is not None for amount in amounts)
    costs = [money(each.total_estimated_cost, account=account) or Decimal(0) for each in told]
    return Estimate(
        requests=sum(each.total_requests or 0 for each in told),
        input_tokens=sum(each.total_estimated_input_tokens or 0 for each in told),
        output_tokens=sum(each.total_estimated_output_tokens or 0 for each in told),
        cost=sum(costs, Decimal(0)) if known else None,
    )
