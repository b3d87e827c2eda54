"""What may go wrong with requests that can be sent, in words. Guesses all of them: nothing is refused for one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dw_jupyter.frames.cells import row_words
from dw_jupyter.frames.fields import resolve
from dw_jupyter.frames.schema import Schema

BYTES_A_TOKEN = 4
"""As the service estimates. JSON takes more tokens for its bytes, so that an answer needs at least these."""
LONG = 400_000
"""Bytes of a request that is worth a word by itself: more tokens than the windows of many models."""
NOTABLE = 40_000
"""Bytes of a request that is, where it is so many times as long as half of the others are at most:"""
TIMES = 20
_LEAST = {"integer": 1, "number": 1, "boolean": 4, "null": 4, "string": 2, "array": 2, "object": 2}
_FORMATS = {"date": 12, "date-time": 22, "time": 10, "uuid": 38}


def remark_length(lengths: npt.NDArray[np.uint32], index: pd.Index) -> str:
    """What there is to say of the longest request, ``""`` where it is nothing out of the way.

    Which window a model has, no endpoint tells.

    Args:
        lengths: bytes of each request.
        index: the source's, one label a request.
    """
    row = int(lengths.argmax())
    longest, middle = int(lengths[row]), int(np.median(lengths))
    stands_out = longest >= max(NOTABLE, TIMES * middle)
    if longest < LONG and not stands_out:
        return ""
    others = f" Half of the rows stay below {_kilobytes(middle)}." if stands_out else ""
    return (
        f"The longest request, that of {row_words(index, row)}, is {_kilobytes(longest)}, some "
        f"{_tokens(longest):,} tokens; should the model take less, it fails.{others}"
    )


def remark_room(schema: Schema | None, body: Mapping[str, Any]) -> str:
    """What there is to say of ``max_tokens``, ``""`` where it is nothing: too few for any answer that fits, say."""
    name = next((name for name in ("max_tokens", "max_completion_tokens") if body.get(name) is not None), None)
    if schema is None or name is None or not isinstance(body[name], int | float):
        return ""
    length = shortest(schema.json_schema)
    if body[name] * BYTES_A_TOKEN >= length:
        return ""
    return f"{name}={body[name]} is likely too few: the shortest answer that fits the schema has {length:,} characters."


def shortest(schema: dict[str, Any]) -> int:
    """How many characters the shortest answer to a strict schema has, or a few less."""
    return _shortest(schema, schema, ())


def _shortest(node: dict[str, Any], root: dict[str, Any], within: tuple[str, ...]) -> int:
    if reference := node.get("$ref"):
        # What holds itself has an end by another way: a list without items, or null.
        return 10**9 if reference in within else _shortest(resolve(node, root), root, (*within, reference))
    if "anyOf" in node:
        return min(_shortest(option, root, within) for option in node["anyOf"])
    if "const" in node or "enum" in node:
        return min(len(json.dumps(choice, ensure_ascii=False)) for choice in node.get("enum", [node.get("const")]))
    kinds = node.get("type", "object")
    return min(_least(kind, node, root, within) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _least(kind: str, node: dict[str, Any], root: dict[str, Any], within: tuple[str, ...]) -> int:
    least = _LEAST[kind]
    if kind == "string":
        return _FORMATS.get(node.get("format", ""), least + int(node.get("minLength", 0)))
    if kind == "array" and (items := int(node.get("minItems", 0))):
        return least + items * (_shortest(node["items"], root, within) + 1) - 1
    if kind == "object":
        fields = node["properties"].items()
        return least - 1 + sum(len(json.dumps(name)) + 2 + _shortest(part, root, within) for name, part in fields)
    return least


def _kilobytes(size: int) -> str:
    return f"{size / 1000:,.0f} kB" if size >= 10_000 else f"{size / 1000:.1f} kB"


def _tokens(size: int) -> int:
    """Rounded to two digits, since it is a guess."""
    return round(size // BYTES_A_TOKEN, 2 - len(str(size // BYTES_A_TOKEN)))
