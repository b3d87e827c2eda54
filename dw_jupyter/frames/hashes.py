"""Which requests are the same: hashes of requests, numbered where one request occurs again and again.

A request whose model was asked for one definite answer is the same however often it occurs. Any other is a draw of
its own at each occurrence, so that asking ten times stays asking ten times: the third occurrence in one job is the
same as the third in another.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dw_jupyter.frames.bodies import HASH_BYTES
from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.ids import Locate, positions

KEYS = np.dtype([("hash", f"S{HASH_BYTES}"), ("occurrence", "<u4"), ("row", "<u4")])
Keys = npt.NDArray[np.void]
"""Records of `KEYS`, sorted by hash and occurrence; each request once."""


# A line as `requests` writes it. Taken apart by its bytes: a body may hold what JSON allows and msgspec refuses.
_LINE = re.compile(rb'\{"custom_id":("(?:[^"\\]|\\.)*"),"method":"POST","url":"([^"\\]*)","body":(.*)\}', re.DOTALL)


def is_definite(url: str, body: dict[str, Any]) -> bool:
    """Whether a request asks for one definite answer: temperature 0, a seed, or embeddings."""
    temperature = body.get("temperature")
    return (
        url.endswith("/embeddings")
        or body.get("seed") is not None
        or (isinstance(temperature, int | float) and not isinstance(temperature, bool) and temperature == 0)
    )


def make_keys(hashes: bytes, *, definite: bool, rows: Positions | None = None) -> tuple[Keys, Positions]:
    """The keys of a job's requests.

    Args:
        hashes: ``HASH_BYTES`` a request.
        definite: whether requests that are the same have one answer.
        rows: the row of each request; 0, 1, 2 … unless given.

    Returns:
        The keys, and for each request the place of the one whose answer it shares: its own, unless ``definite``.
    """
    flat = np.frombuffer(hashes, dtype=KEYS["hash"])
    order = np.argsort(flat, kind="stable")
    ordered = flat[order]
    begins = np.ones(len(flat), dtype=bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    starts = np.flatnonzero(begins)
    group = np.cumsum(begins) - 1
    shares = np.arange(len(flat), dtype=np.int64)
    keys = np.empty(len(flat), dtype=KEYS)
    keys["hash"] = ordered
    keys["row"] = order if rows is None else rows[order]
    keys["occurrence"] = np.arange(len(flat)) - starts[group] if len(flat) else 0
    if definite:
        shares[order] = order[starts[group]] if len(flat) else 0
        keys = keys[begins]
    return keys, shares


def match(ours: Keys, theirs: Keys) -> tuple[Positions, Positions]:
    """The rows of two jobs that ask the same, pair by pair. Work grows with the smaller job."""
    if len(ours) > len(theirs):
        there, here = match(theirs, ours)
        return here, there
    # Occurrences of one hash stand beside each other, and are counted from 0.
    places = np.searchsorted(theirs["hash"], ours["hash"]) + ours["occurrence"]
    inside = np.flatnonzero(places < len(theirs))
    places = places[inside]
    mine = ours[inside]
    same = (theirs["hash"][places] == mine["hash"]) & (theirs["occurrence"][places] == mine["occurrence"])
    return mine["row"][same].astype(np.int64), theirs["row"][places[same]].astype(np.int64)


def rehash(blocks: Iterable[bytes], *, definite: bool, locate: Locate = positions) -> Keys:
    """The keys of the requests in blocks of whole lines, as those who wrote them had them.

    A row that was asked twice in different words, as by a retry with other parameters, has no key: its answer may be
    to either. ``locate`` finds rows by the ids of the requests.
    """
    asked: dict[str | None, bytes] = {}
    for block in blocks:
        for line in block.split(b"\n"):
            if (parts := _LINE.fullmatch(line)) is not None:
                custom_id = json.loads(parts[1])
                digest = blake2b(parts[2] + b"\n" + parts[3], digest_size=HASH_BYTES).digest()
                if asked.setdefault(custom_id, digest) != digest:
                    asked[custom_id] = b""
    once = {custom_id: digest for custom_id, digest in asked.items() if digest}
    return make_keys(b"".join(once.values()), definite=definite, rows=locate(list(once)))[0]


def save_keys(keys: Keys, path: Path) -> None:
    """Write keys to a file. One that another process reads at this moment stays as it is for that one."""
    aside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with aside.open("wb") as file:
            np.save(file, keys)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def load_keys(path: Path) -> Keys | None:
    """Keys from a file, read where they lie; None where there is no usable one."""
    try:
        keys: Any = np.load(path, mmap_mode="r")
    except (OSError, ValueError, EOFError):
        return None
    return keys if keys.dtype == KEYS else None
