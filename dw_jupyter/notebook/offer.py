"""What the tab key offers at one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """What may stand in place of what was typed."""

    typed: str
    texts: list[tuple[str, str]]
    """Each with a word about it."""

    @classmethod
    def of(cls, typed: str, texts: Iterable[tuple[str, str]]) -> Offer:
        """The texts that go on as what was typed begins, also where they need quotes that were not typed."""
        return cls(typed, [each for each in texts if each[0].startswith((typed, f"'{typed}", f'"{typed}'))])


def kinds(kind: str, texts: Iterable[str]) -> list[tuple[str, str]]:
    """Texts that have the same word about them."""
    return [(text, kind) for text in texts]
