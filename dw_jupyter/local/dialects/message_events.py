"""The events in which an answer of the Messages API is streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from dw_jupyter.local.dialects.pieces import cut


def of_message(message: dict[str, Any], usage: bool) -> Iterator[dict[str, Any]]:  # noqa: ARG001 - one of a table
    """Events from ``message_start`` to ``message_stop``; the counts are always told."""
    counts = message["usage"]
    begun = message | {"content": [], "stop_reason": None, "usage": counts | {"output_tokens": 0}}
    yield {"type": "message_start", "message": begun}
    for index, block in enumerate(message["content"]):
        if block["type"] == "tool_use":
            opened: dict[str, Any] = block | {"input": {}}
            name, whole = "partial_json", msgspec.json.encode(block["input"]).decode()
        else:
            opened = block | {"text": ""}
            name, whole = "text", block["text"]
        kind = "input_json_delta" if name == "partial_json" else "text_delta"
        yield {"type": "content_block_start", "index": index, "content_block": opened}
        for piece in cut(whole):
            yield {"type": "content_block_delta", "index": index, "delta": {"type": kind, name: piece}}
        yield {"type": "content_block_stop", "index": index}
    end = {"stop_reason": message["stop_reason"], "stop_sequence": message["stop_sequence"]}
    yield {"type": "message_delta", "delta": end, "usage": counts}
    yield {"type": "message_stop"}
