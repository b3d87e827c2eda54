"""What the service was asked for, as it tells itself: the books that have to balance."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx

ENDED = ("completed", "failed", "cancelled")


def batches(http: httpx.Client, *, search: str = "") -> Iterator[dict[str, Any]]:
    """Every batch, the newest first; those with a word in their metadata."""
    page: dict[str, Any] = {"has_more": True, "last_id": None}
    while page["has_more"]:
        after = {"after": page["last_id"]} if page["last_id"] else {}
        page = _get(http, "batches", limit=100, search=search, **after).json()
        yield from page["data"]


def live_batches(http: httpx.Client, *, search: str = "") -> list[dict[str, Any]]:
    """Batches that the service will bill whole: neither fenced off nor cancelled before all of it was answered.

    What a batch has answered before it is fenced off is billed too, and is not told here: reads would have to lag
    longer than every look-up, which a test makes them do and a service should not.
    """
    return [batch for batch in batches(http, search=search) if batch["input_file_id"] and not _is_stopped(batch)]


def _is_stopped(batch: dict[str, Any]) -> bool:
    counts = batch["request_counts"]
    # A cancel that comes too late changes the status, and nothing else.
    return batch["status"] in ("cancelled", "cancelling") and counts["completed"] < counts["total"]


def live_requests(http: httpx.Client) -> int:
    """Requests in batches that the service will bill."""
    return sum(batch["request_counts"]["total"] for batch in live_batches(http))


def answered_requests(http: httpx.Client) -> int:
    """Requests that the service has answered, in whichever batch."""
    return sum(batch["request_counts"]["completed"] + batch["request_counts"]["failed"] for batch in batches(http))


def asked_texts(http: httpx.Client, *, search: str = "") -> Counter[str]:
    """How often each text was asked in batches that the service will bill."""
    found: Counter[str] = Counter()
    for batch in live_batches(http, search=search):
        for line in _lines(http, batch["input_file_id"]):
            found[line["body"]["messages"][-1]["content"]] += 1
    return found


def answered_texts(http: httpx.Client, *, search: str = "") -> Counter[str]:
    """How often each text was answered well, in whichever batch; an echo's answer is the text."""
    found: Counter[str] = Counter()
    for batch in batches(http, search=search):
        if batch["output_file_id"]:
            for line in _lines(http, batch["output_file_id"]):
                found[line["response"]["body"]["choices"][0]["message"]["content"]] += 1
    return found


def _lines(http: httpx.Client, file_id: str) -> list[dict[str, Any]]:
    content = _get(http, f"files/{file_id}/content").content
    return [json.loads(line) for line in content.split(b"\n") if line]


def _get(http: httpx.Client, path: str, **params: Any) -> httpx.Response:
    """Read, also through faults that were meant for others."""
    for _ in range(20):
        with contextlib.suppress(httpx.TransportError):
            return http.get(path, params=params).raise_for_status()
    raise AssertionError(f"the service does not answer GET {path}")
