"""What other servers say: their lists of models, and how long they ask to wait."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Mapping
from typing import Any

from dw_jupyter.local.backend import Model

NOT_THERE = frozenset({404, 405, 501})
"""What a server answers on a path that it does not have."""
PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})


def read_models(listed: Any) -> list[Model]:
    """The models of a list: OpenAI's ``data``, Ollama's ``models`` (by their names), or a bare list; null is empty.

    Raises:
        ValueError: it is no list of models.
    """
    rows = (listed.get("data") or listed.get("models") or []) if isinstance(listed, dict) else listed
    if not isinstance(rows, list):
        raise ValueError("what it answers is no list of models")  # noqa: TRY004 - the caller takes it as bad JSON
    models = []
    for row in rows:
        each = {"id": row} if isinstance(row, str) else row
        if not isinstance(each, dict):
            continue
        name = next((each[key] for key in ("id", "model", "name") if isinstance(each.get(key), str)), None)
        created = each.get("created")
        if name:
            models.append(Model(id=name, created=int(created) if isinstance(created, (int, float)) else 0))
    return models


def read_wait(headers: Mapping[str, str]) -> float | None:
    """The seconds of ``Retry-After``, which may be a date; ``None`` where it is missing or says nothing."""
    text = headers.get("Retry-After", "").strip()
    try:
        wait = float(text)
    except ValueError:
        try:
            wait = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, OverflowError):
            return None
    return max(0.0, wait) if wait < 10**6 else None
