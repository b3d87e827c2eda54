"""Files of ready requests, one JSON object a line: every line checked, and copied as it stands.

What is a fault is what the service refuses, and what would make it impossible to say whose an answer is. A file is
read a block at a time, so that memory does not grow with it but for 12 bytes a line, by which repeated ids are found.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from dw_jupyter.errors import SourceError
from dw_jupyter.frames.faults import BLANK, Faults
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.request_line import BOM, ID_BYTES, URLS, Url, has_half, longest, quoted, read_request
from dw_jupyter.frames.shards import Shard, ShardWriter

READABLE = frozenset(URLS[:2])
"""The paths whose answers can be put into a frame."""
_BLOCK = 256 * 1024
_LIMITS = Limits()


class _Line(msgspec.Struct, gc=False):
    custom_id: Annotated[str, msgspec.Meta(min_length=1, max_length=ID_BYTES)]
    method: Literal["POST"]
    url: Url


class _Body(msgspec.Struct, gc=False):
    model: str


class _Whole(_Line, gc=False):
    body: _Body


class _Loose(_Line, gc=False):
    body: dict[str, msgspec.Raw]


_whole = msgspec.json.Decoder(_Whole)
_loose = msgspec.json.Decoder(_Loose)
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
    for number, count, block in _blocks(path, most=longest(limits)):
        checker.take(number, count, block)
    found = checker.found
    if not found.requests:
        found.faults.add(None, "empty", "The file holds no request.")
    checker.find_repeated(path)
    found.faults.sort()
    return found


def copy_ready(path: Path, folder: Path, *, model: str | None = None, limits: Limits = _LIMITS) -> Copied:
    """Copy the lines of a file that was found to be right into request files, blank ones left out.

    They are as they stand in it, but for the model where one is given.
    """
    digest = blake2b(digest_size=16)
    row = 0
    with ShardWriter(folder, limits) as writer:
        for _, _, block in _blocks(path, most=longest(limits)):
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
        self._decode: Callable[[bytes], list[Any]] = (_whole if model is None else _loose).decode_lines
        self._limits = limits
        self._hashes: list[npt.NDArray[np.int64]] = []
        self._numbers: list[npt.NDArray[np.int32]] = []

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
            lines = self._decode(block)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return False
        ids = [line.custom_id for line in lines]
        together = "".join(ids)
        models = Counter({self._model: count}) if self._model else _count([line.body.model for line in lines])
        right = (
            len(lines) == count
            and together.isascii()
            and together.isprintable()
            and (self._known is None or models.keys() <= self._known)
        )
        if right:
            self.found.requests += len(lines)
            self.found.models += models
            self.found.urls += _count([line.url for line in lines])
            self._hashes.append(np.fromiter(map(hash, ids), np.int64, count))
            self._numbers.append(np.arange(number, number + count, dtype=np.int32))
        return right

    def _take_line(self, number: int, line: bytes) -> None:
        if not line.strip():
            self.found.faults.add(number, BLANK, "A blank line: the service passes over it.")
            return
        self.found.requests += 1
        request, faults = read_request(line, known=self._known, model=self._model, limits=self._limits)
        for kind, text in faults:
            self.found.faults.add(number, kind, text)
        custom_id, url, body = (request.get(name) for name in ("custom_id", "url", "body"))
        if isinstance(custom_id, str) and custom_id:
            self._hashes.append(np.array([hash(custom_id)], np.int64))
            self._numbers.append(np.array([number], np.int32))
        if isinstance(url, str):
            self.found.urls[url] += 1
        model = self._model or (body.get("model") if isinstance(body, dict) else None)
        if isinstance(model, str):
            self.found.models[model] += 1

    def find_repeated(self, path: Path) -> None:
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
        for start, _, block in _blocks(path, most=longest(self._limits)):
            for number, line in enumerate(block.split(b"\n"), start):
                if number in suspects:
                    custom_id = str(read_request(line, limits=self._limits)[0].get("custom_id"))
                    if (earlier := first.setdefault(custom_id, number)) != number:
                        text = f"custom_id {quoted(custom_id)} is that of line {earlier:,} too."
                        self.found.faults.add(number, "duplicate", text)


def _count(names: list[str]) -> Counter[str]:
    different = set(names)
    return Counter({different.pop(): len(names)}) if len(different) == 1 else Counter(names)


def _blocks(path: Path, *, most: int) -> Iterator[tuple[int, int, bytes]]:
    """The whole lines of a file in blocks, each with the number of its first and their count; the last may have no end.

    Of a line that is longer than ``most`` the beginning is given, so that it is seen to be too long.

    Raises:
        SourceError: it cannot be read.
    """
    number, held, passing = 1, b"", False
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                if passing:
                    end = block.find(b"\n") + 1
                    block, passing = block[end:] if end else b"", not end
                cut = block.rfind(b"\n") + 1
                held, lines = (block[cut:], held + block[:cut]) if cut else (held + block, b"")
                if len(held) > most:
                    lines, held, passing = lines + held + b"\n", b"", True
                if lines:
                    count = lines.count(b"\n")
                    yield number, count, lines
                    number += count
            if held:
                yield number, 1, held
    except OSError as error:
        said = error.strerror or str(error)
        raise SourceError(f"{str(path)!r} cannot be read: {said}."[:200], "Give a .jsonl file of requests.") from None
