from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from dw_jupyter import Client, errors
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.config import Connection
from tests.service import their_service
from tests.service.rows import jsonl, line
from tests.service.their_service import FILE, KEY, MANNERS

ROWS = [line(f"r{number}", f"row {number} \u2028 é") for number in range(30)]


@pytest.mark.parametrize("manner", MANNERS)
def test_a_batch_at_a_service_of_others(manner: str, tmp_path: Path) -> None:
    """Whatever the manners of a service: upload, create, watch, list and download work, and a download resumes."""
    path, there = tmp_path / "rows.jsonl", tmp_path / "output.jsonl"
    path.write_bytes(jsonl(*ROWS))
    with their_service.serve(manner) as url, Client(base_url=url, api_key=KEY) as client:
        assert [each.id for each in client.list_models()] == ["their-model"]
        file = client.upload_file(path)
        batch = client.create_batch(input_file_id=file.id)
        assert (batch.ended, batch.output_file_id) == (False, None)
        assert client.retrieve_batch(batch.id).status == "in_progress"
        batch = client.retrieve_batch(batch.id)
        assert (batch.ended, batch.status) == (True, "completed")
        assert [each.id for each in client.list_batches()] == [batch.id]
        assert batch.output_file_id
        client.download(batch.output_file_id, there)
        whole = there.read_bytes()
        there.write_bytes(whole[: len(whole) // 2])
        client.download(batch.output_file_id, there)
        assert there.read_bytes() == whole
        with pytest.raises(errors.NotFoundError, match="there is no /files/x"):
            client.retrieve_file("x")
    answered = dict.fromkeys(json.loads(each)["custom_id"] for each in whole.split(b"\n") if each.strip())
    assert list(answered) == [each["custom_id"] for each in ROWS]


async def test_a_redirect_takes_the_key_to_no_other_host() -> None:
    """Elsewhere the key is left behind; to an address without encryption, and with another method, nobody goes."""
    seen: list[tuple[str, str | None]] = []
    places = {
        "a.test": (302, "https://b.test/v1/files/x"),
        "c.test": (307, "http://d.test/v1/files/x"),
        "e.test": (308, "https://e.test/v1/elsewhere"),
    }

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append((f"{request.method} {request.url}", request.headers.get("Authorization")))
        if request.url.host in places and "elsewhere" not in request.url.path:
            status, place = places[request.url.host]
            return httpx.Response(status, headers={"Location": place})
        return httpx.Response(200, json={"id": "x"})

    def client_of(host: str) -> AsyncClient:
        connection = Connection(account="test", base_url=f"https://{host}/v1", api_key=KEY)
        return AsyncClient(connection, transport=httpx.MockTransport(handle))

    async with client_of("a.test") as client:
        assert (await client.retrieve_file("x")).id == "x"
        with pytest.raises(errors.BadRequestError, match="302"):
            await client.create_batch(input_file_id="x")
    async with client_of("c.test") as client:
        with pytest.raises(errors.BadRequestError, match="307"):
            await client.retrieve_file("x")
    async with client_of("e.test") as client:
        assert (await client.create_batch(input_file_id="x")).id == "x"
    key = f"Bearer {KEY}"
    assert seen == [
        ("GET https://a.test/v1/files/x", key),
        ("GET https://b.test/v1/files/x", None),
        ("POST https://a.test/v1/batches", key),
        ("GET https://c.test/v1/files/x", key),
        ("POST https://e.test/v1/batches", key),
        ("POST https://e.test/v1/elsewhere", key),
    ]


async def test_an_id_goes_as_it_is_before_it_goes_bare() -> None:
    """A service may have prefixes of its own; one that refuses them is asked with the UUID alone, in a body too."""
    asked: list[str] = []
    received: list[bytes] = []
    bare = FILE.removeprefix("file-")

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content)["input_file_id"] if request.content else request.url.path)
        if FILE in asked[-1]:
            return httpx.Response(400, text="Invalid file ID format")
        return httpx.Response(200, json={"id": "x"})

    connection = Connection(account="test", base_url="https://service.test/v1", api_key=KEY)
    async with AsyncClient(connection, transport=httpx.MockTransport(handle)) as client:
        await client.retrieve_file(FILE)
        await client.create_batch(input_file_id=FILE)
        assert (await client.read_file(FILE, received.append)).lines == 1
    assert asked == [
        f"/v1/files/{FILE}",
        f"/v1/files/{bare}",
        FILE,
        bare,
        f"/v1/files/{FILE}/content",
        f"/v1/files/{bare}/content",
    ]
