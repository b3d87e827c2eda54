"""What the service was asked for, as it tells itself: the books that have to balance."""

from __future__ import annotations

from typing import Any

import httpx

ENDED = ("completed", "failed", "cancelled")


def live_requests(http: httpx.Client) -> int:
    """Requests in batches that the service will bill: those that were neither fenced off nor cancelled."""
    batches: list[dict[str, Any]] = http.get("batches", params={"limit": 100}).json()["data"]
    return sum(
        batch["request_counts"]["total"]
        for batch in batches
        if batch["status"] not in ("cancelled", "cancelling") and batch["input_file_id"]
    )


def answered_requests(http: httpx.Client) -> int:
    """Requests that the service has answered, in whichever batch."""
    batches: list[dict[str, Any]] = http.get("batches", params={"limit": 100}).json()["data"]
    return sum(batch["request_counts"]["completed"] + batch["request_counts"]["failed"] for batch in batches)
