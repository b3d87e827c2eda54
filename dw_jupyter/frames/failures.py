"""Why a request failed, in words."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 300
"""Characters of a reason that are kept."""

# The reasons of the service's engine that carry no text of their own, and how the others begin.
_BARE = {"TaskTerminated": "stopped by the service", "BatchTerminated": "stopped with its batch"}
_BEGINNINGS = {
    "NetworkError": "network error",
    "Timeout": "timed out",
    "RequestBuilderError": "the request could not be built",
}


def explain(error_message: str) -> str:
    """One readable line for the ``error.message`` of an error line.

    The service writes a JSON string of its engine's reason there: ``{"type": …, "details": …}``, where details may
    hold a status and a body that is often JSON again. OpenAI's ``{"code", "message"}`` and plain text are read too.
    Never raises; never more than ``LONGEST`` characters.
    """
    return one_line(_reason(error_message)) or "failed without a reason"


def explain_body(status: int, body: object) -> str:
    """One readable line for an answer of ``status`` (an HTTP status) with this body."""
    return one_line(f"{status}: {_message(body)}" if _message(body) else str(status))


def one_line(text: str) -> str:
    """``text`` on one line, cut to ``LONGEST`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _reason(text: str) -> str:
    value = _parse(text)
    if not isinstance(value, dict):
        return _message(value)
    kind, details = str(value.get("type", "")), value.get("details")
    if kind in _BARE:
        return _BARE[kind]
    if isinstance(details, dict):
        if "status" in details:
            message = _message(details.get("body"))
            return f"{details['status']}: {message}" if message else f"{details['status']}"
        beginning = _BEGINNINGS.get(kind, kind)
        message = _message(details.get("error", details))
        return f"{beginning}: {message}" if message else beginning
    message = _message(value)
    code = value.get("code")
    return f"{code}: {message}" if code else message


def _message(value: object) -> str:
    """The words in an error body: OpenAI's envelope, FastAPI's detail, or text."""
    value = _parse(value) if isinstance(value, str) else value
    if isinstance(value, dict):
        for key in ("error", "message", "detail"):
            if value.get(key):
                return _message(value[key])
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def _parse(text: str) -> Any:
    """What ``text`` holds as JSON, where that is an object or a list; else ``text`` itself."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value if isinstance(value, dict | list) else text
