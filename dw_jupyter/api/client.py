"""The client of the batch API: one method a call, and all policy of the network in one place."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import msgspec

from dw_jupyter import config, errors
from dw_jupyter.api import answers, retry, stream
from dw_jupyter.api.types import Batch, BatchPage, Deleted, File, FilePage, Model, ModelList

T = TypeVar("T")
Params = dict[str, str | int]

# The service answers an upload only when every line is stored, and a download may pause while rows are answered.
READ_TIMEOUT = 300.0
# A drip of bytes never trips a read timeout, so a plain call has an end of its own.
CALL_DEADLINE = 120.0
_PREFIXED = re.compile(r"^(?:batch|file|batch_req)[_-](?=[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$)")


@dataclass(frozen=True, kw_only=True)
class Download:
    """What came of one look at a file's content."""

    lines: int
    """Whole lines received and passed on."""
    last_line: int | None
    """``X-Last-Line``: lines consumed in all, as the service counts; ``None`` where it does not say."""
    incomplete: bool | None
    """``X-Incomplete``: whether more lines will come; ``None`` where the service does not say."""


class AsyncClient:
    """The files, batches and models of one account.

    Use it as an async context manager, or call :meth:`aclose`. Every method raises
    :class:`~dw_jupyter.errors.APIStatusError` for an answer that says no, and
    :class:`~dw_jupyter.errors.APIConnectionError` where no answer came; ``error.unclear`` says whether the service
    may have acted all the same.

    Args:
        connection: address and key; found as :func:`dw_jupyter.config.connect` does unless given.
        transport: what carries the requests; httpx's own unless given.
    """

    def __init__(
        self,
        connection: config.Connection | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.connection = connection or config.connect()
        self._http = httpx.AsyncClient(
            base_url=self.connection.base_url,
            headers={
                "Authorization": f"Bearer {self.connection.api_key}",
                "User-Agent": f"dw_jupyter/{version('dw_jupyter')}",
            },
            timeout=httpx.Timeout(30.0, read=READ_TIMEOUT, write=READ_TIMEOUT),
            transport=transport,
            # A proxy from the environment cannot reach this machine's own service.
            trust_env=not self.connection.loopback,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def upload_file(
        self,
        path: Path,
        *,
        filename: str | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> File:
        """Upload a request file, streamed from disk; ``progress`` is given the bytes sent so far.

        Never repeated once it may have arrived: an ``unclear`` error is the caller's to look up by ``filename``.
        """
        body = stream.Multipart(path, filename=filename or path.name, purpose="batch", progress=progress)
        return await self._call(File, "POST", "/files", makes=True, content=body, headers=body.headers, deadline=None)

    async def retrieve_file(self, file_id: str) -> File:
        """One file."""
        return await self._call(File, "GET", f"/files/{bare(file_id)}")

    async def list_files(self, *, search: str | None = None, after: str | None = None, limit: int = 100) -> FilePage:
        """A page of files, newest first; ``search`` is a part of the file name."""
        return await self._call(FilePage, "GET", "/files", params=_params(limit, search, after))

    async def delete_file(self, file_id: str) -> Deleted:
        """Delete a file. Batches that still read from it are cancelled by the service."""
        return await self._call(Deleted, "DELETE", f"/files/{bare(file_id)}")

    async def download(self, file_id: str, receive: Callable[[bytes], None], *, skip: int = 0) -> Download:
        """Stream a file's content from line ``skip`` on; each block given to ``receive`` ends at a line end.

        A body that is cut is no error: what came whole was passed on, and the next call goes on behind it.
        ``receive`` runs in a worker thread, one block at a time.

        Raises:
            APIConnectionError: the body broke off; ``receive`` keeps what it was given.
        """
        path = f"/files/{bare(file_id)}/content"
        lines = 0
        async with self._stream(path, params={"skip": skip}) as response:
            try:
                async for block in stream.whole_lines(response.aiter_bytes(stream.BLOCK)):
                    await asyncio.to_thread(receive, block)
                    lines += block.count(b"\n")
            except httpx.RequestError as error:
                raise _unreached(error, method="GET", path=path, host=self._http.base_url.host) from None
            last_line = response.headers.get("X-Last-Line", "")
            incomplete = response.headers.get("X-Incomplete")
        return Download(
            lines=lines,
            last_line=int(last_line) if last_line.isdecimal() else None,
            incomplete=None if incomplete is None else incomplete.lower() == "true",
        )

    async def create_batch(
        self, *, input_file_id: str, endpoint: str, completion_window: str, metadata: dict[str, str]
    ) -> Batch:
        """Make a batch of an uploaded file.

        Never repeated once it may have arrived: an ``unclear`` error is the caller's to look up by ``metadata``.
        """
        body = {
            "input_file_id": bare(input_file_id),
            "endpoint": endpoint,
            "completion_window": completion_window,
            "metadata": metadata,
        }
        return await self._call(Batch, "POST", "/batches", makes=True, json=body)

    async def retrieve_batch(self, batch_id: str) -> Batch:
        """One batch."""
        return await self._call(Batch, "GET", f"/batches/{bare(batch_id)}")

    async def list_batches(self, *, search: str | None = None, after: str | None = None, limit: int = 100) -> BatchPage:
        """A page of batches, newest first; ``search`` looks into metadata, file names and ids."""
        return await self._call(BatchPage, "GET", "/batches", params=_params(limit, search, after))

    async def cancel_batch(self, batch_id: str) -> Batch:
        """Cancel a batch. The service does this to ended ones too, so look before."""
        return await self._call(Batch, "POST", f"/batches/{bare(batch_id)}/cancel")

    async def list_models(self) -> list[Model]:
        """The models that the key may use."""
        return (await self._call(ModelList, "GET", "/models")).data

    async def _call(
        self,
        kind: type[T],
        method: str,
        path: str,
        *,
        makes: bool = False,
        deadline: float | None = CALL_DEADLINE,
        **request: Any,
    ) -> T:
        """One call, tried again as :mod:`~dw_jupyter.api.retry` decides."""
        attempt = 0
        while True:
            attempt += 1
            error: errors.APIError
            wait: float | None = None
            try:
                async with asyncio.timeout(deadline):
                    response = await self._http.request(method, path, **request)
            except (httpx.RequestError, TimeoutError) as cause:
                error = _unreached(cause, method=method, path=path, host=self._http.base_url.host)
                outcome = retry.Outcome(sent=error.unclear)
            else:
                if response.is_success:
                    return _decode(response, kind, method=method, path=path)
                error = answers.read_error(response, path=path)
                wait = answers.retry_after(response)
                outcome = retry.Outcome(status=response.status_code, body=response.text, retry_after=wait)
            pause = retry.decide(makes=makes, attempt=attempt, outcome=outcome)
            if pause is None:
                raise error
            await asyncio.sleep(pause)

    @asynccontextmanager
    async def _stream(self, path: str, *, params: Params) -> AsyncIterator[httpx.Response]:
        """A response whose body is still to be read; only the way to its headers is tried again."""
        attempt = 0
        while True:
            attempt += 1
            error: errors.APIError
            request = self._http.build_request("GET", path, params=params)
            try:
                response = await self._http.send(request, stream=True)
            except httpx.RequestError as cause:
                error = _unreached(cause, method="GET", path=path, host=self._http.base_url.host)
                outcome = retry.Outcome(sent=error.unclear)
            else:
                try:
                    if response.is_success:
                        yield response
                        return
                    await response.aread()
                finally:
                    await response.aclose()
                error = answers.read_error(response, path=path)
                outcome = retry.Outcome(
                    status=response.status_code,
                    body=response.text,
                    retry_after=answers.retry_after(response),
                )
            pause = retry.decide(makes=False, attempt=attempt, outcome=outcome)
            if pause is None:
                raise error
            await asyncio.sleep(pause)


def bare(identifier: str) -> str:
    """An id as the service takes it: ``batch_`` and the like are cut off, but only where a UUID remains."""
    return _PREFIXED.sub("", identifier)


def _params(limit: int, search: str | None, after: str | None) -> Params:
    params: Params = {"limit": limit}
    if search is not None:
        params["search"] = search
    if after is not None:
        params["after"] = bare(after)
    return params


def _decode(response: httpx.Response, kind: type[T], *, method: str, path: str) -> T:
    try:
        return msgspec.json.decode(response.content, type=kind, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError) as cause:
        raise errors.APIConnectionError(
            f"{method} {path} was answered with something else than the API's JSON: {cause}"[:300],
            "Check the base URL (DOUBLEWORD_API_BASE): it should end in /v1.",
            method=method,
            path=path,
        ) from None


def _unreached(cause: Exception, *, method: str, path: str, host: str) -> errors.APIConnectionError:
    """No answer; ``unclear`` unless no connection was made. The cause holds the request, so it is not chained."""
    never_left = isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    reason = str(cause) or type(cause).__name__
    return errors.APIConnectionError(
        f"{host} did not answer {method} {path}: {reason}"[:300],
        "Check the connection; a job goes on by itself when it is back.",
        method=method,
        path=path,
        unclear=not never_left,
    )
