"""Notebook values in a prompt."""

from __future__ import annotations

import datetime as dt
import decimal
import types
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dw_jupyter.errors import OptionError
from dw_jupyter.frames.cells import native, natives
from dw_jupyter.frames.source import read_source

_TAKEN = ("row", "self", "loop", "caller", "varargs", "kwargs")
_KINDS = "Give text, numbers, lists, dicts, a Series or a table."


def take_variables(variables: Mapping[str, object]) -> dict[str, Any]:
    """A copy of notebook values, as plain as JSON: changing them later changes nothing in it.

    A table is a list of dicts, one a row; a Series is a list. Moments are as in a column.

    Raises:
        OptionError: a name that no prompt can hold, or a value that is more than data, such as a function.
    """
    taken = {}
    for name, value in variables.items():
        if not isinstance(name, str) or not name.isidentifier() or name in _TAKEN:
            raise OptionError(f'A variable of a prompt cannot be called "{name}".', "Give it another name.")
        try:
            taken[name] = _plain(value)
        except _NotPlainError as error:
            raise OptionError(f'The variable "{name}" cannot be used: {error}.', _KINDS) from error
        except RecursionError as error:
            raise OptionError(f'The variable "{name}" cannot be used: it holds itself.', _KINDS) from error
    return taken


class _NotPlainError(Exception):
    """A value is more than data; the message says what it is."""


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        return _rows(value)
    if isinstance(value, pd.Series | pd.Index):
        return [_plain(part) for part in natives(pd.Series(value))]
    value = native(value)
    match value:
        case None | bool() | float() | dt.date() | dt.time() | dt.timedelta() | decimal.Decimal():
            return value
        case str():
            return str.__str__(value)
        case int():
            return int(value)
        case list() | tuple():
            return [_plain(part) for part in value]
        case Mapping():
            return {_key(key): _plain(part) for key, part in value.items()}
        case _ if value is pd.NaT or value is pd.NA:
            return None
        case _ if hasattr(value, "__arrow_c_stream__"):
            return _rows(read_source(value))
    raise _NotPlainError(_words(value))


def _rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    if frame.columns.has_duplicates:
        raise _NotPlainError("two of its columns have one name")
    labels = [_key(label) for label in frame.columns]
    columns = [[_plain(value) for value in natives(frame.iloc[:, place])] for place in range(len(labels))]
    return [dict(zip(labels, values, strict=True)) for values in zip(*columns, strict=True)]


def _key(key: Any) -> Any:
    plain = native(key)
    return tuple(map(_key, plain)) if isinstance(plain, tuple) else plain


def _words(value: object) -> str:
    match value:
        case types.ModuleType():
            return "it is a module"
        case type():
            return "it is a class"
        case set() | frozenset():
            return "a set has no order"
        case _ if callable(value):
            return "it is a function"
    return f"it holds a value of type {type(value).__name__}"
