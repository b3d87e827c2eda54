"""Types of values that msgspec has none for. Its decoders take them with ``read_custom`` as their hook.

Each is made by its metaclass, with what is named there: ``Choices("Choices", (), {"values": (1, 2.5)})``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import msgspec


class Custom(type):
    """A type whose values are made by ``read`` of what JSON holds."""

    def __instancecheck__(cls, value: object) -> bool:
        return True  # msgspec asks this of what ``read`` gave

    def read(cls, value: Any) -> Any:
        """The value as the type has it; ValueError where it is none."""
        raise NotImplementedError


class Choices(Custom):
    """One of ``values``. It is for lists of more than texts and whole numbers, which is all that a Literal takes.

    As in JSON, 7 is 7.0, and true is not 1.
    """

    values: tuple[Any, ...]

    def read(cls, value: Any) -> Any:
        """The choice that a value equals."""
        for choice in cls.values:
            if choice == value and isinstance(choice, bool) == isinstance(value, bool):
                return choice
        raise ValueError(f"Invalid value {repr(value)[:60]}")


class Text(Custom):
    """A text of type ``kind`` that ``fits`` the ``format``."""

    kind: Any
    format: str
    fits: Callable[[str], bool]

    def read(cls, value: Any) -> Any:
        """The text itself."""
        text = convert(value, cls.kind)
        if not cls.fits(text):
            raise ValueError(f"Invalid {cls.format} {repr(text)[:60]}")
        return text


class OneOf(Custom):
    """What is of one of ``kinds``, for those that msgspec cannot tell apart.

    Where a value is of several, that counts which keeps the most of its fields, and then the first.
    """

    kinds: tuple[Any, ...]

    def read(cls, value: Any) -> Any:
        """The value as the best of its types has it."""
        found = []
        for kind in cls.kinds:
            try:
                found.append(convert(value, kind))
            except ValueError:
                continue
        if not found:
            raise ValueError("Fits none of the options")
        return max(found, key=_fields) if len(found) > 1 else found[0]


class Within(Custom):
    """A part of a schema that holds itself: its type is what ``find`` gives, once a value is there."""

    find: Callable[[], Any]

    def read(cls, value: Any) -> Any:
        """The value as that type has it."""
        return convert(value, cls.find())


def type_of_choices(choices: Sequence[Any]) -> Any:
    """The type of what is one of these values."""
    values = tuple(choices)
    plain = all(type(choice) in {str, int} for choice in values)
    return Literal[values] if plain else Choices("Choices", (), {"values": values})


def convert(value: Any, kind: Any) -> Any:
    """The value of a type that what JSON holds is; a ValueError where it is none."""
    return msgspec.convert(value, kind, dec_hook=read_custom)


def read_custom(kind: Any, value: Any) -> Any:
    """The hook for decoders of these types."""
    try:
        return kind.read(value)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error  # msgspec says the way to here for other errors than its own


def _fields(value: Any) -> int:
    """How many fields a value has, with those of what it holds."""
    if isinstance(value, dict):
        return len(value) + sum(map(_fields, value.values()))
    return sum(map(_fields, value)) if isinstance(value, list) else 0
