"""Result lines of the service as typed records, and what each says of its request.

The records hold no cycles, so the garbage collector need not look at them (``gc=False``): that is a third of the time.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec

from dw_jupyter.frames.failures import explain, explain_body, one_line


class Part(msgspec.Struct, gc=False):
    """A piece of a message's content."""

    text: str | None = None


class Message(msgspec.Struct, gc=False):
    """What the model said."""

    content: str | list[Part] | None = None
    refusal: str | None = None


class Choice(msgspec.Struct, gc=False):
    """One answer of the model: a message of a chat, the text of a completion."""

    message: Message | None = None
    finish_reason: str | None = None
    text: str | None = None


class Body(msgspec.Struct, gc=False):
    """The body of a chat completion or a completion; ``error`` and ``message`` where it is an error instead."""

    choices: list[Choice] | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")
    message: msgspec.Raw = msgspec.Raw(b"null")
    detail: msgspec.Raw = msgspec.Raw(b"null")


class Response(msgspec.Struct, gc=False):
    """The answer to one request. A body that was no JSON is a string."""

    status_code: int | None = None
    body: Body | str | None = None


class Failure(msgspec.Struct, gc=False):
    """Why there is no answer."""

    code: str | int | None = None
    message: str | None = None


class Line(msgspec.Struct, gc=False):
    """One line of an output or error file. All other fields are passed over."""

    custom_id: str | None = None
    response: Response | None = None
    error: Failure | str | None = None


_lines = msgspec.json.Decoder(Line)
_body = msgspec.json.Decoder(Body)


def read_lines(block: bytes) -> tuple[list[Line], int]:
    """The lines of a block of whole lines, and how many were broken; blank lines do not count."""
    try:
        if not block.isascii():
            str(block, "utf-8")  # msgspec does not check the fields that it passes over
        return _lines.decode_lines(block), 0
    except (msgspec.MsgspecError, ValueError, RecursionError):
        pass
    lines, broken = [], 0
    for raw in block.split(b"\n"):
        if raw.strip():
            try:
                lines.append(_read_line(raw))
            except (msgspec.MsgspecError, ValueError, RecursionError):
                broken += 1
    return lines, broken


def _read_line(raw: bytes) -> Line:
    text = str(raw, "utf-8")
    try:
        return _lines.decode(text)
    except (msgspec.MsgspecError, ValueError):
        # Python reads what msgspec does not: lone surrogates and NaN.
        return _loose_line(json.loads(text))


def _loose_line(value: Any) -> Line:
    """A line as far as it has the shape of one, out of JSON values of any shape."""
    value = _object(value, "a line")
    response = value.get("response")
    error = value.get("error")
    if error is not None and not isinstance(error, str):
        error = Failure(message=error["message"]) if _has_text(error, "message") else Failure(message=json.dumps(error))
    return Line(
        custom_id=value["custom_id"] if _has_text(value, "custom_id") else None,
        response=_loose_response(response) if isinstance(response, dict) else None,
        error=error,
    )


def _loose_response(response: dict[str, Any]) -> Response:
    status, body = response.get("status_code"), response.get("body")
    if isinstance(body, dict):
        choices = body.get("choices")
        first = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        message = first.get("message")
        message = message if isinstance(message, dict) else {}
        content = message.get("content")
        if isinstance(content, list):
            content = [Part(part["text"]) for part in content if _has_text(part, "text")]
        body = Body(
            choices=[
                Choice(
                    Message(
                        content if isinstance(content, str | list) else None,
                        message["refusal"] if _has_text(message, "refusal") else None,
                    ),
                    first["finish_reason"] if _has_text(first, "finish_reason") else None,
                    first["text"] if _has_text(first, "text") else None,
                )
            ],
            error=msgspec.Raw(json.dumps(body.get("error")).encode()),
            message=msgspec.Raw(json.dumps(body.get("message")).encode()),
            detail=msgspec.Raw(json.dumps(body.get("detail")).encode()),
        )
    return Response(
        status_code=status if isinstance(status, int) else None,
        body=body if isinstance(body, Body | str) else None,
    )


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not an object")  # noqa: TRY004 - broken JSON of another's, not a type error
    return value


def _has_text(value: Any, key: str) -> bool:
    return isinstance(value, dict) and isinstance(value.get(key), str)


def outcome(line: Line) -> tuple[str | None, str]:
    """The text of a line's answer and its finish reason; or None, and why it failed."""
    response = line.response
    # The common case, in one look; what follows says the same of it.
    if (
        line.error is None
        and response is not None
        and response.status_code == 200
        and type(body := response.body) is Body
        and body.choices
        and (message := body.choices[0].message) is not None
        and type(content := message.content) is str
        and not message.refusal
    ):
        return content, body.choices[0].finish_reason or ""
    if line.error is not None:
        error = line.error if isinstance(line.error, Failure) else Failure(message=line.error)
        reason = explain(error.message or "")
        return None, one_line(f"{error.code}: {reason}" if error.code and error.message else str(error.code or reason))
    if response is None:
        return None, "no answer in the line"
    body = response.body
    if isinstance(body, str):
        body = _body_in_text(body)
    if response.status_code is not None and response.status_code >= 400:
        return None, explain_body(response.status_code, _error_of(body))
    if isinstance(body, Body) and body.choices:
        return _said(body.choices[0])
    reason = _error_of(body)
    return None, explain(reason) if reason else "no text in the answer"


def _body_in_text(text: str) -> Body | str:
    try:
        return _body.decode(text)
    except (msgspec.MsgspecError, ValueError):
        pass
    try:
        value = json.loads(text)
    except ValueError:
        return text
    response = _loose_response({"body": value})
    return response.body if isinstance(response.body, Body) else text


def _error_of(body: Body | str | None) -> str:
    if isinstance(body, Body):
        for raw in (body.error, body.message, body.detail):
            if bytes(raw) != b"null":
                return bytes(raw).decode("utf-8", "replace")
        return ""
    return body or ""


def _said(choice: Choice) -> tuple[str | None, str]:
    message = choice.message or Message()
    content = message.content if message.content is not None else choice.text
    if isinstance(content, list):
        content = "".join(part.text or "" for part in content) or None
    if message.refusal and not content:
        return None, one_line(f"refused: {message.refusal}")
    if content is None:
        cut = "cut off at max_tokens" if choice.finish_reason == "length" else ""
        return None, f"no text in the answer{', ' * bool(cut)}{cut}"
    return content, choice.finish_reason or ""
