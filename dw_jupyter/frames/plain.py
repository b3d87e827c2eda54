"""What a prompt may write, and which methods it may call: those of plain values.

The text of any other object may be its address in memory, and so another one in each run; its methods may write files.
"""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import fractions
import ipaddress
import uuid
from collections.abc import ItemsView, Iterable, KeysView, Mapping, ValuesView
from pathlib import PurePath
from typing import Any

import jinja2
import numpy as np
import pandas as pd

_SCALARS = (
    *(str, bytes, int, float, complex, decimal.Decimal, fractions.Fraction, type(None), type(pd.NA), type(pd.NaT)),
    *(dt.date, dt.time, dt.timedelta, dt.tzinfo, pd.Period, pd.Interval, range),
    *(uuid.UUID, ipaddress.IPv4Address, ipaddress.IPv6Address),
)
_METHODS = (*_SCALARS, list, tuple, set, frozenset, dict, Mapping)
"""Whose methods may be called. Paths and NumPy's values are not among them, since those write files."""
_TEXTS = (*_SCALARS, enum.Enum, PurePath, np.generic)
"""What has a text that is the same in each run. A set of texts has not."""


class NoTextError(TypeError):
    """A value cannot be written into a prompt, since its text may be another one in each run."""

    def __init__(self, value: object) -> None:
        self.kind = f"a value of type {type(value).__name__}"
        super().__init__(f"{self.kind} cannot be written")


def check_text(value: Any) -> None:
    """Whether a value, and all that it holds, may be written into a prompt.

    Raises:
        NoTextError: a part of it is none of text, numbers, dates, lists, dicts and the like.
    """
    match value:
        case jinja2.Undefined():
            return
        case Mapping():
            parts: Iterable[Any] = (part for pair in value.items() for part in pair)
        case list() | tuple() | KeysView() | ValuesView() | ItemsView():
            parts = value
        case np.ndarray():
            parts = value.tolist() if value.dtype == object else ()
        case _ if isinstance(value, _TEXTS) or _is_of_jinja(value):
            return
        case _:
            raise NoTextError(value)
    for part in parts:
        check_text(part)


def may_call(method: Any) -> bool:
    """Whether a prompt may call this: a method of a plain value, or a part of the template such as a macro."""
    method = getattr(method, "__wrapped__", method)
    owner = getattr(method, "__self__", method)
    if _is_of_jinja(owner):
        return True
    name = getattr(method, "__name__", "")
    return any(isinstance(owner, kind) and hasattr(kind, name) for kind in _METHODS)


def _is_of_jinja(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] in {"jinja2", "markupsafe"}
