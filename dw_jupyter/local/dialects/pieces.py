"""The pieces in which a text is streamed."""

from __future__ import annotations

PIECES = 8


def cut(text: str) -> list[str]:
    """A text in at most eight pieces, which together are the text."""
    size = max(1, -(-len(text) // PIECES))
    return [text[start : start + size] for start in range(0, len(text), size)]
