"""Any OpenAI-compatible server as the model: Ollama, vLLM, LM Studio, llama.cpp, or one far away."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local.backend import Answer, Model, NoAnswer, Patience

KEY_VARIABLE = "DW_JUPYTER_UPSTREAM_KEY"


class Upstream:
    """A back end that hands requests on as they are.

    Args:
        url: the server's base URL; where it has no path, ``/v1`` is meant.
        concurrency: how many requests may be under way at once.
    """

    # A server in use by others is full at times: it is asked for longer than a model of our own.
    patience = Patience(attempts=6, first_wait=1.0, longest_wait=30.0)

    def __init__(self, url: str, *, concurrency: int = 8) -> None:
        self.concurrency = concurrency
        bare = httpx.URL(url).path in {"", "/"}
        self._url = url.rstrip("/") + ("/v1" if bare else "")
        key = os.environ.get(KEY_VARIABLE, "")
        self._client = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {key}"} if key else {},
            timeout=httpx.Timeout(10, read=600),
            limits=httpx.Limits(max_connections=concurrency + 4),
            trust_env=httpx.URL(url).host not in {"127.0.0.1", "localhost", "::1"},
        )
        self._models: dict[str, Model] = {}

    async def start(self) -> None:
        """Ask for its models.

        Raises:
            LocalServiceError: it does not answer, or offers none.
        """
        try:
            await self._refresh()
        except (httpx.HTTPError, ValueError) as error:
            raise LocalServiceError(
                f"The server at {self._url} does not list its models: {error or type(error).__name__}",
                f"Is it running, and is that its base URL? A key, if it wants one, goes in {KEY_VARIABLE}.",
            ) from None
        if not self._models:
            raise LocalServiceError(f"The server at {self._url} offers no model.", "Load one there first.")

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
        """Hand the request on. ``path`` follows the base URL without its ``/v1``."""
        try:
            response = await self._client.post(
                self._url + path.removeprefix("/v1"),
                content=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
            )
        except httpx.TimeoutException as error:
            raise NoAnswer("Timeout", f"{type(error).__name__}: {error}") from None
        except httpx.TransportError as error:
            raise NoAnswer("NetworkError", f"{type(error).__name__}: {error}") from None
        wait = response.headers.get("Retry-After", "")
        return Answer(
            status_code=response.status_code,
            body=response.content,
            retry_after=float(wait) if wait.isdecimal() else None,
        )

    async def _refresh(self) -> None:
        response = await self._client.get(self._url + "/models")
        response.raise_for_status()
        listed = response.json()["data"] or []
        self._models = {
            each["id"]: Model(id=each["id"], created=int(each.get("created") or 0))
            for each in listed
            if isinstance(each, dict) and isinstance(each.get("id"), str)
        }
