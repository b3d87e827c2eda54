"""The choices of a JSON Schema, as types that msgspec decodes to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal


class Choices(type):
    """A type of which the values of a list are the instances, and nothing else.

    It is for lists that hold more than texts and whole numbers, which is all that a Literal takes. As in JSON, 7 is
    7.0, and true is not 1.
    """

    values: tuple[Any, ...]

    def __instancecheck__(cls, value: object) -> bool:
        return bool(cls.find(value))

    def find(cls, value: object) -> list[Any]:
        """The choices that equal a value: one or none."""
        return [one for one in cls.values if one == value and isinstance(one, bool) == isinstance(value, bool)]


def is_plain(choices: Sequence[Any]) -> bool:
    """Whether these are texts and whole numbers only."""
    return all(type(choice) in {str, int} for choice in choices)


def type_of_choices(choices: Sequence[Any]) -> Any:
    """The type of what is one of these values; its decoder needs ``choose`` as its hook."""
    values = tuple(choices)
    return Literal[values] if is_plain(values) else Choices("Choice", (), {"values": values})


def choose(kind: type, value: Any) -> Any:
    """The choice that a decoded value is, as the schema has it.

    Raises:
        ValueError: it is none of them.
    """
    found = kind.find(value) if isinstance(kind, Choices) else []
    if not found:
        raise ValueError(f"Invalid value {repr(value)[:60]}")
    return found[0]
