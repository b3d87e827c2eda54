"""Responses made in the background, and those that are kept: they are in the state, so that a restart goes on."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from typing import Any

import msgspec

from dw_jupyter.local import response_table
from dw_jupyter.local.backend import Answer, Backend, NoAnswer
from dw_jupyter.local.database import Database
from dw_jupyter.local.dialects import responses
from dw_jupyter.local.engine import REST_SECONDS
from dw_jupyter.local.limits import RESPONSES
from dw_jupyter.local.patience import persevere

logger = logging.getLogger(__name__)

CODES = {429: "rate_limit_exceeded", 400: "invalid_prompt"}


class Background:
    """The responses under way. One task each; the back end's slots are shared among them."""

    def __init__(self, database: Database, backend: Backend) -> None:
        self._database = database
        self._backend = backend
        self._slots = asyncio.Semaphore(backend.concurrency)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def busy(self) -> bool:
        """Whether any response is under way."""
        return bool(self._tasks)

    async def resume(self) -> None:
        """Take up what an earlier run of the service left unfinished, and drop what is older than 30 days."""
        for response, request in await self._database.write(response_table.unfinished):
            self._start(response, request)

    async def close(self) -> None:
        """Stop everything; `resume` goes on from there."""
        for identifier in list(self._tasks):
            await self.stop(identifier)

    async def begin(self, body: dict[str, Any]) -> dict[str, Any]:
        """Keep a request and have it answered.

        Returns:
            The response as it stands now: queued in the flex tier, else in progress.
        """
        waits = body.get("service_tier") in {"flex", "background"}
        response = responses.outline(body, status="queued" if waits else "in_progress")
        await self._database.write(response_table.add, response, body)
        self._start(response, body)
        return response

    async def stop(self, identifier: str) -> None:
        """Give up working on a response, if anyone does."""
        task = self._tasks.pop(identifier, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def finished(self, identifier: str) -> None:
        """Wait until nothing is under way for a response."""
        task = self._tasks.get(identifier)
        if task is not None:
            await asyncio.wait([task])

    def _start(self, response: dict[str, Any], body: dict[str, Any]) -> None:
        identifier = response["id"]
        task = asyncio.create_task(self._run(response, body), name=identifier)
        self._tasks[identifier] = task
        task.add_done_callback(lambda _: self._tasks.pop(identifier, None))

    async def _run(self, response: dict[str, Any], body: dict[str, Any]) -> None:
        try:
            async with self._slots:
                await self._database.write(response_table.update, response | {"status": "in_progress"})
                answer = await self._answer(body)
            ended = response | _end(answer)
        except Exception as error:  # one response's surprise must not leave it waiting for ever
            logger.exception("A response could not be made.")
            ended = response | _failure("server_error", repr(error))
        while True:
            try:
                await self._database.write(response_table.update, ended)
            except (sqlite3.Error, OSError):
                logger.exception("A response rests: the state could not be written.")
                await asyncio.sleep(REST_SECONDS)
            else:
                return

    async def _answer(self, body: dict[str, Any]) -> Answer:
        """Ask, and ask again while the failure may pass."""
        asked = {name: value for name, value in body.items() if name not in {"background", "stream"}}

        if self._backend.find(body["model"]) is None:  # it was asked for while another model was served
            return Answer.refusal(404, f"The model '{body['model']}' is not served now.")
        try:
            return await persevere(lambda: self._backend.complete(RESPONSES, asked), self._backend.patience)
        except NoAnswer as error:
            return Answer.refusal(502, f"The model could not be reached: {error}")


def _end(answer: Answer) -> dict[str, Any]:
    """What an answer changes in the response that was promised."""
    try:
        said = msgspec.json.decode(answer.body, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError):
        return _failure("server_error", f"The model's answer cannot be read ({answer.status_code}).")
    if answer.status_code < 400:
        kept = {"id", "created_at", "background", "store", "service_tier"}
        return {name: value for name, value in said.items() if name not in kept}
    error = said.get("error")
    message = error.get("message") if isinstance(error, dict) else error
    return _failure(CODES.get(answer.status_code, "server_error"), str(message or answer.status_code))


def _failure(code: str, message: str) -> dict[str, Any]:
    return {"status": "failed", "error": {"code": code, "message": message}}
