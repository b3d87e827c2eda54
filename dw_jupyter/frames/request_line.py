"""One line of a request file by itself: what it asks, and all that is wrong with it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, Literal, get_args

from dw_jupyter.frames.faults import MESSAGES
from dw_jupyter.frames.limits import Limits

Url = Literal["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages"]
URLS: tuple[str, ...] = get_args(Url)
"""The paths that a line may ask."""
CHAT = URLS[0]
ID_BYTES = 64
BOM = b"\xef\xbb\xbf"
_BESIDE_BODY = 64 * 1024
FIELDS = ("custom_id", "method", "url", "body")
# Half of a pair of surrogates, or what looks like one: JSON has it, the service's parser refuses it.
_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F]"
)


def longest(limits: Limits) -> int:
    """The bytes of a line above which it is not even looked at."""
    return limits.body_bytes + _BESIDE_BODY


def read_request(
    line: bytes, *, known: Collection[str] | None = None, model: str | None = None, limits: Limits
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """One line by itself: its fields as far as it has any, and all that is wrong with it, as kinds and words."""
    faults: list[tuple[str, str]] = []
    if line.startswith(BOM):
        faults.append(("bom", "The file begins with a byte order mark, which is not JSON: save it as UTF-8 without."))
        line = line.removeprefix(BOM)
    if len(line) > longest(limits):
        return {}, [*faults, ("body", f"The line is longer than the {limits.body_bytes:,} bytes that a body may have.")]
    try:
        text = str(line, "utf-8")
    except UnicodeDecodeError as error:
        return {}, [*faults, ("json", f"Not UTF-8, from byte {error.start + 1} on.")]
    try:
        request = _parse(text)
    except (ValueError, RecursionError) as error:
        return {}, [*faults, ("json", _no_json(error))]
    if not isinstance(request, dict):
        return {}, [*faults, ("json", "Not a JSON object.")]
    for name in FIELDS:
        if name not in request:
            faults.append(("field", f'"{name}" is missing.'))
        elif name != "body" and not isinstance(request[name], str):
            faults.append((name, f'"{name}" is not text.'))
    custom_id = request.get("custom_id")
    if isinstance(custom_id, str):
        faults += (("custom_id", text) for text in _wrong_with_id(custom_id))
    if isinstance(request.get("method"), str) and request["method"].upper() != "POST":
        faults.append(("method", f'"method" is {quoted(request["method"])}; it has to be "POST".'))
    if isinstance(request.get("url"), str) and request["url"] not in URLS:
        faults.append(("url", f'"url" is {quoted(request["url"])}; there are {", ".join(URLS)}.'))
    if "body" in request:
        faults += _wrong_with_body(request["body"], line, known=known, model=model, limits=limits)
        faults += _wrong_with_messages(request["body"], request.get("url"))
    return request, faults


def _no_json(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"Not JSON at character {error.pos + 1:,}: {error.msg}."
    return f"Not JSON: {' '.join(str(error).split())[:120]}."


def _parse(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no JSON value")

    value = json.loads(text, parse_constant=refuse)
    if has_half(text.encode("utf-8", "surrogatepass")):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("half of a surrogate pair in an escape") from None
    return value


def has_half(text: bytes) -> bool:
    """Whether there may be half of a surrogate pair among the escapes of a JSON text."""
    return ord("\\") in text and (b"\\ud" in text or b"\\uD" in text) and _HALF.search(text) is not None


def _wrong_with_id(custom_id: str) -> Iterator[str]:
    if not custom_id:
        yield '"custom_id" is empty.'
    if (size := len(custom_id.encode("utf-8", "surrogatepass"))) > ID_BYTES:
        yield f'"custom_id" is {size:,} bytes long; the service takes {ID_BYTES}.'
    if not (custom_id.isascii() and custom_id.isprintable()):
        yield f'"custom_id" {quoted(custom_id)} holds more than visible ASCII.'


def _wrong_with_body(
    body: Any, line: bytes, *, known: Collection[str] | None, model: str | None, limits: Limits
) -> Iterator[tuple[str, str]]:
    if not isinstance(body, dict):
        yield "body", '"body" is not an object.'
        return
    name = body.get("model") if model is None else model
    if "model" not in body and model is None:
        yield "model", '"body" names no "model".'
    elif not isinstance(name, str):
        yield "model", '"model" is not text.'
    elif known is not None and name and name not in known:
        yield "model", f"Model {quoted(name)} is not one of the account's."
    if len(line) > limits.body_bytes:
        size = len(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))
        if size > limits.body_bytes:
            yield "body", f'"body" is {size:,} bytes; the service takes {limits.body_bytes:,}.'


def _wrong_with_messages(body: Any, url: object) -> Iterator[tuple[str, str]]:
    if url == CHAT and isinstance(body, dict) and not body.get("messages"):
        lack = "is empty" if "messages" in body else "is missing"
        yield MESSAGES, f'"messages" {lack}: the service takes such a request, and then it fails.'


def quoted(text: str) -> str:
    """Text of somebody else's, in quotes and cut short."""
    return json.dumps(text if len(text) <= 80 else f"{text[:79]}…", ensure_ascii=False)
