"""What a batch on a file would use, guessed as roughly as the cloud guesses it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

from dw_jupyter.local import files
from dw_jupyter.local.analytics import COST
from dw_jupyter.local.backend import Model

BYTES_PER_TOKEN = 4
EMBEDDINGS = "/v1/embeddings"


def of_file(connection: sqlite3.Connection, file_id: str, *, find: Callable[[str], Model | None]) -> dict[str, Any]:
    """The estimate as the wire shows it, one entry a model; nothing at all for a file that is no input file.

    A model's output is the mean of its last answers, or a tenth more than its input where it has given none;
    of embeddings it is their number.

    Raises:
        Refusal: 404.
    """
    files.get(connection, file_id)
    models: dict[str, dict[str, Any]] = {}
    rows = connection.execute(
        "SELECT model, url, count(*) AS requests, sum(length(body)) AS size FROM templates WHERE file_id = ?"
        " GROUP BY model, url ORDER BY model",
        (file_id,),
    )
    for row in rows:
        shown = models.setdefault(
            row["model"],
            {
                "model": row["model"],
                "request_count": 0,
                "estimated_input_tokens": 0,
                "estimated_output_tokens": 0,
                "estimated_cost": COST,
            },
        )
        tokens = row["size"] // BYTES_PER_TOKEN
        model = find(row["model"])
        embeds = row["url"] == EMBEDDINGS or (model is not None and model.kind == "EMBEDDINGS")
        shown["request_count"] += row["requests"]
        shown["estimated_input_tokens"] += tokens
        shown["estimated_output_tokens"] += (
            row["requests"] if embeds else _output(connection, row["model"], row["requests"], tokens)
        )
    return {
        "file_id": file_id,
        "total_requests": sum(each["request_count"] for each in models.values()),
        "total_estimated_input_tokens": sum(each["estimated_input_tokens"] for each in models.values()),
        "total_estimated_output_tokens": sum(each["estimated_output_tokens"] for each in models.values()),
        "total_estimated_cost": COST,
        "models": list(models.values()),
    }


def _output(connection: sqlite3.Connection, model: str, requests: int, tokens: int) -> int:
    (mean,) = connection.execute(
        "SELECT round(avg(completion_tokens)) FROM recent_answers WHERE model = ?", (model,)
    ).fetchone()
    return int(tokens * 1.1) if mean is None else int(mean) * requests
