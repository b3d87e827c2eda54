"""The same calls through two clients: ours, and the official one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
import openai

import dw_jupyter as dw

Json = dict[str, Any]


class RefusedError(Exception):
    """The service said no. ``text`` is what a user reads of it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text


class Wire(Protocol):
    """What the suite asks of a client. Objects are given as they stand on the wire, as far as the client reads them."""

    def upload(self, path: Path) -> Json:
        """POST /files."""

    def file(self, file_id: str) -> Json:
        """GET /files/{id}."""

    def files(self, *, limit: int, order: str, purpose: str | None = None) -> list[str]:
        """GET /files, all pages."""

    def delete_file(self, file_id: str) -> None:
        """DELETE /files/{id}."""

    def content(self, file_id: str) -> bytes:
        """GET /files/{id}/content."""

    def create(self, **fields: Any) -> Json:
        """POST /batches."""

    def batch(self, batch_id: str) -> Json:
        """GET /batches/{id}."""

    def batches(self, *, limit: int) -> list[str]:
        """GET /batches, all pages."""

    def cancel(self, batch_id: str) -> Json:
        """POST /batches/{id}/cancel."""

    def models(self) -> list[str]:
        """GET /models."""

    def answer(self, url: str, body: Json) -> Json:
        """POST a real-time call."""

    def response(self, response_id: str) -> Json:
        """GET /responses/{id}."""


class Ours:
    """Our client."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._client = dw.Client(base_url=base_url, api_key=api_key, attempts=1)

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()

    def upload(self, path: Path) -> Json:
        """POST /files."""
        with refusals():
            return told(self._client.upload_file(path))

    def file(self, file_id: str) -> Json:
        """GET /files/{id}."""
        with refusals():
            return told(self._client.retrieve_file(file_id))

    def files(self, *, limit: int, order: str, purpose: str | None = None) -> list[str]:
        """GET /files, all pages."""
        with refusals():
            listed = self._client.list_files(limit=limit, order="asc" if order == "asc" else "desc", purpose=purpose)
            return [file.id for file in listed]

    def delete_file(self, file_id: str) -> None:
        """DELETE /files/{id}."""
        with refusals():
            self._client.delete_file(file_id)

    def content(self, file_id: str) -> bytes:
        """GET /files/{id}/content."""
        blocks: list[bytes] = []
        with refusals():
            self._client.read_file(file_id, blocks.append)
        return b"".join(blocks)

    def create(self, **fields: Any) -> Json:
        """POST /batches."""
        with refusals():
            return told(self._client.create_batch(**fields))

    def batch(self, batch_id: str) -> Json:
        """GET /batches/{id}."""
        with refusals():
            return told(self._client.retrieve_batch(batch_id))

    def batches(self, *, limit: int) -> list[str]:
        """GET /batches, all pages."""
        with refusals():
            return [batch.id for batch in self._client.list_batches(limit=limit)]

    def cancel(self, batch_id: str) -> Json:
        """POST /batches/{id}/cancel."""
        with refusals():
            return told(self._client.cancel_batch(batch_id))

    def models(self) -> list[str]:
        """GET /models."""
        with refusals():
            return [model.id for model in self._client.list_models()]

    def answer(self, url: str, body: Json) -> Json:
        """POST a real-time call."""
        with refusals():
            return self._client.answer(url, body)

    def response(self, response_id: str) -> Json:
        """GET /responses/{id}."""
        with refusals():
            return self._client.retrieve_response(response_id)


class Official:
    """The official SDK, told to try nothing twice."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._client = openai.OpenAI(base_url=base_url, api_key=api_key, max_retries=0)

    def close(self) -> None:
        """Let go of its connections."""
        self._client.close()

    def upload(self, path: Path) -> Json:
        """POST /files."""
        with refusals():
            return told(self._client.files.create(file=path, purpose="batch"))

    def file(self, file_id: str) -> Json:
        """GET /files/{id}."""
        with refusals():
            return told(self._client.files.retrieve(file_id))

    def files(self, *, limit: int, order: str, purpose: str | None = None) -> list[str]:
        """GET /files, all pages."""
        with refusals():
            asked: Any = {"limit": limit, "order": order} | ({"purpose": purpose} if purpose else {})
            return [file.id for file in self._client.files.list(**asked)]

    def delete_file(self, file_id: str) -> None:
        """DELETE /files/{id}."""
        with refusals():
            assert self._client.files.delete(file_id).deleted

    def content(self, file_id: str) -> bytes:
        """GET /files/{id}/content."""
        with refusals():
            return self._client.files.content(file_id).content

    def create(self, **fields: Any) -> Json:
        """POST /batches."""
        with refusals():
            return told(self._client.batches.create(**fields))

    def batch(self, batch_id: str) -> Json:
        """GET /batches/{id}."""
        with refusals():
            return told(self._client.batches.retrieve(batch_id))

    def batches(self, *, limit: int) -> list[str]:
        """GET /batches, all pages."""
        with refusals():
            return [batch.id for batch in self._client.batches.list(limit=limit)]

    def cancel(self, batch_id: str) -> Json:
        """POST /batches/{id}/cancel."""
        with refusals():
            return told(self._client.batches.cancel(batch_id))

    def models(self) -> list[str]:
        """GET /models."""
        with refusals():
            return [model.id for model in self._client.models.list()]

    def answer(self, url: str, body: Json) -> Json:
        """POST a real-time call."""
        makers: dict[str, Any] = {
            "/v1/chat/completions": self._client.chat.completions.create,
            "/v1/completions": self._client.completions.create,
            "/v1/embeddings": self._client.embeddings.create,
            "/v1/responses": self._client.responses.create,
        }
        with refusals():
            return told(makers[url](**body))

    def response(self, response_id: str) -> Json:
        """GET /responses/{id}."""
        with refusals():
            return told(self._client.responses.retrieve(response_id))


def told(thing: Any) -> Json:
    """An object of either client as JSON, without what was not said."""
    if isinstance(thing, msgspec.Struct):
        found: Json = msgspec.to_builtins(thing)
    else:
        found = thing.model_dump(mode="json")
    return {key: value for key, value in found.items() if value is not None}


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Both clients' errors as one."""
    try:
        yield
    except dw.errors.APIStatusError as error:
        raise RefusedError(error.status_code, error.what) from error
    except openai.APIStatusError as error:
        raise RefusedError(error.status_code, f"{error.message} {error.response.text}") from error
