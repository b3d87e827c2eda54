"""The small real model: llama.cpp in a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import msgspec

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local.backend import Answer, Model, NoAnswer, Patience
from dw_jupyter.local.limits import CHAT
from dw_jupyter.local.model_process import SLOTS
from dw_jupyter.local.refusal import envelope

ALIAS = "local"
ANSWER_SECONDS = 600
# Without these, one other busy process takes most of the model's speed: its threads spin while they wait.
CALM = {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}


class SmallModel:
    """A back end that runs the weights in a ``.gguf`` file. The model's id is the file's name, ``local`` its alias.

    Its process is started again when it is found gone.

    Args:
        weights: the file.
    """

    concurrency = SLOTS
    patience = Patience(attempts=3, first_wait=0.5, longest_wait=5.0)

    def __init__(self, weights: Path) -> None:
        # "SmolLM2-135M-Instruct.Q4_1.gguf" → "SmolLM2-135M-Instruct": how it is packed is not its name.
        name = weights.stem.rsplit(".", 1)
        packed = len(name) == 2 and name[1][:1] in {"Q", "q", "I", "i", "F", "f", "B", "b"}
        self._model = Model(id=name[0] if packed else weights.stem, created=int(weights.stat().st_mtime), kind="CHAT")
        self._weights = weights
        self._process: asyncio.subprocess.Process | None = None
        self._client: httpx.AsyncClient | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Start the model's process and wait until it answers.

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
        stdin.write(json.dumps({"path": str(self._weights), "api_key": key}).encode() + b"\n")
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
        """End the model's process."""
        if self._client is not None:
            await self._client.aclose()
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def models(self) -> Sequence[Model]:
        """Just the one, under its own name."""
        return (self._model,)

    def find(self, name: str) -> Model | None:
        """The model by its id or as ``local``."""
        return self._model if name in {self._model.id, ALIAS} else None

    async def complete(self, path: str, body: dict[str, Any]) -> Answer:
        """Ask the model; its answer names it as the service does and leaves out its timings."""
        refused = _refusal(path, body)
        if refused:
            return Answer(status_code=400, body=envelope(400, refused))
        client = await self._running()
        try:
            response = await client.post(path, content=msgspec.json.encode(body | {"model": self._model.id}))
        except httpx.TimeoutException:
            raise NoAnswer("Timeout", f"no answer within {ANSWER_SECONDS} s") from None
        except httpx.TransportError as error:
            raise NoAnswer("NetworkError", f"the model's process broke off: {error}") from None
        if not response.is_success:
            return Answer(status_code=response.status_code, body=response.content)
        answer = msgspec.json.decode(response.content)
        answer.pop("timings", None)
        answer["model"] = self._model.id
        return Answer(status_code=response.status_code, body=msgspec.json.encode(answer))

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


def _refusal(path: str, body: dict[str, Any]) -> str:
    """Why the model does not even try, or ``""``."""
    if path != CHAT:
        return f"The small model answers {CHAT} only, not {path}."
    if not body.get("messages"):
        return "messages: at least one message is needed."
    return ""
