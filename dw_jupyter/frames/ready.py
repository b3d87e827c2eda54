"""Files of ready requests, one JSON object a line: every line checked, and copied as it stands.

What is a fault is what the service refuses, and what would make it impossible to say whose an answer is. What it
passes over, and what it takes to fail later, is told beside them. A file is read a block at a time, so that memory
does not grow with it but for 12 bytes a line, by which repeated ids are found.
"""

from __future__ import annotations

import json
import re
from array import array
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from dw_jupyter.frames.faults import BLANK, Faults
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.request_blocks import blocks, read_block
from dw_jupyter.frames.request_line import BOM, FIELDS, URLS, has_half, longest, quoted, read_request
from dw_jupyter.frames.shards import Shard, ShardWriter

READABLE = frozenset(URLS[:2])
"""The paths whose answers can be put into a frame."""
_AN_OBJECT = re.compile(rb"\{\s*[^\s}]")
"""What a line begins with that is meant to be an object, whatever is wrong with it."""
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LIMITS = Limits()


_raw = msgspec.json.Decoder(dict[str, msgspec.Raw])


@dataclass(kw_only=True)
class Checked:
    """What a file holds."""

    requests: int = 0
    """Lines that are not blank."""
    bytes: int = 0
    models: Counter[str] = field(default_factory=Counter)
    urls: Counter[str] = field(default_factory=Counter)
    faults: Faults = field(default_factory=Faults)


@dataclass(frozen=True, kw_only=True)
class Copied:
    """Request files made of a file."""

    shards: tuple[Shard, ...]
    digest: str
    """Hex: the same for the same lines in the same order."""


def check_ready(
    path: Path, *, models: Collection[str] | None = None, model: str | None = None, limits: Limits = _LIMITS
) -> Checked:
    """Look at every line of a file.

    Args:
        path: a file of request lines.
        models: the models that there are; not checked unless given.
        model: what every line will ask in place of its own model, which may then be missing.
        limits: of a request's body. A file of any size will do, since it becomes as many as are needed.

    Raises:
        SourceError: there is no such file, or it cannot be read.
    """
    checker = _Checker(models=models, model=model, limits=limits)
    for number, count, block in blocks(path, most=longest(limits)):
        checker.take(number, count, block)
    return checker.finish(path)


def copy_ready(path: Path, folder: Path, *, model: str | None = None, limits: Limits = _LIMITS) -> Copied:
    """Copy the lines of a file that was found to be right into request files, blank ones left out.

    They are as they stand in it, but for the model where one is given.
    """
    digest = blake2b(digest_size=16)
    row = 0
    with ShardWriter(folder, limits) as writer:
        for _, _, block in blocks(path, most=longest(limits)):
            for line in block.split(b"\n"):
                if line.strip():
                    text = (line if model is None else _with_model(line, model)) + b"\n"
                    digest.update(text)
                    writer.write((text,), len(text), row=row)
                    row += 1
    return Copied(shards=tuple(writer.shards), digest=digest.hexdigest())


def _with_model(line: bytes, model: str) -> bytes:
    fields = _raw.decode(line)
    body = {**_raw.decode(bytes(fields["body"])), "model": msgspec.Raw(json.dumps(model).encode())}
    return msgspec.json.encode({**fields, "body": body})


class _Checker:
    def __init__(self, *, models: Collection[str] | None, model: str | None, limits: Limits) -> None:
        self.found = Checked()
        self._known = frozenset(models) if models is not None else None
        self._model = model
        self._read = partial(read_block, named=model is None)
        self._limits = limits
        self._hashes: list[npt.NDArray[np.int64]] = []
        self._numbers: list[npt.NDArray[np.int32]] = []
        self._blank = array("q")
        """Blank lines behind the last request: at the end of a file they are no fault."""
        self._first = b""
        """What the first line that is not blank begins with."""
        self._alike = False
        """Whether any line looks like a request."""

    def take(self, number: int, count: int, block: bytes) -> None:
        """Look at so many whole lines, the first of which has this number."""
        self.found.bytes += len(block)
        if not self._take_at_once(number, count, block):
            for offset, line in enumerate(block.removesuffix(b"\n").split(b"\n")):
                self._take_line(number + offset, line)

    def _take_at_once(self, number: int, count: int, block: bytes) -> bool:
        """Look at all of a block together; whether nothing is wrong with it."""
        if len(block) > self._limits.body_bytes or block.startswith(BOM) or has_half(block):
            return False
        try:
            if not block.isascii():
                str(block, "utf-8")  # msgspec does not check the fields that it passes over
        except ValueError:
            return False
        lines = self._read(block)
        if len(lines) != count:
            return False
        ids = [line.custom_id for line in lines]
        together = "".join(ids)
        models = Counter({self._model: count}) if self._model else _count([line.body.model for line in lines])
        right = together.isascii() and together.isprintable() and (self._known is None or models.keys() <= self._known)
        if right:
            self._tell_blank()
            self._alike = True
            self.found.requests += len(lines)
            self.found.models += models
            self.found.urls += _count([line.url for line in lines])
            self._hashes.append(np.fromiter(map(hash, ids), np.int64, count))
            self._numbers.append(np.arange(number, number + count, dtype=np.int32))
        return right

    def _tell_blank(self) -> None:
        for number in self._blank:
            self.found.faults.add(number, BLANK, "A blank line: the service passes over it.")
        self._blank = array("q")

    def _take_line(self, number: int, line: bytes) -> None:
        if not line.strip():
            self._blank.append(number)
            return
        self._tell_blank()
        if not self.found.requests:
            self._first = line.removeprefix(BOM).lstrip()
        self.found.requests += 1
        request, faults = read_request(line, known=self._known, model=self._model, limits=self._limits)
        for kind, text in faults:
            self.found.faults.add(number, kind, text)
        self._alike = self._alike or any(name in request for name in FIELDS)
        custom_id, url, body = (request.get(name) for name in ("custom_id", "url", "body"))
        if isinstance(custom_id, str) and custom_id:
            self._hashes.append(np.array([hash(custom_id)], np.int64))
            self._numbers.append(np.array([number], np.int32))
        if isinstance(url, str):
            self.found.urls[url] += 1
        model = self._model or (body.get("model") if isinstance(body, dict) else None)
        if isinstance(model, str):
            self.found.models[model] += 1

    def finish(self, path: Path) -> Checked:
        """What was found, once all of the file has been taken."""
        if not self.found.requests:
            self.found.faults.add(None, "empty", "The file holds no request.")
        elif not self._alike and not _AN_OBJECT.match(self._first):
            self.found = Checked(bytes=self.found.bytes)
            text = f"This is no JSONL file: none of its lines is a request. It begins with {_beginning(self._first)}."
            self.found.faults.add(None, "json", text)
        self._find_repeated(path)
        self.found.faults.sort()
        return self.found

    def _find_repeated(self, path: Path) -> None:
        """Find the ids that occur more than once; those whose hashes do are read again to be sure."""
        if not self._hashes:
            return
        hashes, numbers = np.concatenate(self._hashes), np.concatenate(self._numbers)
        ordered = np.sort(hashes)
        repeated = ordered[1:][ordered[1:] == ordered[:-1]]
        if not len(repeated):
            return
        suspects = set(numbers[np.isin(hashes, repeated)].tolist())
        first: dict[str, int] = {}
        for start, _, block in blocks(path, most=longest(self._limits)):
            for number, line in enumerate(block.split(b"\n"), start):
                if number in suspects:
                    custom_id = str(read_request(line, limits=self._limits)[0].get("custom_id"))
                    if (earlier := first.setdefault(custom_id, number)) != number:
                        text = f"custom_id {quoted(custom_id)} is that of line {earlier:,} too."
                        self.found.faults.add(number, "duplicate", text)


def _beginning(line: bytes) -> str:
    if line.startswith(_UTF_16):
        return "the mark of UTF-16: save it as UTF-8"
    try:
        return quoted(str(line[:400], "utf-8", "ignore" if len(line) > 400 else "strict")[:40].rstrip())
    except UnicodeDecodeError:
        return "bytes that are no text"


def _count(names: list[str]) -> Counter[str]:
    alike = names.count(names[0]) == len(names)  # no hash a name
    return Counter({names[0]: len(names)}) if alike else Counter(names)
