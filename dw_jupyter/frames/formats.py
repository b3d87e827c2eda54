"""The formats of texts that answers are checked for.

They are those that engines of structured outputs hold a model to. A date or a moment has a type of its own; any other
format, such as ``password`` or ``binary``, is a note: it says how a text is used, not which texts there are.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Callable
from typing import Any

import msgspec


def _pattern(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda text: compiled.fullmatch(text) is not None


def _read_by(read: Callable[[str], Any]) -> Callable[[str], bool]:
    def reads(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return reads


_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"

FORMATS: dict[str, Callable[[str], bool]] = {
    "uuid": _pattern("[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"),
    # A scheme and no blanks. What may stand where is up to the scheme, and letters beyond ASCII are common.
    "uri": _pattern(r"""[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`]+"""),
    "email": _pattern(r"[^\s@<>]+@[^\s@<>]+"),
    "hostname": _pattern(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*"),
    "ipv4": _read_by(ipaddress.IPv4Address),
    "ipv6": _read_by(ipaddress.IPv6Address),
    "time": _read_by(lambda text: msgspec.convert(text, dt.time)),
    "duration": _pattern(
        rf"[+-]?P(?=[0-9T])(?:{_NUMBER}W|(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
        rf"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)"
    ),
}
"""Format → whether a text is one."""
