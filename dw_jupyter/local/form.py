"""A multipart body, in pieces: its fields, and its file as lines."""

from __future__ import annotations

import re

import python_multipart
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from dw_jupyter.local.limits import Limits
from dw_jupyter.local.refusal import Refusal
from dw_jupyter.local.validation import most_of_line

FORM_BYTES = 10 * 1024
"""What the form around a file may add to a request of the largest size."""
LONGEST_LIFE = 100 * 365 * 86_400


class BrokenForm(Refusal):
    """The refusal of a form itself, whatever its lines hold."""


class Form:
    """The parts of one multipart body, in any order; unknown ones are passed over."""

    def __init__(self, content_type: str, limits: Limits) -> None:
        kind, options = parse_options_header(content_type)
        if kind != b"multipart/form-data" or b"boundary" not in options:
            raise BrokenForm(400, "Invalid multipart request: Invalid `boundary` for `multipart/form-data` request")
        self._limits = limits
        try:
            self._parser = python_multipart.MultipartParser(
                options[b"boundary"],
                {
                    "on_part_begin": self._begin,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_end,
                    "on_part_data": self._data,
                    "on_part_end": self._finish,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise BrokenForm(400, f"Invalid multipart request: {error}") from None
        self._left = limits.file_bytes + FORM_BYTES
        self._ended = False
        self._part = b""
        self._field, self._value = b"", b""
        self._fields: dict[bytes, bytes] = {}
        self._lines: list[bytes] = []
        self._tail: list[bytes] = []
        self._tail_size = 0
        self.has_file = False
        self.file_ended = False
        self.filename: str | None = None
        """As the client gave it: it is shown again, and names nothing on this machine."""
        self.file_bytes = 0
        self.size = 0
        """Bytes of whole lines that wait to be taken."""

    def feed(self, chunk: bytes) -> None:
        """Take a piece of the body in.

        Raises:
            BrokenForm: the form is broken, for another purpose, or larger than allowed.
        """
        self._left -= len(chunk)
        if self._left < 0:
            raise too_large(self._limits)
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise BrokenForm(400, f"Failed to read multipart upload: Multipart parsing failed: {error}") from None

    def end(self) -> None:
        """Say that the body has ended.

        Raises:
            BrokenForm: it ended in the middle.
        """
        if not self._ended:
            raise BrokenForm(
                400, "Failed to read multipart upload: Multipart parsing failed: incomplete multipart stream"
            )

    def take(self) -> list[bytes]:
        """The whole lines that have come in since the last call."""
        lines, self._lines, self.size = self._lines, [], 0
        return lines

    def life(self) -> int | None:
        """Seconds until the file expires, where the form said so."""
        text = self._fields.get(b"expires_after[seconds]", b"")
        if not re.fullmatch(rb"[+-]?[0-9]{1,18}", text):
            return None
        return max(-LONGEST_LIFE, min(int(text), LONGEST_LIFE))

    def _begin(self) -> None:
        self._part = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._part = options.get(b"name", b"")
            if self._part == b"file":
                self.has_file = True
                name = options.get(b"filename")
                self.filename = name.decode(errors="replace") if name is not None else None
        self._field, self._value = b"", b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part == b"file":
            self._file_data(data[start:end])
        elif self._part in {b"purpose", b"expires_after[seconds]"}:
            self._fields[self._part] = (self._fields.get(self._part, b"") + data[start:end])[:FORM_BYTES]

    def _file_data(self, data: bytes) -> None:
        self.file_bytes += len(data)
        if self.file_bytes > self._limits.file_bytes:
            raise too_large(self._limits)
        *whole, tail = data.split(b"\n")
        if whole:
            whole[0] = b"".join([*self._tail, whole[0]])
            self._lines += whole
            self.size += sum(map(len, whole)) + len(whole)
            self._tail, self._tail_size = [], 0
        self._tail.append(tail)
        self._tail_size += len(tail)
        if self._tail_size > most_of_line(self._limits):
            self._break_line()

    def _finish(self) -> None:
        if self._part == b"file":
            self._break_line()
            self.file_ended = True
        elif self._part == b"purpose":
            purpose = self._fields.get(b"purpose", b"").decode(errors="replace")
            if purpose.lower() != "batch":
                raise BrokenForm(400, f"Invalid purpose '{purpose}'. Only 'batch' is supported.")

    def _break_line(self) -> None:
        """Count what has come of a line as a line: at the file's end, or where it is longer than any may be."""
        self._lines.append(b"".join(self._tail))
        self.size += self._tail_size
        self._tail, self._tail_size = [], 0

    def _end(self) -> None:
        self._ended = True


def too_large(limits: Limits) -> BrokenForm:
    """The refusal of a file above the limit."""
    return BrokenForm(413, f"File exceeds the maximum allowed size of {limits.file_bytes} bytes")
