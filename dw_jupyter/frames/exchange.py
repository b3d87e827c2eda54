"""One request and its answer as blocks to read: who said what, as text, JSON or an image."""

from __future__ import annotations

import json
from typing import Any, Literal, NotRequired, TypedDict

_IMAGES = ("data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp")
"""What a browser shows as a picture and nothing else: an SVG may hold more."""


_MOST_ROOM, _ALWAYS = 4, 10_000
"""JSON is laid out where it takes no more than so many times its characters, and these beside."""
_INDENTING = json.JSONEncoder(indent=2, ensure_ascii=False)


class Block(TypedDict):
    """A piece to read. ``text`` of an image is its ``data:`` URL."""

    title: str
    form: Literal["text", "code", "image"]
    text: str
    exact: NotRequired[str]
    """The text that was sent or came back, where it is JSON and ``text`` is that laid out."""


Read = tuple[list[Block], list[Block]]
"""What is said, and what else there is."""


def read_request(line: bytes) -> Read:
    """A request line as blocks: its messages, or its text; and every other field of the body."""
    body = _loads(line, "body")
    if not isinstance(body, dict):
        return ([_value("request", body)] if body is not None else []), []
    blocks: list[Block] = []
    rest = dict(body)
    for field in ("messages", "input", "prompt"):
        said = rest.pop(field, None)
        if isinstance(said, list) and all(isinstance(one, dict) for one in said):
            for message in said:
                blocks += _message(message)
        elif said is not None:
            blocks.append(_value(field, said))
    return blocks, [_value("request", rest)] if rest else []


def read_answer(line: bytes) -> Read:
    """A result line as blocks: text, refusal and tool calls of each choice; and what else the body says.

    A body that has no choices, such as an error or a vector, is shown as it is.
    """
    result = _loads(line, None)
    if not isinstance(result, dict):
        return [_value("answer", result)], []
    blocks = [_error(result["error"])] if result.get("error") is not None else []
    response = result.get("response")
    body = response.get("body") if isinstance(response, dict) else None
    if isinstance(body, str):
        body = _loads(body.encode("utf-8", "surrogatepass"), None, otherwise=body)
    choices = body.get("choices") if isinstance(body, dict) else None
    if not isinstance(body, dict) or not isinstance(choices, list):
        return (blocks if body is None else [*blocks, _value("answer", body)]), []
    rest = {name: value for name, value in body.items() if name != "choices"}
    for choice in choices:
        if not isinstance(choice, dict):
            continue
        message = choice.get("message")
        if isinstance(message, dict):
            blocks += _message({"role": "assistant", **message})
        if choice.get("text") is not None:
            blocks.append(_value("assistant", choice["text"]))
        if choice.get("finish_reason") is not None:
            rest.setdefault("finish_reason", choice["finish_reason"])
    return blocks, [_value("response", rest)] if rest else []


def _error(error: Any) -> Block:
    """An error, its message laid out with it where that is JSON in turn, as the service's are."""
    message = error.get("message") if isinstance(error, dict) else None
    inner = _loads(message.encode("utf-8", "surrogatepass"), None) if isinstance(message, str) else None
    if not isinstance(inner, dict):
        return _value("error", error)
    return {**_value("error", {**error, "message": inner}), "exact": _laid_out(error)}


def _message(message: dict[str, Any]) -> list[Block]:
    """What one message says, part by part; fields that are not known are shown as JSON."""
    role = str(message.get("role") or message.get("type") or "message")
    blocks: list[Block] = []
    for field, value in message.items():
        if field == "role" or value is None or value in ([], ""):
            continue
        if field == "content" and isinstance(value, list):
            blocks += [_part(role, part) for part in value]
        elif field == "tool_calls" and isinstance(value, list):
            blocks += [_call(call) for call in value]
        else:
            blocks.append(_value(role if field == "content" else f"{role}: {field}", value))
    return blocks or [_value(role, "")]


def _part(role: str, part: Any) -> Block:
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            return _value(role, part["text"])
        image = part.get("image_url")
        url = image.get("url") if isinstance(image, dict) else image
        if isinstance(url, str):
            shown = url.lower().startswith(_IMAGES)
            return {"title": f"{role}: image", "form": "image" if shown else "text", "text": url}
    return _value(role, part)


def _call(call: Any) -> Block:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        return _value("tool call", call)
    return _value(f"tool call: {function.get('name')}", function.get("arguments"))


def _value(title: str, value: Any) -> Block:
    """Text as it is, or laid out where it is JSON; any other value as JSON."""
    if not isinstance(value, str):
        return {"title": title, "form": "code", "text": _laid_out(value)}
    inner = _loads(value.encode("utf-8", "surrogatepass"), None) if value.lstrip()[:1] in ("{", "[") else None
    if not isinstance(inner, dict | list):
        return {"title": title, "form": "text", "text": value}
    return {"title": title, "form": "code", "text": _laid_out(inner), "exact": value}


def _laid_out(value: Any) -> str:
    """JSON on many lines; on one where that takes far more room, as it does the deeper it is nested."""
    plain = json.dumps(value, ensure_ascii=False)
    pieces, room = [], _MOST_ROOM * len(plain) + _ALWAYS
    try:
        for piece in _INDENTING.iterencode(value):
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                return plain
    except RecursionError:
        return plain
    return "".join(pieces)


def _loads(raw: bytes, field: str | None, *, otherwise: Any = None) -> Any:
    """JSON, or one field of it; where it is none, the text itself for a line, ``otherwise`` for the rest."""
    try:
        value = json.loads(raw.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return otherwise if field is None else raw.decode("utf-8", "replace")
    return value.get(field) if field is not None and isinstance(value, dict) else value
