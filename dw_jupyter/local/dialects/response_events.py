"""The events in which a response is streamed, in the order that the official client puts together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dw_jupyter.local.dialects.pieces import cut


def of_response(response: dict[str, Any], usage: bool) -> Iterator[dict[str, Any]]:  # noqa: ARG001 - one of a table
    """Numbered events from ``response.created`` to ``response.completed``, which always holds the counts."""
    begun = response | {"status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    events = [_event("created", response=begun), _event("in_progress", response=begun)]
    for index, item in enumerate(response["output"]):
        place = {"output_index": index}
        events.append(_event("output_item.added", item=_opened(item), **place))
        events += _inside(item, place | {"item_id": item.get("id")})
        events.append(_event("output_item.done", item=item, **place))
    events.append(_event(response["status"], response=response))
    for number, event in enumerate(events):
        yield event | {"sequence_number": number}


def _inside(item: dict[str, Any], place: dict[str, Any]) -> list[dict[str, Any]]:
    if item["type"] == "function_call":
        name, whole = "function_call_arguments", item["arguments"]
        deltas = [_event(f"{name}.delta", delta=piece, **place) for piece in cut(whole)]
        return [*deltas, _event(f"{name}.done", arguments=whole, name=item["name"], **place)]
    if item["type"] != "message":
        return []
    events = []
    for number, part in enumerate(item["content"]):
        at = place | {"content_index": number}
        empty = part | {"text": ""}
        events.append(_event("content_part.added", part=empty, **at))
        events += [_event("output_text.delta", delta=piece, logprobs=[], **at) for piece in cut(part["text"])]
        events.append(_event("output_text.done", text=part["text"], logprobs=[], **at))
        events.append(_event("content_part.done", part=part, **at))
    return events


def _opened(item: dict[str, Any]) -> dict[str, Any]:
    """An item as it stands before anything has been put into it."""
    opened = item | ({"status": "in_progress"} if "status" in item else {})
    match item["type"]:
        case "message":
            opened["content"] = []
        case "function_call":
            opened["arguments"] = ""
    return opened


def _event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{kind}", **fields}
