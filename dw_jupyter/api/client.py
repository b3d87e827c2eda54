"""The client of the batch API: one method a call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx

from dw_jupyter import config, errors
from dw_jupyter.api import pages, retry, stream
from dw_jupyter.api.download import Received, read_lines, save_lines
from dw_jupyter.api.ids import bare, segment
from dw_jupyter.api.lines import LineFile
from dw_jupyter.api.types import Analytics, Batch, BatchPage, CostEstimate, File, FilePage, Model, ModelList
from dw_jupyter.api.wire import READ_SECONDS, UNKNOWN_ID, Wire

Receive = Callable[[bytes], None]

SLOWEST_UPLOAD = 50_000
"""Bytes a second below which an upload is given up."""
ANSWER_SECONDS = 600.0


class AsyncClient:
    """The files, batches and models of one account.

    Use it as an async context manager, or call :meth:`aclose`; :class:`~dw_jupyter.api.sync.Client` is the same
    without ``await``. Every method raises :class:`~dw_jupyter.errors.APIStatusError` for an answer that says no, and
    :class:`~dw_jupyter.errors.APIConnectionError` where no answer came; ``error.unclear`` says whether the service
    may have acted all the same. What may pass is tried again first, as :func:`dw_jupyter.api.retry.decide` says.

    Ids may carry the prefix that the console writes (``batch_…``, ``file-…``) where a UUID follows.

    Args:
        connection: address and key; found as :func:`dw_jupyter.config.connect` does unless given.
        base_url: the address, ending in ``/v1``, in place of the one that is found.
        api_key: the key, in place of the one that is found.
        attempts: how often a call is tried at most.
        transport: what carries the requests; httpx's own unless given.

    Raises:
        ConfigurationError: there is no key, or the address is not safe for one.
    """

    def __init__(
        self,
        connection: config.Connection | None = None,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        attempts: int = retry.ATTEMPTS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        api_key = api_key and config.Key(api_key)
        if connection is not None and (base_url or api_key):
            raise errors.ConfigurationError("Both a connection and an address or a key are given.", "Leave one out.")
        self.connection = connection or config.connect(base_url=base_url, api_key=api_key)
        self._wire = Wire(self.connection, attempts=attempts, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._wire.aclose()

    async def upload_file(
        self, path: Path | str, *, filename: str | None = None, progress: Callable[[int], None] | None = None
    ) -> File:
        """Upload a request file, streamed from disk; ``progress`` is given the bytes sent so far.

        Not repeated once it may have arrived: an ``unclear`` error is the caller's to look up by ``filename``. A
        refusal that names a line has it in ``error.line``.
        """
        path = Path(path)
        body = stream.Multipart(path, filename=filename or path.name, purpose="batch", progress=progress)
        seconds = READ_SECONDS + int(body.headers["Content-Length"]) / SLOWEST_UPLOAD
        return await self._wire.call(
            File, "POST", "/files", effect="file", seconds=seconds, content=body, headers=body.headers
        )

    async def retrieve_file(self, file_id: str) -> File:
        """One file."""
        return await self._wire.call(File, "GET", f"/files/{segment(file_id)}")

    def list_files(
        self,
        *,
        search: str | None = None,
        purpose: str | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> AsyncIterator[File]:
        """Iterate over the files, newest first unless ``order`` says otherwise; pages are fetched as they are needed.

        Args:
            search: a part of the file name.
            purpose: ``batch`` for request files; ``batch_output`` and ``batch_error`` for those that batches make.
            order: by time of creation.
            after: the id to go on behind.
            limit: files in a page.
        """
        params = pages.query(search=search, purpose=purpose, order=order, limit=limit)
        return pages.iterate(self._wire, FilePage, "/files", params=params, after=after)

    async def delete_file(self, file_id: str) -> None:
        """Delete a file. Batches that still read from it are cancelled by the service."""
        await self._wire.call(type(None), "DELETE", f"/files/{segment(file_id)}")

    async def estimate_cost(self, file_id: str, *, completion_window: str | None = None) -> CostEstimate:
        """What a file would cost as a batch, by the service's rough rule."""
        params = pages.query(completion_window=completion_window)
        return await self._wire.call(CostEstimate, "GET", f"/files/{segment(file_id)}/cost-estimate", params=params)

    async def read_file(
        self,
        file_id: str,
        receive: Receive,
        *,
        skip: int = 0,
        limit: int | None = None,
        search: str | None = None,
        first: bytes = b"",
    ) -> Received:
        """Stream the lines of a file from line ``skip`` on; each block given to ``receive`` ends at a line end.

        ``receive`` runs in a worker thread, one block at a time. A body that breaks off is asked for again from behind
        its last whole line, so no line is passed on twice.

        Args:
            file_id: a file, also one that a batch is still writing.
            receive: takes the blocks.
            skip: lines that are not wanted.
            limit: lines at most, up to 100.
            search: only lines with this in their ``custom_id``.
            first: the file's first line where it is known; by it a service that ignores ``skip`` is found out.

        Raises:
            APIError: it could not be read to the end; ``receive`` keeps what it was given.
        """
        path = f"/files/{segment(file_id)}/content"
        params = pages.query(limit=limit, search=search)
        return await read_lines(self._wire, path, receive, params=params, skip=skip, first=first)

    async def download(self, file_id: str, path: Path | str) -> Received:
        """Bring a file to disk, or bring it up to date: whole lines are added behind those that are there.

        An error file begins anew when its batch is retried: download it to another path then.

        Raises:
            InputError: what is at ``path`` is not the beginning of this file.
            APIError: it could not be read to the end; the next call goes on behind what came.
            OSError: the disk does not take it.
        """
        return await save_lines(self._wire, f"/files/{segment(file_id)}/content", LineFile(Path(path)))

    async def create_batch(
        self,
        *,
        input_file_id: str,
        endpoint: str = "/v1/chat/completions",
        completion_window: str = "24h",
        metadata: Mapping[str, str] | None = None,
    ) -> Batch:
        """Make a batch of an uploaded file.

        Never repeated once it may have arrived: an ``unclear`` error is the caller's to look up by ``metadata``.
        """
        body = {
            "input_file_id": input_file_id,
            "endpoint": endpoint,
            "completion_window": completion_window,
            "metadata": dict(metadata or {}),
        }
        try:
            return await self._wire.call(Batch, "POST", "/batches", effect="work", body=body)
        except errors.APIStatusError as error:
            bare_id = bare(input_file_id)
            if bare_id == input_file_id or error.status_code not in UNKNOWN_ID:
                raise
        return await self._wire.call(Batch, "POST", "/batches", effect="work", body=body | {"input_file_id": bare_id})

    async def retrieve_batch(self, batch_id: str) -> Batch:
        """One batch."""
        return await self._wire.call(Batch, "GET", f"/batches/{segment(batch_id)}")

    def list_batches(
        self,
        *,
        search: str | None = None,
        status: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        completion_window: str | None = None,
        member_id: str | None = None,
        active_first: bool = False,
        analytics: bool = False,
        after: str | None = None,
        limit: int = 100,
    ) -> AsyncIterator[Batch]:
        """Iterate over the batches, newest first; pages are fetched as they are needed.

        Args:
            search: text in their metadata, file names or ids.
            status: ``in_progress``, ``completed``, ``failed``, ``cancelled`` or ``expired`` (past the window).
            created_after: a time; a naive one is local.
            created_before: likewise.
            completion_window: one, or several between commas.
            member_id: only those of one member of the organisation.
            active_first: unfinished ones before the others.
            analytics: have each batch carry its analytics.
            after: the id to go on behind.
            limit: batches in a page.
        """
        params = pages.query(
            search=search,
            status=status,
            created_after=created_after,
            created_before=created_before,
            completion_window=completion_window,
            member_id=member_id,
            active_first="true" if active_first else None,
            include="analytics" if analytics else None,
            limit=limit,
        )
        return pages.iterate(self._wire, BatchPage, "/batches", params=params, after=after)

    async def cancel_batch(self, batch_id: str) -> Batch:
        """Cancel a batch. The service does this to ended ones too, so look before."""
        return await self._wire.call(Batch, "POST", f"/batches/{segment(batch_id)}/cancel")

    async def delete_batch(self, batch_id: str) -> None:
        """Hide a batch, cancelling it where it still runs. Its files stay."""
        await self._wire.call(type(None), "DELETE", f"/batches/{segment(batch_id)}")

    async def retry_batch(self, batch_id: str) -> Batch:
        """Run what failed or was cancelled again, in the same batch. Never repeated once it may have arrived."""
        return await self._wire.call(Batch, "POST", f"/batches/{segment(batch_id)}/retry", effect="work")

    async def retry_requests(self, batch_id: str, request_ids: list[str]) -> None:
        """Run some failed requests again: ids as result lines have them. Never repeated once it may have arrived."""
        body = {"request_ids": [bare(each) for each in request_ids]}
        path = f"/batches/{segment(batch_id)}/retry-requests"
        await self._wire.call(type(None), "POST", path, effect="work", body=body)

    async def read_results(
        self,
        batch_id: str,
        receive: Receive,
        *,
        skip: int = 0,
        limit: int | None = None,
        search: str | None = None,
        status: str | None = None,
    ) -> Received:
        """Stream a batch's requests with their answers, in input order, like :meth:`read_file`.

        For a batch that has ended: while it runs, lines change in place.
        """
        path = f"/batches/{segment(batch_id)}/results"
        params = pages.query(limit=limit, search=search, status=status)
        return await read_lines(self._wire, path, receive, params=params, skip=skip)

    async def retrieve_analytics(self, batch_id: str) -> Analytics:
        """Tokens, times and money of a batch, as far as the service has counted them."""
        return await self._wire.call(Analytics, "GET", f"/batches/{segment(batch_id)}/analytics")

    async def list_models(self) -> list[Model]:
        """The models that the key may use."""
        return (await self._wire.call(ModelList, "GET", "/models")).data or []

    async def answer(self, url: str, body: Mapping[str, Any], *, seconds: float = ANSWER_SECONDS) -> dict[str, Any]:
        """One request answered in real time, as a line of a batch would be. Never repeated once it may have arrived.

        Args:
            url: as in a line: ``/v1/chat/completions``, ``/v1/embeddings``, ``/v1/responses``, ...
            body: as in a line.
            seconds: how long it may take; with ``"service_tier": "flex"`` that may be an hour.

        Raises:
            InputError: the body is not JSON, or asks for a stream.
        """
        if body.get("stream"):
            raise errors.InputError("An answer is not streamed here.", 'Leave "stream" out of the body.')
        path = "/" + url.removeprefix("/v1/").lstrip("/")
        return await self._wire.call(dict[str, Any], "POST", path, effect="work", seconds=seconds, body=body)

    async def retrieve_response(self, response_id: str) -> dict[str, Any]:
        """A response that was asked for with ``"background": True``, as far as it is."""
        return await self._wire.call(dict[str, Any], "GET", f"/responses/{segment(response_id)}")
