"""The Jinja2 that prompts are written in: sandboxed, strict, without comments, globals or chance."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from dw_jupyter.frames.cells import is_missing, native
from dw_jupyter.frames.missing import Blank
from dw_jupyter.frames.plain import check_text, may_call

_COMMON = frozenset({str, int, float, bool})
_LAZY = ("batch", "items", "map", "reject", "rejectattr", "reverse", "select", "selectattr", "slice", "unique")


class _Environment(ImmutableSandboxedEnvironment):
    """A missing value within a dict is as good as not there; in a list it is a value like the others."""

    missing: type[jinja2.Undefined] = jinja2.StrictUndefined

    def is_safe_callable(self, obj: Any) -> bool:
        return may_call(obj) and super().is_safe_callable(obj)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self._found(obj, argument, super().getitem(obj, argument))

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._found(obj, attribute, super().getattr(obj, attribute))

    def _found(self, obj: Any, name: Any, value: Any) -> Any:
        if isinstance(obj, dict) and is_missing(value):
            return self.missing(hint=f'"{name}" has no value')
        return value


@cache
def environment(*, blank: bool = False) -> jinja2.Environment:
    """The environment of all prompts; one of its own for those where missing values are written as nothing.

    Undefined names are errors. ``random`` is gone, since running a cell again must give the same requests; ``tojson``
    is plain JSON. There is no comment syntax: LaTeX and f-strings hold ``{#``, so its marks are ones no text holds.
    """
    never = secrets.token_hex(16)
    made = _Environment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        comment_start_string=f"{never}<",
        comment_end_string=f">{never}",
        finalize=_written,
    )
    made.missing = Blank if blank else jinja2.StrictUndefined
    made.globals.clear()
    del made.filters["random"]
    made.filters["tojson"] = _tojson
    for name in _LAZY:
        made.filters[name] = _listed(made.filters[name])
    return made


def _written(value: Any) -> Any:
    """What is written into a prompt: plain values, and no method or macro that somebody forgot to call."""
    if type(value) in _COMMON:
        return value
    if callable(value) and not isinstance(value, jinja2.Undefined):
        name = getattr(value, "__name__", None) or getattr(value, "name", "it")
        raise TypeError(f'"{name}" is no value: write {name}() to call it, or ["{name}"] for what has that name')
    check_text(value)
    return value


def _listed(lazy: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that gives a list where Jinja2's gives a generator, whose text would be an address in memory."""

    @wraps(lazy)
    def listed(*args: Any, **options: Any) -> Any:
        result = lazy(*args, **options)
        return list(result) if isinstance(result, Iterator) else result

    return listed


def _tojson(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Blank):
        return None
    if isinstance(value, Mapping):
        return {str(key): value[key] for key in value}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    plain = native(value)
    if plain is value:
        raise TypeError(f"{type(value).__name__} has no JSON form")
    return plain
