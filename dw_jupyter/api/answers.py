"""Answers that say no, read into exceptions.

The service writes most refusals as plain text, some as its own JSON, and those of the real-time path in OpenAI's
envelope; proxies before it write HTML. One sentence is taken out of each.
"""

from __future__ import annotations

import json
import re
import time
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from dw_jupyter import errors
from dw_jupyter.api.advice import advise

_BY_STATUS: dict[int, type[errors.APIStatusError]] = {
    401: errors.AuthenticationError,
    402: errors.PaymentRequiredError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    410: errors.NotFoundError,
    429: errors.RateLimitError,
}

# The beginning of JSON, broken or not, and not "[quota] you may send …".
_JSON_LIKE = re.compile(r"\{|\[\s*(?:[\[{\"\]\d-]|null|true|false|$)")
_LINE = re.compile(r"\bline (\d{1,15})\b", re.IGNORECASE)


def read_error(response: httpx.Response, *, path: str) -> errors.APIStatusError:
    """The exception for a response that says no; its body must have been read."""
    status = response.status_code
    method = response.request.method
    kind = _BY_STATUS.get(status) or (errors.ServerError if status >= 500 else errors.BadRequestError)
    said = sentence(response.text) or response.reason_phrase or "no reason given"
    error = kind(
        f"The service said no ({status}): {said}{'' if said.endswith(('.', '!', '?')) else '.'}",
        method=method,
        path=path,
        status_code=status,
        body=response.text[:4000],
        retry_after=retry_after(response),
        line=int(line[1]) if (line := _LINE.search(said)) else None,
    )
    error.todo = advise(error, said=said)
    error.args = error.what, error.todo
    return error


def sentence(body: str) -> str:
    """The one line that a person should read of an error body: plain text, or the message inside JSON or HTML.

    Empty where there is none, such as in JSON that is broken or says nothing in words.
    """
    text = body.strip()
    if text.startswith(("{", "[")):
        try:
            text = _message(json.loads(text))
        except (ValueError, RecursionError):
            text = "" if _JSON_LIKE.match(text) else text
    elif text.startswith("<"):
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        text = title[1] if title else "the answer is a web page, not the API's"
    return " ".join(text.split())[:300]


def _message(value: Any) -> str:
    if isinstance(value, str):
        return sentence(value)  # a proxy passes another's answer on inside its own
    if isinstance(value, list):
        return next((found for item in value if (found := _message(item))), "")
    if isinstance(value, dict):
        named = [_message(value[key]) for key in ("message", "detail", "error", "msg", "title") if key in value]
        # A word alone is a code, such as `too_many_requests`.
        return next((text for text in named if " " in text), max(named, key=len, default=""))
    return ""


def retry_after(response: httpx.Response) -> float | None:
    """Seconds the service asks to wait: ``Retry-After``, in seconds or a date, else ``retry_after_seconds`` inside."""
    for value in (response.headers.get("Retry-After"), _field(response.text, "retry_after_seconds")):
        try:
            seconds = float(value)
        except (TypeError, ValueError):
            seconds = _until(value)
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def _until(date: Any) -> float:
    """Seconds from now until an HTTP date, none once it has passed; -1 for what is no date."""
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return -1.0


def _field(body: str, name: str) -> Any:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value.get(name) if isinstance(value, dict) else None
