"""Rows of a frame → request lines of the Batch API, in files and hashed."""

from __future__ import annotations

import itertools
import json
from array import array
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dw_jupyter.errors import SourceError, TemplateError
from dw_jupyter.frames.bodies import HASH_BYTES, BodyEncoder, encode_fields, takes_text
from dw_jupyter.frames.cells import row_words
from dw_jupyter.frames.ids import BY_POSITION, RowIds
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.missing import OnMissing, drop_missing
from dw_jupyter.frames.row_bodies import RowBodies
from dw_jupyter.frames.shards import Shard, ShardWriter
from dw_jupyter.frames.template import Template

_LIMITS = Limits()
_CLOSING = b"}\n"
_Line = tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class RequestForm:
    """What all requests of a job have in common."""

    template: Template
    url: str = "/v1/chat/completions"
    body: dict[str, Any] = field(default_factory=dict)
    """The request body without its messages: model, temperature, response_format and whatever the service takes."""
    per_row: Mapping[str, Hashable] = field(default_factory=dict)
    """Body field → label of the column that has its value for each row; a row without a value has that of ``body``."""
    on_missing: OnMissing = "error"
    """What a missing value in a column of the template does; rows that ``"skip"`` leaves out have no request, and the
    others are numbered without them."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """The request files of a job."""

    shards: tuple[Shard, ...]
    rows: int
    digest: str
    """Hex: the same for the same requests in the same order, on every machine; other ids make another."""
    hashes: bytes
    """A hash of ``HASH_BYTES`` a row: of its url and body, without its custom_id."""
    lengths: npt.NDArray[np.uint32] = field(compare=False)
    """Bytes of each row's line."""


def write_requests(
    form: RequestForm, frame: pd.DataFrame, folder: Path, *, ids: RowIds = BY_POSITION, limits: Limits = _LIMITS
) -> Written:
    """Write one request line a row into files in ``folder``, in the order of the rows.

    Files end in a newline, have no byte order mark and are on the disk (fsync) when this returns. Memory does not grow
    with the rows, but for the hashes. After an error the files are not whole: throw them away.

    Raises:
        TemplateError: a row cannot be rendered, there is no such column, or the endpoint takes no role lines.
        SourceError: a missing value in a column that the template names, a value of a per-row field that JSON does not
            have, or a request beyond the limits.
        OptionError: the body is not JSON.
        OSError: the disk does not take it.
    """
    hashes, lengths = bytearray(), array("I")
    frame = _asked(form, frame)
    names = blake2b(digest_size=HASH_BYTES)
    with ShardWriter(folder, limits) as writer:
        for row, (line, length, digest) in enumerate(_requests(form, frame, limits, ids)):
            writer.write(line, length, row=row)
            hashes += digest
            lengths.append(length)
            if ids.given is not None:
                names.update(line[0])
    given = names.digest() if ids.given is not None else b""
    return Written(
        shards=tuple(writer.shards),
        rows=len(frame),
        digest=blake2b(form.url.encode() + b"\n" + hashes + given, digest_size=HASH_BYTES).hexdigest(),
        hashes=bytes(hashes),
        lengths=np.frombuffer(lengths, dtype=np.uint32),
    )


def check_requests(form: RequestForm, frame: pd.DataFrame, *, rows: int = 1000, limits: Limits = _LIMITS) -> None:
    """Check the columns over all rows, and render and measure the first ``rows``; raises what writing them would."""
    form.template.check(frame, on_missing=form.on_missing)
    for _ in _requests(form, _asked(form, frame).head(rows), limits):
        pass


def preview_requests(form: RequestForm, frame: pd.DataFrame, n: int) -> list[dict[str, Any]]:
    """The first ``n`` request lines, parsed; raises what writing them would."""
    form.template.check(frame, on_missing=form.on_missing)
    return [json.loads(b"".join(line)) for line, _, _ in _requests(form, _asked(form, frame).head(n), _LIMITS)]


def _asked(form: RequestForm, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that are asked."""
    return drop_missing(form.template, frame)[0] if form.on_missing == "skip" else frame


def _requests(
    form: RequestForm, frame: pd.DataFrame, limits: Limits, ids: RowIds = BY_POSITION
) -> Iterator[tuple[_Line, int, bytes]]:
    """The line, in parts, with its length, and the hash of each row."""
    texts = takes_text(form.url)
    if texts and form.template.has_roles:
        raise TemplateError(
            f"Role lines divide the prompt, and {form.url} takes one text.", "Leave the role lines out."
        )
    fields = encode_fields(form.url, form.body)
    encoders: Iterable[BodyEncoder] = (
        RowBodies(form.url, fields, form.per_row, frame)
        if form.per_row
        else itertools.repeat(BodyEncoder(form.url, fields))
    )
    middle = f',"method":"POST","url":{json.dumps(form.url)},"body":'.encode()
    most_body, most_file = limits.body_bytes, limits.file_bytes
    on_missing: OnMissing = "blank" if form.on_missing == "blank" else "error"
    rendered = form.template.render(frame, on_missing=on_missing)
    for number, (messages, encoder, name) in enumerate(zip(rendered, encoders, ids.as_json(len(frame)), strict=False)):
        start, rest, digest = encoder.encode_text(messages) if texts else encoder.encode(messages)
        opening = b'{"custom_id":' + name + middle
        around = len(opening) + len(_CLOSING)
        size = len(start) + len(rest)
        if size > most_body or around + size > most_file:
            raise SourceError(
                f"The request of {row_words(frame.index, number)} is {size:,} bytes.",
                f"The service takes {min(most_body, most_file - around):,}: shorten that row or leave it out.",
            )
        yield (opening, start, rest, _CLOSING), around + size, digest
