"""Answers that say yes, read as far as they have the shape that is expected.

A service that is newer, or another one than ours, may write a field in a form of its own. One such field is then as
if it were missing; only what cannot be done without (an id) makes the answer unreadable.
"""

from __future__ import annotations

import types
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import httpx
import msgspec

from dw_jupyter import errors
from dw_jupyter.api.advice import advise_unreadable
from dw_jupyter.api.types import BatchPage, FilePage, ModelList

T = TypeVar("T")

LISTS = (BatchPage, FilePage, ModelList)
"""What some services write as an array, without an object around it."""


def read(response: httpx.Response, kind: type[T], *, method: str, path: str) -> T:
    """The body of a response as ``kind``; nothing for ``None``.

    Raises:
        APIConnectionError: it is something else than the API's JSON.
    """
    if kind is type(None):
        return None
    try:
        try:
            return msgspec.json.decode(response.content, type=kind, strict=False)
        except msgspec.ValidationError:
            found: T = _fit(msgspec.json.decode(response.content), kind)
            return found
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as cause:
        raise errors.APIConnectionError(
            f"{method} {path} was answered with something else than the API's JSON: {cause}"[:300],
            advise_unreadable(method=method, path=path, media_type=response.headers.get("Content-Type", "")),
            method=method,
            path=path,
        ) from None


def _fit(value: Any, kind: Any) -> Any:
    """``value`` as ``kind``, without the fields and items that do not fit."""
    if get_origin(kind) is types.UnionType:
        if value is None:
            return None
        (kind,) = (each for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is list and isinstance(value, list):
        return [item for each in value if (item := _fit_or_none(each, get_args(kind)[0])) is not None]
    if isinstance(value, list) and kind in LISTS:
        value = {"data": value}
    if not (isinstance(value, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return msgspec.convert(value, kind, strict=False)
    hints = get_type_hints(kind)
    known: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        try:
            known[field.name] = _fit(value[field.encode_name], hints[field.name])
        except (KeyError, msgspec.ValidationError):
            if field.required:
                raise msgspec.ValidationError(f"no usable {field.encode_name!r} in it") from None
    return kind(**known)


def _fit_or_none(value: Any, kind: Any) -> Any:
    try:
        return _fit(value, kind)
    except msgspec.ValidationError:
        return None
