"""The bounds that a JSON Schema sets to numbers, texts and lists, as msgspec checks them."""

from __future__ import annotations

import math
import re
import warnings
from typing import Annotated, Any

import msgspec

# What Int64 can hold. A larger number in an answer is a misfit of that row, not an overflow of the column.
_LEAST, _MOST = -(2**63), 2**63 - 1


def bounded(kind: Any, node: dict[str, Any]) -> Any:
    """``kind`` (int, float, str, bool or a list type) with the bounds that ``node`` sets.

    ``multipleOf`` counts for integers only, since floats are not exact; a pattern that Python's ``re`` does not
    read is passed over.
    """
    if kind is int:
        bounds = _whole(node)
    elif kind is float:
        bounds = _numbers(node, ge="minimum", gt="exclusiveMinimum", le="maximum", lt="exclusiveMaximum")
        for nearer, other in (("gt", "ge"), ("lt", "le")):
            if nearer in bounds:
                bounds.pop(other, None)
    elif kind is str:
        bounds = _numbers(node, min_length="minLength", max_length="maxLength") | _pattern(node)
    elif kind is bool:
        bounds = {}
    else:
        bounds = _numbers(node, min_length="minItems", max_length="maxItems")
    return Annotated[kind, msgspec.Meta(**bounds)] if bounds else kind


def _numbers(node: dict[str, Any], **names: str) -> dict[str, Any]:
    found = {ours: node.get(theirs) for ours, theirs in names.items()}
    return {ours: value for ours, value in found.items() if value is not None}


def _whole(node: dict[str, Any]) -> dict[str, Any]:
    given = _numbers(node, ge="minimum", gt="exclusiveMinimum", le="maximum", lt="exclusiveMaximum")
    least = max(_LEAST, math.ceil(given.get("ge", _LEAST)), math.floor(given.get("gt", _LEAST - 1)) + 1)
    most = min(_MOST, math.floor(given.get("le", _MOST)), math.ceil(given.get("lt", _MOST + 1)) - 1)
    step = _numbers(node, multiple_of="multipleOf").get("multiple_of", 0)
    bounds = {"ge": min(least, _MOST), "le": max(most, _LEAST)}
    return bounds | ({"multiple_of": int(step)} if 0 < step <= _MOST and step == int(step) else {})


def _pattern(node: dict[str, Any]) -> dict[str, str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # a "[[" that Python may read otherwise some day
            re.compile(node["pattern"])
    except (KeyError, re.error, OverflowError, RecursionError):
        return {}
    return {"pattern": node["pattern"]}
