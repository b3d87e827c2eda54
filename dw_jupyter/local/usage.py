"""What an answer says it has used, in the words of any of the endpoints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of one answer. ``completion`` is ``None`` where the answer does not tell."""

    prompt: int = 0
    completion: int | None = None
    reasoning: int = 0
    total: int = 0


NONE_TOLD = Usage()


def read_usage(answer: Any) -> Usage:
    """The usage in a decoded body; zeros where it tells none, or something else under that name."""
    told = answer.get("usage") if isinstance(answer, dict) else None
    if not isinstance(told, dict):
        return NONE_TOLD
    prompt = _first(told, "prompt_tokens", "input_tokens") or 0
    completion = _first(told, "completion_tokens", "output_tokens")
    details = told.get("completion_tokens_details") or told.get("output_tokens_details")
    reasoning = _first(details, "reasoning_tokens") if isinstance(details, dict) else None
    total = _first(told, "total_tokens")
    return Usage(
        prompt=prompt,
        completion=completion,
        reasoning=reasoning or 0,
        total=prompt + (completion or 0) if total is None else total,
    )


def _first(told: dict[str, Any], *names: str) -> int | None:
    for name in names:
        count = told.get(name)
        if type(count) is int and 0 <= count < 2**31:
            return count
    return None
