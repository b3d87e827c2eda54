"""Every call of the client, on things that are there for it, with what it does to the service."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.types import Batch
from dw_jupyter.frames.ids import custom_id
from tests.service.rows import jsonl, line

Effect = Literal["read", "lines", "act", "file", "work"]
"""Reads an object, reads lines, does what a repeat adds nothing to, makes a file, buys work."""

TEXTS = [f"text {number} \u2028 é" for number in range(6)]
CHAT = "/v1/chat/completions"


@dataclass(frozen=True, kw_only=True)
class World:
    """What calls need: a thing of its own for each call that changes something. All batches have ended."""

    token: str
    """Of this world alone."""
    folder: Path
    requests: Path
    file: str
    """The id of the file that all batches are made of."""
    done: str
    """A batch's id, as the next five."""
    fetched: str
    doomed: str
    stopped: str
    again: str
    picked: str
    output: str
    """The file of answers of ``done``."""
    other_output: str
    """That of ``fetched``."""
    failed: str
    """The request of ``picked`` that has failed."""
    spare: str
    """A file."""
    response: str
    """A response that was asked for in the background."""


@dataclass(frozen=True)
class Call:
    """One call of the client. ``route`` names the request, with places for what is in a `World`."""

    effect: Effect
    route: str
    make: Callable[[AsyncClient, World], Awaitable[Any]]


async def prepare(client: AsyncClient, folder: Path) -> World:
    """A world with batches of six answers and one failure, at their ends."""
    token = uuid4().hex
    requests = folder / "requests.jsonl"
    rows = [line(custom_id(number), text) for number, text in enumerate(TEXTS)]
    requests.write_bytes(jsonl(*rows, line(custom_id(len(TEXTS)), "fail 400")))
    file = await client.upload_file(requests, filename=f"{token}.jsonl")
    spare = await client.upload_file(requests, filename="spare.jsonl")

    async def run(name: str) -> Batch:
        batch = await client.create_batch(input_file_id=file.id, metadata={"name": f"{name} {token}"})
        while not batch.ended:
            await asyncio.sleep(0.01)
            batch = await client.retrieve_batch(batch.id)
        return batch

    names = ("done", "fetched", "doomed", "stopped", "again", "picked")
    batches = dict(zip(names, await asyncio.gather(*map(run, names)), strict=True))
    told: list[bytes] = []
    await client.read_file(str(batches["picked"].error_file_id), told.append)
    response = await client.answer("/v1/responses", {"model": "echo", "input": "hello", "background": True})
    while response["status"] != "completed":
        await asyncio.sleep(0.01)
        response = await client.retrieve_response(response["id"])
    return World(
        token=token,
        folder=folder,
        requests=requests,
        file=file.id,
        output=str(batches["done"].output_file_id),
        other_output=str(batches["fetched"].output_file_id),
        failed=json.loads(told[0])["id"],
        spare=spare.id,
        response=response["id"],
        **{name: batch.id for name, batch in batches.items()},
    )


async def _collect(read: Callable[[Callable[[bytes], None]], Awaitable[Any]]) -> bytes:
    got: list[bytes] = []
    await read(got.append)
    return b"".join(got)


async def _download(client: AsyncClient, world: World) -> bytes:
    path = world.folder / "output.jsonl"
    await client.download(world.other_output, path)
    return path.read_bytes()


async def _upload(client: AsyncClient, world: World) -> str:
    return (await client.upload_file(world.requests, filename=f"new-{world.token}.jsonl")).id


async def _create(client: AsyncClient, world: World) -> str:
    made = await client.create_batch(input_file_id=world.file, metadata={"name": f"new {world.token}"})
    return made.id


async def _answer(client: AsyncClient, _: World) -> Any:
    said = await client.answer(CHAT, {"model": "echo", "messages": [{"role": "user", "content": "hello"}]}, seconds=1)
    return said["choices"][0]["message"]["content"]


async def _list_files(client: AsyncClient, world: World) -> list[str]:
    return [file.id async for file in client.list_files(search=f"{world.token}.jsonl", order="asc", limit=1)]


async def _list_batches(client: AsyncClient, world: World) -> list[str]:
    return [batch.id async for batch in client.list_batches(search=f"done {world.token}")]


CALLS = {
    "retrieve_file": Call("read", "GET /v1/files/{0.file}", lambda c, w: c.retrieve_file(w.file)),
    "list_files": Call("read", "GET /v1/files", _list_files),
    "estimate_cost": Call("read", "GET /v1/files/{0.file}/cost-estimate", lambda c, w: c.estimate_cost(w.file)),
    "retrieve_batch": Call("read", "GET /v1/batches/{0.done}", lambda c, w: c.retrieve_batch(w.done)),
    "list_batches": Call("read", "GET /v1/batches", _list_batches),
    "retrieve_analytics": Call("read", "GET /v1/batches/{0.done}/analytics", lambda c, w: c.retrieve_analytics(w.done)),
    "list_models": Call("read", "GET /v1/models", lambda c, _: c.list_models()),
    "retrieve_response": Call("read", "GET /v1/responses/{0.response}", lambda c, w: c.retrieve_response(w.response)),
    "read_file": Call(
        "lines",
        "GET /v1/files/{0.output}/content",
        lambda c, w: _collect(partial(c.read_file, w.output)),
    ),
    "read_results": Call(
        "lines", "GET /v1/batches/{0.done}/results", lambda c, w: _collect(partial(c.read_results, w.done))
    ),
    "download": Call("lines", "GET /v1/files/{0.other_output}/content", _download),
    "delete_file": Call("act", "DELETE /v1/files/{0.spare}", lambda c, w: c.delete_file(w.spare)),
    "delete_batch": Call("act", "DELETE /v1/batches/{0.doomed}", lambda c, w: c.delete_batch(w.doomed)),
    "cancel_batch": Call("act", "POST /v1/batches/{0.stopped}/cancel", lambda c, w: c.cancel_batch(w.stopped)),
    "upload_file": Call("file", "POST /v1/files", _upload),
    "create_batch": Call("work", "POST /v1/batches", _create),
    "retry_batch": Call("work", "POST /v1/batches/{0.again}/retry", lambda c, w: c.retry_batch(w.again)),
    "retry_requests": Call(
        "work",
        "POST /v1/batches/{0.picked}/retry-requests",
        lambda c, w: c.retry_requests(w.picked, [w.failed]),
    ),
    "answer": Call("work", f"POST {CHAT}", _answer),
}
