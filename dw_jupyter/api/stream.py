"""Bytes on their way: a file as a multipart body, and a body as whole lines.

Lines are split on line feeds and nowhere else. ``str.splitlines`` and httpx's ``iter_lines`` also cut at U+2028,
U+2029 and U+0085, which are legal inside a JSON string.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec

BLOCK = 256 * 1024


class Multipart:
    """A file and a purpose as ``multipart/form-data``, read from disk a block at a time.

    Args:
        path: the file to send.
        filename: the name the service keeps.
        purpose: the form's other field.
        progress: called with the bytes of the file sent so far, after each block.
    """

    def __init__(
        self, path: Path, *, filename: str, purpose: str, progress: Callable[[int], None] | None = None
    ) -> None:
        boundary = f"dw-{secrets.token_hex(16)}"
        self._path = path
        self._progress = progress
        self._head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n'
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_escape(filename)}"\r\n'
            "Content-Type: application/jsonl\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode("ascii")
        size = len(self._head) + path.stat().st_size + len(self._tail)
        # A length up front keeps the body from being sent chunked and lets the service refuse an overlong one at once.
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(size),
        }

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body anew each time, so that an attempt can be repeated."""
        yield self._head
        sent = 0
        with self._path.open("rb") as file:
            while block := await asyncio.to_thread(file.read, BLOCK):
                yield block
                sent += len(block)
                if self._progress is not None:
                    self._progress(sent)
        yield self._tail


def _escape(filename: str) -> str:
    """A file name as HTML's forms write it."""
    return filename.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


async def whole_lines(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Regroup blocks so that each ends at a line end.

    A body can be cut anywhere, and the line that was cut comes again when the download goes on behind the last whole
    one: a torn tail is dropped. A tail that is a JSON object is no torn one; some servers end no last line.
    """
    held = bytearray()
    async for block in blocks:
        cut = block.rfind(b"\n") + 1
        if not cut:
            held += block
            continue
        yield bytes(held) + block[:cut]
        held = bytearray(block[cut:])
    if _is_object(held):
        yield bytes(held) + b"\n"


def _is_object(tail: bytearray) -> bool:
    try:
        msgspec.json.decode(tail, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True
