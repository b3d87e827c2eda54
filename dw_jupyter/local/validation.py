"""The checks on one line of an input file, with the words of the cloud service.

The first fault of a file is the only one that is told. A line's number counts the lines that are not blank.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from dw_jupyter.local.backend import Model
from dw_jupyter.local.files import Template
from dw_jupyter.local.limits import PATHS, Limits
from dw_jupyter.local.refusal import Refusal

ID_BYTES = 64
ID_SHAPE = re.compile(r"[\t\x20-\x7e]*")
BESIDE_BODY_BYTES = 64 * 1024
"""What a line may hold beside its body."""
FIELDS = ("custom_id", "method", "url", "body")
DEPTH = 127
"""How deep JSON may nest: so far the cloud's parser goes."""


@dataclass(kw_only=True)
class Checker:
    """Checks the lines of one file, in order, and keeps count. ``find`` looks a model up."""

    limits: Limits
    find: Callable[[str], Model | None]
    requests: int = 0
    offset: int = 0

    def check(self, lines: Iterable[bytes]) -> list[Template]:
        """The requests of a run of whole lines (without their ends); blank lines are passed over.

        Raises:
            Refusal: at the first line that is not a request.
        """
        templates = []
        for line in lines:
            if len(line) > most_of_line(self.limits):
                size, most = len(line), self.limits.body_bytes
                raise Refusal(400, f"Line {self.requests + 1}: {too_large(size, most)}")
            text = self._decode(line)
            self.offset += len(line) + 1
            if text:
                templates.append(self._check(text))
                self.requests += 1
        return templates

    def _decode(self, line: bytes) -> str:
        try:
            return line.decode().strip()
        except UnicodeDecodeError as error:
            raise Refusal(
                400,
                f"File contains invalid UTF-8 on/near line {self.requests + 1} at byte offset"
                f" {self.offset + error.start}: invalid utf-8 sequence of {error.end - error.start} bytes"
                f" from index {error.start}",
            ) from None

    def _check(self, text: str) -> Template:
        number = self.requests + 1
        if number > self.limits.file_requests:
            most = self.limits.file_requests
            raise Refusal(400, f"File contains {number} requests, which exceeds the maximum of {most}")
        line = _parse(text, number)
        fault = _fault(line)
        if fault:
            raise Refusal(400, f"Line {number}: {fault}")
        name = line["body"].get("model") if isinstance(line["body"], dict) else None
        if not isinstance(name, str):
            raise Refusal(400, f"Line {number}: Missing 'model' field in request body")
        model = self.find(name)
        if model is None:
            raise Refusal(403, f"Line {number}: Model '{name}' has not been configured or is not available to user")
        wanted = "EMBEDDINGS" if line["url"] == "/v1/embeddings" else "CHAT"
        if model.kind not in {None, wanted}:
            raise Refusal(
                400,
                f"Line {number}: Model '{name}' is a {model.kind} model but endpoint '{line['url']}'"
                f" requires a {wanted} model",
            )
        line["body"].pop("priority", None)
        body = msgspec.json.encode(line["body"])
        if len(body) > self.limits.body_bytes:
            raise Refusal(400, f"Line {number}: {too_large(len(body), self.limits.body_bytes)}")
        return Template(custom_id=line["custom_id"], url=line["url"], model=name, body=body)


def most_of_line(limits: Limits) -> int:
    """The length in bytes above which a line is refused unread, even before its end has come."""
    return limits.body_bytes + BESIDE_BODY_BYTES


def too_large(size: int, most: int) -> str:
    """The words for a request body above the limit."""
    return f"Request body is {size} bytes, which exceeds the maximum allowed size of {most} bytes"


def _parse(text: str, number: int) -> dict[str, Any]:
    """A line as a dict with at least `FIELDS`; the first three are strings."""
    try:
        line = msgspec.json.decode(text)
        too_deep = text.count("[") + text.count("{") > DEPTH and _depth(line) > DEPTH
    except msgspec.DecodeError as error:
        raise Refusal(400, f"Invalid JSON on line {number}: {_explain(str(error), text)}") from None
    except RecursionError:
        too_deep = True
    if too_deep:
        raise Refusal(400, f"Invalid JSON on line {number}: recursion limit exceeded at line 1 column 128")
    where = f"at line 1 column {len(text.encode())}"
    if not isinstance(line, dict):
        raise Refusal(400, f"Invalid JSON on line {number}: invalid type, expected an object {where}")
    for field in FIELDS:
        if field not in line:
            raise Refusal(400, f"Invalid JSON on line {number}: missing field `{field}` {where}")
        if field != "body" and not isinstance(line[field], str):
            raise Refusal(400, f"Invalid JSON on line {number}: invalid type for `{field}`, expected a string {where}")
    return line


def _fault(line: dict[str, Any]) -> str:
    size = len(line["custom_id"].encode())
    if size > ID_BYTES:
        return f"custom_id exceeds maximum length of {ID_BYTES} characters (got {size})"
    if not ID_SHAPE.fullmatch(line["custom_id"]):
        return "custom_id contains invalid characters: must be valid ASCII without control characters"
    if line["method"].upper() != "POST":
        return f"Unsupported HTTP method '{line['method']}'. Only POST is currently supported."
    if line["url"] not in PATHS:
        return f"Unsupported URL path '{line['url']}'. Allowed paths are: {', '.join(PATHS)}"
    return ""


def _depth(value: Any) -> int:
    depth, nested = 0, [value]
    while nested := [each for each in nested if isinstance(each, (dict, list))]:
        depth += 1
        nested = [inner for each in nested for inner in (each.values() if isinstance(each, dict) else each)]
    return depth


def _has_lone_surrogate(text: str) -> bool:
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False
    return False


def _explain(error: str, text: str) -> str:
    """A parser's message in the manner of the cloud's parser, which tells line and column."""
    size = len(text.encode())
    if _has_lone_surrogate(text):
        return f"lone leading surrogate in hex escape at line 1 column {size}"
    if "truncated" in error:
        return f"EOF while parsing a value at line 1 column {size}"
    found = re.fullmatch(r"(?:JSON is malformed: )?(.*) \(byte (\d+)\)", error)
    what, column = (found[1], int(found[2]) + 1) if found else (error, size)
    if what == "invalid character" and column == 1:
        what = "expected value"
    return f"{what} at line 1 column {min(column, size)}"
