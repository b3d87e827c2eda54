"""The rules of `dw_jupyter.local.faults`: one record a fault, and what it makes of the lines of an answer."""

from __future__ import annotations

import json
import random
import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0)]
Call = Annotated[str, Meta(pattern=r"^(\*|([A-Z]+|\*) [/*]\S*)$")]
HeaderName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]+$")]
HeaderValue = Annotated[str, Meta(pattern=r"^[!-~]([ -~]*[!-~])?$")]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fault"):
    """On which calls a fault acts: of those that match ``call``, it passes over ``skip``, then meets ``times``."""

    call: Call
    times: Positive | None = 1
    skip: Count = 0

    def matches(self, method: str, path: str) -> bool:
        """Whether a call is one of those meant."""
        parts = re.split(r"(\*|\{\w+\})", self.call)
        wild = [{"*": ".*"}.get(part, "[^/]+") if number % 2 else re.escape(part) for number, part in enumerate(parts)]
        return re.fullmatch("".join(wild), f"{method} {path}", re.DOTALL) is not None

    def spoil(self, lines: list[bytes]) -> list[bytes]:
        """What the fault makes of the lines of an answer, their ends included."""
        return lines


class Refuse(Rule, frozen=True, tag="refuse"):
    """The connection breaks before the service has seen the call."""


class Lose(Rule, frozen=True, tag="lose"):
    """The service acts; the connection breaks before a byte of its answer."""


class Cut(Rule, frozen=True, tag="cut"):
    """The service acts; the connection breaks after so many bytes of the answer's body."""

    after: Count = 0


class CutLine(Rule, frozen=True, tag="cut_line"):
    """The body ends in order, as if whole, after so many lines: what a proxy does that closes politely."""

    lines: Count = 1

    def spoil(self, lines: list[bytes]) -> list[bytes]:
        """Keep the first ones."""
        return lines[: self.lines]


class Delay(Rule, frozen=True, tag="delay"):
    """The service acts so much later, even when the client has left by then."""

    seconds: Seconds = 1.0


class Drip(Rule, frozen=True, tag="drip"):
    """The body comes in small pieces with pauses between them."""

    bytes: Positive = 1
    seconds: Seconds = 0.1


class Status(Rule, frozen=True, tag="status"):
    """The service does not act and answers so. A text is ``text/plain``, unless the headers say otherwise."""

    status: Annotated[int, Meta(ge=200, le=599)] = 503
    body: str | dict[str, Any] = ""
    headers: dict[HeaderName, HeaderValue] = {}
    retry_after: Count | None = None


class Shuffle(Rule, frozen=True, tag="shuffle"):
    """The lines come in another order, the same for the same seed."""

    seed: int = 0

    def spoil(self, lines: list[bytes]) -> list[bytes]:
        """Change the order."""
        return random.Random(self.seed).sample(lines, len(lines))  # noqa: S311 - it keeps no secret


class EachNth(Rule, frozen=True):
    """What is done to each n-th line: the second, the fourth and so on, unless told otherwise."""

    every: Positive = 2

    def spoil(self, lines: list[bytes]) -> list[bytes]:
        """Do it."""
        return [made for n, line in enumerate(lines, 1) for made in ([line] if n % self.every else self.replace(line))]

    def replace(self, line: bytes) -> list[bytes]:
        """The lines that come in the place of one."""
        raise NotImplementedError


class Duplicate(EachNth, frozen=True, tag="duplicate"):
    """Each n-th line comes twice."""

    def replace(self, line: bytes) -> list[bytes]:
        """The line, and again."""
        return [line, line]


class Drop(EachNth, frozen=True, tag="drop"):
    """Each n-th line is missing."""

    def replace(self, line: bytes) -> list[bytes]:  # noqa: ARG002 - whatever it is
        """None."""
        return []


class Break(EachNth, frozen=True, tag="break"):
    """Of each n-th line there is only the first half, which is no JSON."""

    def replace(self, line: bytes) -> list[bytes]:
        """The first half."""
        return [line[: len(line) // 2] + b"\n"]


class IgnoreSkip(Rule, frozen=True, tag="ignore_skip"):
    """The service does not see ``skip``, as a server that does not know it."""


class Stringify(Rule, frozen=True, tag="stringify"):
    """``response.body`` of each line is a string of JSON, as some servers write it."""

    def spoil(self, lines: list[bytes]) -> list[bytes]:
        """Rewrite the lines that have such a body."""
        return [_stringify(line) for line in lines]


class Stale(Rule, frozen=True, tag="stale"):
    """What the call creates is not known to so many later GETs of it, or of the list it belongs to."""

    reads: Positive = 1


AnyRule = (
    Refuse
    | Lose
    | Cut
    | CutLine
    | Delay
    | Drip
    | Status
    | Shuffle
    | Duplicate
    | Drop
    | Break
    | IgnoreSkip
    | Stringify
    | Stale
)


def _stringify(line: bytes) -> bytes:
    try:
        told = json.loads(line)
        told["response"]["body"] = json.dumps(told["response"]["body"])
    except (ValueError, TypeError, KeyError):
        return line
    return json.dumps(told).encode() + b"\n"
