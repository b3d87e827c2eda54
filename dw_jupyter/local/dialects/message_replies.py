"""What clients of the Messages API are told besides messages: refusals and models, in forms of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from dw_jupyter.local.backend import Answer, Model
from dw_jupyter.local.limits import MESSAGES

MODELS = "/v1/models"
VERSION = "anthropic-version"
"""The header that every client of this dialect sends."""
ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def claims(path: str, headers: Mapping[str, str]) -> bool:
    """Whether a request speaks this dialect: by its path, or, asking for the models, by a header."""
    return path == MESSAGES or (path == MODELS and VERSION in headers)


def models(offered: Sequence[Model]) -> dict[str, Any]:
    """A list of models."""
    listed = [
        {
            "type": "model",
            "id": each.id,
            "display_name": each.id,
            "created_at": datetime.fromtimestamp(each.created, UTC).isoformat(),
        }
        for each in offered
    ]
    ends = {"first_id": listed[0]["id"], "last_id": listed[-1]["id"]} if listed else {}
    return {"data": listed, "has_more": False, **ends}


def refusal(answer: Answer) -> Answer:
    """An answer that says no in the envelope of the Messages API; any other as it is."""
    if answer.status_code < 400:
        return answer
    try:
        told = msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        told = {}
    if told.get("type") == "error":
        return answer
    error = told.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    kind = ERRORS.get(answer.status_code, "api_error")
    body = {"type": "error", "error": {"type": kind, "message": message or "request failed"}}
    return replace(answer, body=msgspec.json.encode(body))
