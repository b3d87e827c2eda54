"""A job on the disk, made of lines: to be read without a service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dw_jupyter.api.types import Batch
from dw_jupyter.frames.ids import custom_id
from dw_jupyter.frames.index import save_index
from dw_jupyter.job.journal import INDEX, Journal
from dw_jupyter.job.ledger import SHARES, Ledger
from dw_jupyter.job.reader import Reader
from dw_jupyter.job.record import JobRecord, ShardRecord


def request(row: int, prompt: str, **body: Any) -> dict[str, Any]:
    """A request line for a row."""
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], **body}
    return {"custom_id": custom_id(row), "method": "POST", "url": "/v1/chat/completions", "body": body}


def answer(row: int, text: str | None, *, finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    """A line of an output file for a row."""
    choice = {"message": {"role": "assistant", "content": text, **message}, "finish_reason": finish_reason}
    response = {"status_code": 200, "request_id": "r", "body": {"model": "m", "choices": [choice]}}
    return {"id": f"batch_req_{row:08}", "custom_id": custom_id(row), "response": response, "error": None}


def failure(row: int, message: str) -> dict[str, Any]:
    """A line of an error file for a row."""
    error = {"code": None, "message": message}
    return {"id": f"batch_req_{row:08}", "custom_id": custom_id(row), "response": None, "error": error}


def lines(*values: dict[str, Any], escaped: bool = False) -> bytes:
    """Lines of a file, as a service writes them; ``escaped`` to ASCII or in UTF-8."""
    return b"".join(json.dumps(value, separators=(",", ":"), ensure_ascii=escaped).encode() + b"\n" for value in values)


def job(folder: Path, files: dict[str, bytes], *, rows: int, shares: list[int] | None = None, **record: Any) -> Journal:
    """A job whose folder holds these files; it has a shard for each ``requests-NNN.jsonl``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    shards = [
        ShardRecord(requests=1, bytes=1, first=0, token=f"t-{n}", batch=Batch(id=f"b-{n}", status="completed"))
        for n in range(sum(name.startswith("requests-") for name in files))
    ]
    if shares is not None:
        np.save(folder / SHARES, np.array(shares))
    known: dict[str, Any] = {"label": "l", "finished": 2.0, "state": "completed", "created": 1.0}
    made = JobRecord(
        id="job-1", digest="d", account="a", key_hash="", endpoint="/v1/chat/completions", window="24h",
        model="m", rows=rows, json_schema=None, token="t", shards=shards, **known | record,
    )  # fmt: skip
    journal = Journal(folder, made)
    journal.save()
    save_index(pd.RangeIndex(rows), folder / INDEX)
    return journal


def reader(journal: Journal, index: pd.Index | None = None) -> Reader:
    """What reads it, with all that is on the disk taken in."""
    ledger = Ledger(journal)
    ledger.reread()
    return Reader(journal, ledger, pd.RangeIndex(journal.record.rows) if index is None else index)
