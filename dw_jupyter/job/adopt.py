"""Batches that were made elsewhere (in the console, by ``dw``, by an SDK), as jobs of this machine."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.types import Batch
from dw_jupyter.frames.index import save_index
from dw_jupyter.job import folders
from dw_jupyter.job.disk import disk
from dw_jupyter.job.journal import INDEX, Journal
from dw_jupyter.job.ledger import ids_in
from dw_jupyter.job.record import JobRecord, ShardRecord, digest, new_token


async def adopt(connection: config.Connection, batch_id: str) -> Journal:
    """The journal of a batch that another program made; what it asks is fetched, its answers are not yet.

    Rows are named by their ``custom_id``.

    Raises:
        NotFoundError: the account has no such batch.
        JobError: what it asks cannot be known any more, or not yet.
        JournalError: the disk does not take it.
    """
    home = config.home()
    with folders.staging(home) as folder:
        async with AsyncClient(connection) as client:
            batch = await client.retrieve_batch(batch_id)
            await _fetch_requests(client, batch, folder / "requests-000.jsonl")
        ids = [custom_id or "" for custom_id in ids_in(folder / "requests-000.jsonl")]
        record = _record(connection, batch, rows=len(ids))
        with disk(home):
            record.shards[0].bytes = (folder / "requests-000.jsonl").stat().st_size
            save_index(pd.Index(ids, dtype="object", name="custom_id"), folder / INDEX)
        return folders.publish(folder, record, fresh=False)[0]


async def _fetch_requests(client: AsyncClient, batch: Batch, path: Path) -> None:
    if batch.input_file_id:
        with contextlib.suppress(errors.NotFoundError), disk(path.parent):
            await client.download(batch.input_file_id, path)
            return
    raise errors.JobError(
        f"The input file of batch {batch.id} was deleted, so its rows are not known.",
        "`dw_jupyter.Client().download(batch.output_file_id, path)` fetches its answers as they are.",
    )


def _record(connection: config.Connection, batch: Batch, *, rows: int) -> JobRecord:
    token = new_token()
    return JobRecord(
        id="",
        digest=digest(connection.account, f"batch {batch.id}"),
        account=connection.account,
        key_hash=connection.key_hash,
        label=str((batch.metadata or {}).get("batch_description") or f"batch {batch.id[:8]}"),
        endpoint=batch.endpoint,
        window=batch.completion_window or "",
        model=batch.model or "",
        rows=rows,
        json_schema=None,
        token=token,
        shards=[
            ShardRecord(
                requests=rows,
                bytes=0,
                first=0,
                token=f"{token}-000",
                input_file_id=batch.input_file_id or "",
                batch=batch,
            )
        ],
        created=batch.created_at or time.time(),
        foreign=True,
        unbroken=True,
    )
