"""What the answers of a batch have used and taken, as sums that grow with each answer.

Every answer counts, one of 400 or more as well, and one that a retry made anew once more: so it would be billed.
"""

from __future__ import annotations

import sqlite3
from typing import Any

COST = "0"
"""What an answer of this service costs."""


def of_batch(row: sqlite3.Row) -> dict[str, Any]:
    """The analytics of a batch; what is not known is left out, the time to the first byte always."""
    told: dict[str, Any] = {
        "total_requests": row["answers"],
        "total_prompt_tokens": row["prompt_tokens"],
        "total_completion_tokens": row["completion_tokens"],
    }
    if row["reasoning_tokens"]:
        told["total_reasoning_tokens"] = row["reasoning_tokens"]
    told["total_tokens"] = row["total_tokens"]
    if row["answers"]:
        told["avg_duration_ms"] = round(1000 * row["answer_seconds"] / row["answers"], 3)
        told |= {"total_cost": COST, "total_list_cost": COST}
    return told
