"""Rows of a frame → request lines of the Batch API, in files and hashed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pandas as pd

from dw_jupyter.errors import SourceError
from dw_jupyter.frames.bodies import HASH_BYTES, BodyEncoder
from dw_jupyter.frames.cells import row_words
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.shards import Shard, ShardWriter
from dw_jupyter.frames.template import Template

_LIMITS = Limits()
_OPENING = b'{"custom_id":"row-%09d'  # as `ids.custom_id` has it
_CLOSING = b"}\n"
_Line = tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class RequestForm:
    """What all requests of a job have in common."""

    template: Template
    url: str = "/v1/chat/completions"
    body: dict[str, Any] = field(default_factory=dict)
    """The request body without its messages: model, temperature, response_format and whatever the service takes."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """The request files of a job."""

    shards: tuple[Shard, ...]
    rows: int
    digest: str
    """Hex: the same for the same requests in the same order, on every machine."""
    hashes: bytes
    """A hash of ``HASH_BYTES`` a row: of its url and body, without its custom_id."""


def write_requests(form: RequestForm, frame: pd.DataFrame, folder: Path, *, limits: Limits = _LIMITS) -> Written:
    """Write one request line a row into files in ``folder``, in the order of the rows.

    Files end in a newline, have no byte order mark and are on the disk (fsync) when this returns. Memory does not grow
    with the rows, but for the hashes. After an error the files are not whole: throw them away.

    Raises:
        TemplateError: a row cannot be rendered.
        SourceError: a missing value in a column that the template names, or a request beyond the limits.
        OptionError: the body is not JSON.
        OSError: the disk does not take it.
    """
    hashes = bytearray()
    with ShardWriter(folder, limits) as writer:
        for row, (line, length, digest) in enumerate(_requests(form, frame, limits)):
            writer.write(line, length, row=row)
            hashes += digest
    return Written(
        shards=tuple(writer.shards),
        rows=len(frame),
        digest=blake2b(form.url.encode() + b"\n" + hashes, digest_size=HASH_BYTES).hexdigest(),
        hashes=bytes(hashes),
    )


def check_requests(form: RequestForm, frame: pd.DataFrame, *, rows: int = 1000, limits: Limits = _LIMITS) -> None:
    """Check the columns over all rows, and render and measure the first ``rows``; raises what writing them would."""
    form.template.check(frame)
    for _ in _requests(form, frame.head(rows), limits):
        pass


def preview_requests(form: RequestForm, frame: pd.DataFrame, n: int) -> list[dict[str, Any]]:
    """The first ``n`` request lines, parsed; raises what writing them would."""
    form.template.check(frame)
    return [json.loads(b"".join(line)) for line, _, _ in _requests(form, frame.head(n), _LIMITS)]


def _requests(form: RequestForm, frame: pd.DataFrame, limits: Limits) -> Iterator[tuple[_Line, int, bytes]]:
    """The line, in parts, with its length, and the hash of each row."""
    encode = BodyEncoder(form.url, form.body).encode
    middle = f'","method":"POST","url":{json.dumps(form.url)},"body":'.encode()
    around = len(_OPENING % 0) + len(middle) + len(_CLOSING)
    most = min(limits.body_bytes, limits.file_bytes - around)
    for number, messages in enumerate(form.template.render(frame)):
        start, rest, digest = encode(messages)
        size = len(start) + len(rest)
        if size > most:
            raise SourceError(
                f"The request of {row_words(frame.index, number)} is {size:,} bytes.",
                f"The service takes {most:,}: shorten that row or leave it out.",
            )
        yield (_OPENING % number, middle, start, rest, _CLOSING), around + size, digest
