from __future__ import annotations

import asyncio
import email
import email.policy
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.api.stream import BLOCK, Multipart, whole_lines

AWKWARD = st.text(st.sampled_from('a{}"\\\r\u2028\u2029\u0085\x00é😀 '), max_size=12)


async def pieces(data: bytes, cuts: list[int]) -> AsyncIterator[bytes]:
    """The data in the pieces that the cuts make of it."""
    edges = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    for start, end in itertools.pairwise(edges):
        yield data[start:end]


@given(lines=st.lists(AWKWARD), tail=AWKWARD, cuts=st.lists(st.integers(0, 1000)))
def test_lines_come_whole_however_they_are_cut(lines: list[str], tail: str, cuts: list[int]) -> None:
    """Any text, cut anywhere, comes out as the same whole lines; a torn tail is dropped, a JSON object is none."""
    body = "".join(f"{line}\n" for line in lines).encode()
    kept = f"{tail}\n".encode() if tail.strip(" \r") == "{}" else b""

    async def collect() -> list[bytes]:
        return [block async for block in whole_lines(pieces(body + tail.encode(), cuts))]

    blocks = asyncio.run(collect())
    assert b"".join(blocks).replace(b" ", b"").replace(b"\r", b"") == (body + kept).replace(b" ", b"").replace(
        b"\r", b""
    )
    assert all(block.endswith(b"\n") for block in blocks)


def test_an_upload_is_the_file_and_its_length(tmp_path: Path) -> None:
    """The multipart body holds the file byte for byte, is as long as it says, and can be sent a second time."""
    content = bytes(range(256)) * 3000
    path = tmp_path / "requests.jsonl"
    path.write_bytes(content)
    sent: list[int] = []
    body = Multipart(path, filename="token.jsonl", purpose="batch", progress=sent.append)

    async def read() -> bytes:
        return b"".join([block async for block in body])

    for _ in range(2):
        raw = asyncio.run(read())
        assert len(raw) == int(body.headers["Content-Length"])
        head = f"Content-Type: {body.headers['Content-Type']}\r\n\r\n".encode()
        purpose, file = email.message_from_bytes(head + raw, policy=email.policy.HTTP).iter_parts()
        assert purpose.get_content().strip() == "batch"
        assert file.get_filename() == "token.jsonl"
        assert raw.count(content) == 1
    assert sent[: len(sent) // 2] == [*range(BLOCK, len(content), BLOCK), len(content)]


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    """Quotes and line ends in a file name do not leave the header that they stand in; letters are UTF-8."""
    path = tmp_path / "requests.jsonl"
    path.write_bytes(b"{}\n")
    body = Multipart(path, filename='Über"\r\nX: 1.jsonl', purpose="batch")

    async def read() -> bytes:
        return b"".join([block async for block in body])

    raw = asyncio.run(read())
    assert 'filename="Über%22%0D%0AX: 1.jsonl"\r\n'.encode() in raw
    assert len(raw) == int(body.headers["Content-Length"])
