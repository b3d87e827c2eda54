"""What the tab key offers within the braces of a cell's body: ``{{ ti`` becomes ``{{ title``."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence

from dw_jupyter.notebook.offer import Offer, kinds

_BRACES = re.compile(r"\{(?P<kind>[{%])(?P<inside>(?:(?!\}\}|%\}).)*)\Z", re.DOTALL)
_SUBSCRIPT = re.compile(r"\brow\[\s*(?P<label>(?P<quote>[\"']?)[^\"'\]]*)\Z")
_NAME = re.compile(r"(?<![\w.])(?:[^\W\d]\w*)?\Z")
_WORDS = ("and", "or", "not", "in", "is", "if", "else", "elif", "true", "false", "none", "True", "False", "None")
_RESERVED = frozenset((*_WORDS, "row", "loop", "self"))
"""Words that cannot be columns in a tag: Jinja's, and ours."""


def in_body(body: str, after: str, *, columns: Sequence[Hashable], variables: Iterable[str]) -> Offer | None:
    """Columns and variables, where the cursor is in the braces of a tag and not in a text.

    Args:
        body: the text of the cell before the cursor.
        after: the rest of its line.
        columns: the labels of the source's columns.
        variables: the names let in with ``--var``.
    """
    braces = _BRACES.search(body)
    if braces is None:
        return None
    inside = braces["inside"]
    subscript = _SUBSCRIPT.search(inside)
    if subscript:
        return Offer.of(
            subscript["label"], kinds("column", [_key(each, subscript["quote"], after) for each in columns])
        )
    name = _NAME.search(inside)
    quotes = re.sub(r"\"[^\"]*\"|'[^']*'", "", inside)
    steering = braces["kind"] == "%" and not re.search(r"\w\s", inside)
    if name is None or steering or re.search(r"[\"']|\|\s*\w*\Z", quotes):
        return None
    plain = [column for column in columns if isinstance(column, str) and _is_variable(column)]
    others = [f"row[{_key(column, '', ']')}]" for column in columns if column not in plain]
    typed = name[0]
    # A column whose name is no variable is reached through the row, also by the beginning of its name.
    found = [*kinds("column", plain), *kinds("variable", variables)]
    through_row = [text for text in others if text.startswith((typed, f'row["{typed}', f"row['{typed}"))]
    return Offer(typed, [*Offer.of(typed, found).texts, *kinds("column", through_row)])


def _is_variable(column: str) -> bool:
    return column.isidentifier() and column not in _RESERVED


def _key(column: Hashable, quote: str, after: str) -> str:
    """A column's label as it is written in ``row[…]``, closed where that is not done yet."""
    if not isinstance(column, str):
        return f"{column!r}" + ("" if after.startswith("]") else "]")
    quote = quote or ("'" if '"' in column else '"')
    closing = "" if after.startswith(quote) else quote if after.startswith("]") else f"{quote}]"
    return f"{quote}{column}{closing}"
