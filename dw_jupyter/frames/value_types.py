"""The types that answers of a JSON Schema are decoded to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Optional, TypedDict, Union

import msgspec

from dw_jupyter.frames.custom_types import Custom, OneOf, Text, Within, type_of_choices
from dw_jupyter.frames.fields import core_of
from dw_jupyter.frames.formats import FORMATS
from dw_jupyter.frames.ranges import bounded

_SCALARS: dict[str, Any] = {"integer": int, "number": float, "boolean": bool}
_TIMES: dict[str, Any] = {"date": dt.date, "date-time": dt.datetime}
_FAMILIES = {"string", "number", "boolean", "array", "object"}


def answer_type(schema: dict[str, Any]) -> tuple[type[msgspec.Struct], dict[str, str]]:
    """A struct for the answers of a strict schema, and the property that each of its fields is.

    Its decoder needs ``read_custom`` as its hook. Nested objects become dicts.
    """
    types = _Types(schema)
    # Properties may have any name; those of a struct may not.
    names = {f"field_{number}": name for number, name in enumerate(schema["properties"])}
    fields = [(name, types.of(schema["properties"][field])) for name, field in names.items()]
    return msgspec.defstruct("Answer", fields, rename=names, gc=False), names


class _Types:
    """The types of the parts of one schema."""

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._within: dict[frozenset[str], Any] = {}

    def of(self, node: dict[str, Any], within: frozenset[str] = frozenset()) -> Any:
        """The type of a part, which lies within what these references lead to."""
        kind, nullable = self._bare(node, within)
        return Optional[kind] if nullable else kind  # noqa: UP045 - a value: `|` is not defined on all of them

    def _bare(
        self, node: dict[str, Any], within: frozenset[str], seen: frozenset[str] = frozenset()
    ) -> tuple[Any, bool]:
        """The type without its "or null", and whether it had one.

        ``seen`` are the references since the last object or list: one that leads back to itself has no values.
        """
        core, nullable, references = core_of(node, self._root, seen)
        if not references & within:
            return self._made(core, within | references, seen | references), nullable
        # It holds itself: the type is made once, when an answer goes that deep.
        if references not in self._within:
            made: list[Any] = []

            def find() -> Any:
                if not made:
                    made.append(self._made(core, references, references))
                return made[0]

            self._within[references] = Within("Within", (), {"find": find})
        return self._within[references], nullable

    def _made(self, core: dict[str, Any], within: frozenset[str], seen: frozenset[str]) -> Any:
        kind = core.get("type")
        if "enum" in core:
            return type_of_choices(core["enum"])
        if "anyOf" in core:
            return self._union(core["anyOf"], within, seen)
        if isinstance(kind, list):
            return self._union([{**core, "type": one} for one in kind], within, seen)
        if kind == "null":
            return None
        if kind == "string":
            return _text(core)
        if kind == "array":
            return bounded(list[self.of(core["items"], within)], core)  # type: ignore[misc]  # made at run time
        if kind == "object":
            fields = {name: self.of(part, within) for name, part in core["properties"].items()}
            return TypedDict("Object", fields)  # type: ignore[operator]  # made at run time
        return bounded(_SCALARS[str(kind)], core)

    def _union(self, options: Sequence[dict[str, Any]], within: frozenset[str], seen: frozenset[str]) -> Any:
        kinds, nullables = zip(*(self._bare(option, within, seen) for option in options), strict=True)
        cores = [core_of(option, self._root)[0] for option in options]
        families = {"number" if core.get("type") == "integer" else str(core.get("type")) for core in cores}
        simple = len(families) == len(options) and families <= _FAMILIES
        if simple and not any(isinstance(kind, Custom) for kind in kinds):
            made: Any = Union[kinds]  # noqa: UP007 - made at run time
        else:
            made = OneOf("OneOf", (), {"kinds": kinds})
        return Optional[made] if any(nullables) else made  # noqa: UP045 - as above


def _text(node: dict[str, Any]) -> Any:
    format_ = node.get("format", "")
    if format_ in _TIMES:
        return _TIMES[format_]
    kind = bounded(str, node)
    if format_ in FORMATS:
        return Text("Text", (), {"kind": kind, "format": format_, "fits": staticmethod(FORMATS[format_])})
    return kind
