"""Files, batches and lines, said briefly."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.service_process import wait_until

PATHS = "/v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses, /v1/messages"


def line(custom_id: str, text: str, **body: Any) -> dict[str, Any]:
    """One request, as it stands on a line of an input file."""
    asked = {"model": "echo", "messages": [{"role": "user", "content": text}]} | body
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": asked}


def jsonl(*lines: dict[str, Any]) -> bytes:
    """The lines of a file."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


def upload(http: httpx.Client, content: bytes, **form: str) -> httpx.Response:
    """POST a file named ``rows.jsonl``."""
    return http.post("files", data={"purpose": "batch"} | form, files={"file": ("rows.jsonl", content)})


def start_batch(http: httpx.Client, content: bytes, **fields: Any) -> dict[str, Any]:
    """Upload a file and make a batch on it."""
    file_id = upload(http, content).raise_for_status().json()["id"]
    body = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"} | fields
    made: dict[str, Any] = http.post("batches", json=body).raise_for_status().json()
    return made


def read(http: httpx.Client, batch: dict[str, Any]) -> dict[str, Any]:
    """A batch as it is now."""
    now: dict[str, Any] = http.get(f"batches/{batch['id']}").raise_for_status().json()
    return now


def ended(http: httpx.Client, batch: dict[str, Any]) -> dict[str, Any]:
    """The batch once it has ended by itself."""
    wait_until(lambda: read(http, batch)["status"] in {"completed", "failed"})
    return read(http, batch)


def lines(http: httpx.Client, file_id: str, **query: Any) -> list[dict[str, Any]]:
    """The lines of a file."""
    content = http.get(f"files/{file_id}/content", params=query).raise_for_status().content
    return [json.loads(each) for each in content.split(b"\n") if each]


def results(http: httpx.Client, batch: dict[str, Any], **query: Any) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """The results of a batch, and the headers that tell where a reader stands."""
    answer = http.get(f"batches/{batch['id']}/results", params=query).raise_for_status()
    assert answer.headers["content-type"] == "application/x-ndjson"
    shown = [json.loads(each) for each in answer.content.split(b"\n") if each]
    return shown, {name: value for name, value in answer.headers.items() if name.startswith("x-")}
