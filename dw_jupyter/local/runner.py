"""A model's process, as its parent sees it."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Any

import httpx
import msgspec

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local.backend import Answer, NoAnswer

ANSWER_SECONDS = 600
# Without these, one other busy process takes most of the model's speed: its threads spin while they wait.
CALM = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}


class Runner:
    """Runs the weights in a process of their own, started at the first use and again when it is found gone.

    Args:
        weights: the ``.gguf`` file.
        embedding: whether it makes vectors instead of text: one process cannot do both.
    """

    def __init__(self, weights: Path, *, embedding: bool = False) -> None:
        self._weights = weights
        self._embedding = embedding
        self._process: asyncio.subprocess.Process | None = None
        self._client: httpx.AsyncClient | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            LocalServiceError: it ended instead: the file is no model, say.
        """
        key = secrets.token_urlsafe(32)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "dw_jupyter.local.model_process",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=os.environ | CALM,
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - both were asked for
        assert stdout is not None  # noqa: S101
        wish = {"path": str(self._weights), "api_key": key, "embedding": self._embedding}
        stdin.write(json.dumps(wish).encode() + b"\n")
        line = await stdout.readline()
        if not line:
            await self._process.wait()
            raise LocalServiceError(
                f"The model in {self._weights} could not be loaded.", "Is it a .gguf file, whole, and of a chat model?"
            )
        self._client = httpx.AsyncClient(
            base_url=json.loads(line)["address"],
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(10, read=ANSWER_SECONDS),
            trust_env=False,
        )

    async def stop(self) -> None:
        """End the process."""
        if self._client is not None:
            await self._client.aclose()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        """What the process answers.

        Raises:
            NoAnswer: it is gone, or took too long.
        """
        client = await self._running()
        content = None if body is None else msgspec.json.encode(body)
        try:
            response = await client.request(method, path, content=content)
        except httpx.TimeoutException:
            raise NoAnswer("Timeout", f"no answer within {ANSWER_SECONDS} s") from None
        except httpx.TransportError as error:
            raise NoAnswer("NetworkError", f"the model's process broke off: {error}") from None
        # Its 500 is about this one request: a picture, a conversation that the model's template refuses.
        status_code = 400 if response.status_code == 500 else response.status_code
        return Answer(status_code=status_code, body=response.content)

    async def _running(self) -> httpx.AsyncClient:
        async with self._starting:
            if self._process is None or self._process.returncode is not None or self._client is None:
                await self.stop()
                try:
                    await self.start()
                except LocalServiceError as error:
                    raise NoAnswer("NetworkError", error.what) from None
            assert self._client is not None  # noqa: S101 - `start` made it
            return self._client
