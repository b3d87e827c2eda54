"""Upload a shard and create its batch: never twice, whatever is lost on the way.

The service has no idempotency key, so an answer that got lost leaves it open whether a batch was made. The shard's
token is on disk before anything is sent; it is the uploaded file's name and stands in the batch's metadata. What is
not clear is looked up by the token and adopted. A batch that is not found may still turn up late, since reads lag;
before another is made it is fenced off: deleting its input file cancels whatever batch is made of it, and lets a
late create fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from dw_jupyter import errors
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.types import Batch
from dw_jupyter.frames.ids import RowIds
from dw_jupyter.job.journal import Journal, save
from dw_jupyter.job.record import ShardRecord

METADATA_KEY = "dw_jupyter"
NEWEST = 200
"""Batches that are looked at where a service does not search."""
UNLISTED = frozenset({400, 404, 405, 422, 501})
"""By these a service says that it has no such list."""
LOOKS: tuple[float, ...] = (0.0, 1.0, 3.0, 10.0, 30.0)
"""Seconds before each look for a batch whose receipt was lost: the service's reads lag behind its writes, and what a
batch has answered before it is fenced off is paid for twice."""
LOOKS_HERE = LOOKS[:3]
"""The same for a service on this machine."""


_LINE = re.compile(r"^Line \d+: ")


class _Named(msgspec.Struct):
    custom_id: str = ""


async def send(client: AsyncClient, journal: Journal, number: int, *, progress: Callable[[int], None]) -> None:
    """Bring one shard to the point where its batch is known; go on where an earlier attempt stopped.

    Args:
        client: the account's client.
        journal: the job; its record is saved before and after each step.
        number: which shard.
        progress: called with the bytes sent so far, also before each step; what it raises ends the sending.

    Raises:
        APIError: the step did not work; the record says how far it came, and a repeat goes on from there.
    """
    shard = journal.record.shards[number]
    if shard.creating and shard.batch is None:
        await _settle(client, journal, shard)
    if shard.batch is not None:
        return
    if not shard.input_file_id:
        progress(0)
        await _upload(client, journal, number, progress=progress)
    progress(shard.bytes)
    shard.creating = True
    await save(journal)
    try:
        batch = await client.create_batch(
            input_file_id=shard.input_file_id,
            endpoint=journal.record.endpoint,
            completion_window=journal.record.window,
            metadata={**journal.record.tags, METADATA_KEY: shard.token, "batch_description": journal.record.label},
        )
    except errors.NotFoundError:
        # The file is gone, by expiry or by hand: no batch can have come of it.
        shard.creating, shard.input_file_id, shard.uploading = False, "", False
        await save(journal)
        raise
    except errors.APIError as error:
        shard.creating = error.unclear
        await save(journal)
        raise
    await _receive(journal, shard, batch)


async def _upload(client: AsyncClient, journal: Journal, number: int, *, progress: Callable[[int], None]) -> None:
    shard = journal.record.shards[number]
    name = f"{shard.token}.jsonl"
    if shard.uploading:
        async for file in client.list_files(search=shard.token):
            if file.filename == name:
                shard.input_file_id = file.id
                await save(journal)
                return
    shard.uploading = True
    await save(journal)
    path = journal.requests_path(number)
    try:
        file = await client.upload_file(path, filename=name, progress=progress)
    except errors.APIStatusError as error:
        raise await asyncio.to_thread(_name_row, error, path, journal.ids) from None
    shard.input_file_id = file.id
    await save(journal)


def _name_row(error: errors.APIStatusError, path: Path, ids: RowIds) -> errors.APIStatusError:
    """A refusal of one line, told of the row that the line came from."""
    if error.line is not None:
        with path.open("rb") as file:
            line = next(itertools.islice(file, error.line - 1, None), b"{}")
        row = int(ids.locate([msgspec.json.decode(line, type=_Named).custom_id])[0])
        if row >= 0:
            said = _LINE.sub("", error.what.partition(": ")[2])
            error.what = f"The service refused row {row} ({error.status_code}): {said}"
    return error


async def _settle(client: AsyncClient, journal: Journal, shard: ShardRecord) -> None:
    """Find the batch of a create whose answer was lost, or make sure that there will never be one."""
    for pause in LOOKS_HERE if client.connection.loopback else LOOKS:
        await asyncio.sleep(pause)
        batch = await find(client, shard)
        if batch is not None:
            await _receive(journal, shard, batch)
            return
    with contextlib.suppress(errors.NotFoundError):  # deleted by an earlier attempt whose answer was lost
        await client.delete_file(shard.input_file_id)
    late = await find(client, shard)
    if late is not None and late.completed + late.failed == late.total > 0:
        await _receive(journal, shard, late)  # it was quicker than the fence
        return
    # Another token, so that the fenced batch, should it turn up, is not taken for the new one.
    stem, _, fences = shard.token.partition(".")
    shard.token = f"{stem}.{int(fences or 0) + 1}"
    shard.creating, shard.uploading, shard.input_file_id = False, False, ""
    await save(journal)


async def find(client: AsyncClient, shard: ShardRecord) -> Batch | None:
    """The batch that was made of the shard, by search; among the newest where a service does not search.

    It carries the shard's token, or, where a service keeps no metadata, is made of the one file that was uploaded for
    this create.
    """
    for search in (shard.token, None):
        seen = 0
        with _unlisted():
            async for batch in client.list_batches(search=search):
                if (batch.metadata or {}).get(METADATA_KEY) == shard.token or _is_of(batch, shard):
                    return batch
                seen += 1
                if seen == NEWEST:
                    break
    return None


def _is_of(batch: Batch, shard: ShardRecord) -> bool:
    return bool(shard.input_file_id) and batch.input_file_id == shard.input_file_id


@contextlib.contextmanager
def _unlisted() -> Iterator[None]:
    """Pass over that a service has no such list, or none that can be searched: then nothing is found there."""
    try:
        yield
    except errors.APIStatusError as error:
        if error.status_code not in UNLISTED:
            raise


async def _receive(journal: Journal, shard: ShardRecord, batch: Batch) -> None:
    shard.batch, shard.creating = batch, False
    await save(journal)
