"""What requests asked, as text: to stand beside the answers of a batch that was made elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import msgspec


class _Request(msgspec.Struct, gc=False):
    body: msgspec.Raw = msgspec.Raw(b"null")


_requests = msgspec.json.Decoder(_Request)


def read_prompts(blocks: Iterable[bytes]) -> list[str | None]:
    """The prompt of each request line: its last user message, or its ``input`` or ``prompt``."""
    return [_prompt(line.body) for block in blocks for line in _requests.decode_lines(block)]


def _prompt(raw: msgspec.Raw) -> str | None:
    body = json.loads(bytes(raw))
    if not isinstance(body, dict):
        return None
    messages = body.get("messages")
    if isinstance(messages, list):
        said = [each for each in messages if isinstance(each, dict)]
        last = next((each for each in reversed(said) if each.get("role") == "user"), said[-1] if said else {})
        return _text(last.get("content"))
    return _text(body.get("input", body.get("prompt")))


def _text(content: Any) -> str | None:
    if content is None or isinstance(content, str):
        return content
    if isinstance(content, list):
        texts = [part["text"] for part in content if isinstance(part, dict) and isinstance(part.get("text"), str)]
        if texts:
            return "".join(texts)
    return json.dumps(content, ensure_ascii=False)
