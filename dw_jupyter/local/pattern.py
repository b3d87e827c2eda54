"""A text that a regular expression matches. For the echo model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

# Python's own parser of patterns is not public, and there is no other.
ops: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

CATEGORIES = {"CATEGORY_DIGIT": "0", "CATEGORY_WORD": "a", "CATEGORY_SPACE": " "}
PRINTABLE = "a0 -._~" + "".join(map(chr, range(33, 127)))
REPEATS = (0, 1, 2, 4, 8, 16)
LONGEST = 10_000


def examples(pattern: str) -> Iterator[str]:
    """Short texts that ``pattern`` probably matches, the shortest first: look-arounds and anchors are passed over.

    Raises:
        re.error: it is no pattern.
    """
    tree = parser.parse(pattern)
    for more in REPEATS:
        text = _Writer(more).write(tree)
        if len(text) > LONGEST:
            return
        yield text


class _Writer:
    """Writes one text; what may be repeated is, ``more`` times beyond its least."""

    def __init__(self, more: int) -> None:
        self._more = more
        self._groups: dict[int, str] = {}

    def write(self, tree: Any) -> str:
        text = ""
        for op, argument in tree:
            text += self._one(op, argument)
            if len(text) > LONGEST:
                break
        return text

    def _one(self, op: Any, argument: Any) -> str:
        if op is ops.LITERAL:
            return chr(argument)
        if op is ops.NOT_LITERAL:
            return next(char for char in PRINTABLE if ord(char) != argument)
        if op is ops.ANY:
            return "a"
        if op is ops.IN:
            return self._member(argument)
        if op in {ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT}:
            least, most, inside = argument
            once = self.write(inside)
            return once * min(int(least) + self._more, int(most), LONGEST)
        if op is ops.SUBPATTERN:
            number, _, _, inside = argument
            text = self._groups[number] = self.write(inside)
            return text
        if op is ops.BRANCH:
            return self.write(argument[1][0])
        if op is ops.GROUPREF:
            return self._groups.get(argument, "")
        if op is ops.ATOMIC_GROUP:
            return self.write(argument)
        return ""

    def _member(self, members: list[Any]) -> str:
        if members[0][0] is ops.NEGATE:
            excluded = re.compile("[" + "".join(map(_class, members[1:])) + "]")
            return next((char for char in PRINTABLE if not excluded.match(char)), "é")
        op, argument = members[0]
        if op is ops.LITERAL:
            return chr(argument)
        if op is ops.RANGE:
            return chr(argument[0])
        return CATEGORIES.get(str(argument), "-")


def _class(member: Any) -> str:
    """A member of a character class, written as in a pattern."""
    op, argument = member
    if op is ops.LITERAL:
        return re.escape(chr(argument))
    if op is ops.RANGE:
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    name = str(argument).removeprefix("CATEGORY_")
    letter = name.removeprefix("NOT_")[0].lower()
    return "\\" + (letter.upper() if name.startswith("NOT_") else letter)
