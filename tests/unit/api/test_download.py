from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter import errors
from dw_jupyter.api import retry
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.config import Connection

TEXT = st.text(st.sampled_from('a{}"\\\r\u2028\u2029\u0085\x00é😀 '), max_size=8)
CONNECTION = Connection(account="test", base_url="https://service.test/v1", api_key="k")


@pytest.fixture(autouse=True, scope="module")
def no_waiting() -> object:
    """The policy's waits are the policy's own test; here they take no time."""
    decide = retry.decide
    patch = pytest.MonkeyPatch()
    patch.setattr(retry, "decide", lambda **case: None if decide(**case) is None else 0.0)
    yield
    patch.undo()


@dataclass
class Server:
    """Serves a file of lines, each answer cut as its list says: after so many bytes, loudly or as if it were whole."""

    lines: list[bytes]
    cuts: list[tuple[int, bool]]
    skips: Literal["yes", "no", "refuses"]
    tells_last_line: bool
    chunk: int
    requests: list[int] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if self.skips == "refuses" and "skip" in request.url.params:
            return httpx.Response(422, text="no such parameter")
        skip = int(request.url.params.get("skip", 0))
        self.requests.append(skip)
        body = b"".join(self.lines[skip if self.skips == "yes" else 0 :])
        cut, loudly = self.cuts.pop() if self.cuts else (None, False)
        headers = {"X-Last-Line": str(len(self.lines))} if self.tells_last_line else {}
        return httpx.Response(200, content=self._send(body[:cut], loudly), headers=headers)

    async def _send(self, body: bytes, loudly: bool) -> AsyncIterator[bytes]:
        for start in range(0, len(body), self.chunk):
            yield body[start : start + self.chunk]
        if loudly:
            raise httpx.ReadError("cut")


@st.composite
def servers(draw: st.DrawFn) -> Server:
    """Servers of every kind of honesty."""
    tells = draw(st.booleans())
    cuts = draw(st.lists(st.tuples(st.integers(0, 120), st.booleans()), max_size=4))
    return Server(
        lines=[f"{number}:{text}\n".encode() for number, text in enumerate(draw(st.lists(TEXT, max_size=12)))],
        # One that tells nothing can only be caught out where it breaks off aloud.
        cuts=[(cut, loud or not tells) for cut, loud in cuts],
        skips=draw(st.sampled_from(["yes", "no", "refuses"])),
        tells_last_line=tells,
        chunk=draw(st.integers(1, 40)),
    )


@given(
    server=servers(), there=st.integers(0, 12), torn=st.binary(max_size=9).map(lambda tail: tail.replace(b"\n", b""))
)
def test_a_file_comes_whole_however_its_download_is_cut(server: Server, there: int, torn: bytes) -> None:
    """Whatever is cut, and wherever an earlier download ended, each line ends up on the disk once and in order."""
    lines = server.lines

    async def download(path: Path) -> None:
        async with AsyncClient(CONNECTION, transport=httpx.MockTransport(server.handle)) as client:
            await client.download("id", path)

    with TemporaryDirectory() as folder:
        path = Path(folder) / "output.jsonl"
        path.write_bytes(b"".join(lines[:there]) + torn)
        asyncio.run(download(path))
        assert path.read_bytes() == b"".join(lines)


async def test_a_body_that_never_gets_further_is_an_error(tmp_path: Path) -> None:
    """A body that always ends at the same line is asked for a few times; the error says how far it came."""
    server = Server([b"a\n", b"b\n", b"c\n"], [(4, False)] + [(0, False)] * 9, "yes", True, 100)
    server.cuts.reverse()
    async with AsyncClient(CONNECTION, transport=httpx.MockTransport(server.handle)) as client:
        with pytest.raises(errors.APIConnectionError, match=r"ended after 2 of 3 lines"):
            await client.download("id", tmp_path / "output.jsonl")
    assert (tmp_path / "output.jsonl").read_bytes() == b"a\nb\n"
    assert server.requests == [0, *[2] * (retry.ATTEMPTS - 1)]


async def test_headers_tell_how_far_a_file_is() -> None:
    """What the service says of its file is passed on; nothing is made of what it does not say."""
    headers = {"X-Last-Line": "6", "X-Incomplete": "true"}
    unended = b'{"x": 1}\n{"y": 2}'
    answers = iter([httpx.Response(200, content=b"e\nf\n", headers=headers), httpx.Response(200, content=unended)])
    got: list[bytes] = []
    async with AsyncClient(CONNECTION, transport=httpx.MockTransport(lambda _: next(answers))) as client:
        told = await client.read_file("id", got.append, skip=4)
        untold = await client.read_file("id", got.append)
    assert (told.lines, told.last_line, told.incomplete) == (2, 6, True)
    assert (untold.lines, untold.last_line, untold.incomplete) == (2, None, None)
    assert b"".join(got) == b"e\nf\n" + unended + b"\n"


async def test_another_file_is_not_added_to(tmp_path: Path) -> None:
    """A path that holds something else than the beginning of the file is left as it is."""
    server = Server([b"a\n", b"b\n"], [], "yes", True, 100)
    path = tmp_path / "output.jsonl"
    path.write_bytes(b"other\n")
    async with AsyncClient(CONNECTION, transport=httpx.MockTransport(server.handle)) as client:
        with pytest.raises(errors.InputError, match=r"output\.jsonl does not begin as that file"):
            await client.download("id", path)
        assert path.read_bytes() == b"other\n"


async def test_a_cancelled_read_writes_no_more() -> None:
    """Once a cancelled download has ended, nothing of it is still being written."""
    server = Server([b"a\n"] * 3, [], "yes", True, 100)
    writing, go_on = threading.Event(), threading.Event()
    written: list[bytes] = []

    def write(block: bytes) -> None:
        writing.set()
        go_on.wait(30)
        written.append(block)

    async with AsyncClient(CONNECTION, transport=httpx.MockTransport(server.handle)) as client:
        task = asyncio.create_task(client.read_file("id", write))
        await asyncio.to_thread(writing.wait, 30)
        task.cancel()
        asyncio.get_running_loop().call_later(0, go_on.set)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert written == [b"a\n" * 3]
