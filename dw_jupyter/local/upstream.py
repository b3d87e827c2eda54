"""Any OpenAI-compatible server as the model: Ollama, vLLM, LM Studio, llama.cpp, or one far away."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import httpx
import msgspec

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local.backend import Answer, Model, NoAnswer, Patience, Stream
from dw_jupyter.local.dialects import events, translation
from dw_jupyter.local.dialects.translation import TRANSLATED
from dw_jupyter.local.limits import CHAT
from dw_jupyter.local.upstream_replies import NOT_THERE, PASSING, read_models, read_wait

KEY_VARIABLE = "DW_JUPYTER_UPSTREAM_KEY"
CONCURRENCY = 8
LIST_SECONDS = 10
TRIES = 3
FIRST_WAIT = 0.5
LONGEST_WAIT = 20.0
"""Seconds: who asks for a longer wait is not waited for, the asker is told instead."""


class Upstream:
    """A back end that hands requests on as they are.

    A passing failure is tried again here, a few times and soon; what lasts is for the batch, or the client, to try
    later. Where the server has no responses, completions or messages, a chat stands in for them.

    Args:
        url: the server's base URL; where it has no path, ``/v1`` is meant.
        concurrency: how many requests may be under way at once, of batches and in real time together.
    """

    patience = Patience(attempts=4, first_wait=2.0, longest_wait=60.0)

    def __init__(self, url: str, *, concurrency: int = CONCURRENCY) -> None:
        self.concurrency = concurrency
        bare = httpx.URL(url).path in {"", "/"}
        self._url = url.rstrip("/") + ("/v1" if bare else "")
        key = os.environ.get(KEY_VARIABLE, "")
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(10, read=600, write=60),
            limits=httpx.Limits(max_connections=concurrency + 4),
            trust_env=httpx.URL(url).host not in {"127.0.0.1", "localhost", "::1"},
        )
        self._slots = asyncio.Semaphore(concurrency)
        self._models: dict[str, Model] = {}

    async def start(self) -> None:
        """Ask for its models.

        Raises:
            LocalServiceError: it does not answer, or offers none.
        """
        shown = str(httpx.URL(self._url).copy_with(userinfo=b""))
        try:
            await self._refresh()
        except (httpx.HTTPError, ValueError) as error:
            raise LocalServiceError(
                f"The server at {shown} does not list its models: {error or type(error).__name__}",
                f"Is it running, and is that its base URL? A key, if it wants one, goes in {KEY_VARIABLE}.",
            ) from None
        if not self._models:
            raise LocalServiceError(f"The server at {shown} offers no model.", "Load one there first.")

    async def stop(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def models(self) -> Sequence[Model]:
        """What it offers now; what it last offered while it cannot be asked."""
        with contextlib.suppress(httpx.HTTPError, ValueError):
            await self._refresh()
        return tuple(self._models.values())

    def find(self, name: str) -> Model | None:
        """A model it offered when last asked."""
        return self._models.get(name)

    async def complete(self, path: str, body: dict[str, Any]) -> Answer:
        """Hand the request on, without its wish for a stream."""
        body = {name: value for name, value in body.items() if name not in {"stream", "stream_options"}}
        answer = await self._ask(path, body)
        return answer if answer.status_code not in NOT_THERE else await self._translate(path, body, answer)

    async def stream(self, path: str, body: dict[str, Any]) -> Answer | Stream:
        """Hand the request on, and its answer as it comes; where a chat stands in, the whole answer in pieces."""
        async with contextlib.AsyncExitStack() as held:
            await held.enter_async_context(self._slots)
            response = await self._patiently(path, body)
            held.push_async_callback(response.aclose)
            streamed = response.headers.get("Content-Type", "").startswith("text/event-stream")
            if response.is_success and streamed:
                return Stream(pieces=_pass_on(response), close=held.pop_all().aclose)
            answer = await _read(response)
        if answer.status_code in NOT_THERE:
            return events.retell(path, body, await self._translate(path, body, answer))
        return answer

    async def _translate(self, path: str, body: dict[str, Any], answer: Answer) -> Answer:
        """What a chat answers instead, if the server chats; else the ``answer`` that it gave."""
        if path not in TRANSLATED:
            return answer

        async def chat(asked: dict[str, Any]) -> Answer:
            return await self._ask(CHAT, asked)

        try:
            stood_in = await translation.answer(path, body, chat=chat)
        except (msgspec.DecodeError, LookupError, TypeError, AttributeError) as error:
            return Answer.refusal(502, f"What the server answered is no chat completion: {error!r}")
        return answer if stood_in.status_code in NOT_THERE else stood_in

    async def _ask(self, path: str, body: dict[str, Any]) -> Answer:
        async with self._slots:
            return await _read(await self._patiently(path, body))

    async def _patiently(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """The first reply that is not a passing failure, or the last one; its body is still to be read.

        Raises:
            NoAnswer: the last try did not get any.
        """
        wait = FIRST_WAIT
        for left in reversed(range(TRIES)):
            try:
                response = await self._send(path, body)
            except NoAnswer as failure:
                if not left or failure.kind == "Timeout":
                    raise
                asked_wait = None
            else:
                asked_wait = read_wait(response.headers)
                if not left or response.status_code not in PASSING or (asked_wait or 0) > LONGEST_WAIT:
                    return response
                await response.aclose()
            await asyncio.sleep(max(wait, asked_wait or 0))
            wait *= 2
        raise AssertionError("the last try returns or raises")

    async def _send(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Send once. ``path`` follows the base URL without its ``/v1``."""
        # What an earlier response said stands in the input already.
        body = {name: value for name, value in body.items() if name != "previous_response_id"}
        request = self._client.build_request(
            "POST",
            self._url + path.removeprefix("/v1"),
            content=msgspec.json.encode(body),
            headers={"Content-Type": "application/json"},
        )
        with _no_answer():
            return await self._client.send(request, stream=True)

    async def _refresh(self) -> None:
        response = await self._client.get(self._url + "/models", timeout=LIST_SECONDS)
        response.raise_for_status()
        self._models = {model.id: model for model in read_models(response.json())}


async def _read(response: httpx.Response) -> Answer:
    try:
        with _no_answer():
            body = await response.aread()
    finally:
        await response.aclose()
    return Answer(status_code=response.status_code, body=body, retry_after=read_wait(response.headers))


async def _pass_on(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body as it comes."""
    with _no_answer():
        async for piece in response.aiter_bytes():
            yield piece


@contextlib.contextmanager
def _no_answer() -> Iterator[None]:
    """Turn a failure on the way into `NoAnswer`."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise NoAnswer("Timeout", f"{type(error).__name__}: {error}") from None
    except httpx.HTTPError as error:
        raise NoAnswer("NetworkError", f"{type(error).__name__}: {error}") from None
