"""One connection pool to one account: requests go out by the policy, answers come back read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from importlib.metadata import version
from typing import Any, TypeVar

import httpx

from dw_jupyter import config, errors
from dw_jupyter.api import advice, answers, reading, redirects, retry
from dw_jupyter.api.ids import bare_path

T = TypeVar("T")

# The service answers an upload only when every line is stored, and a download may pause while rows are answered.
READ_SECONDS = 300.0
UNKNOWN_ID = frozenset({400, 404, 422})
"""What a service answers to an id that is none of its own."""
# A drip of bytes never trips a read timeout, so a call has an end of its own.
CALL_SECONDS = 120.0

_CONNECTION = "Check the connection; a job goes on by itself when it is back."


class Wire:
    """What every call goes through.

    Args:
        connection: address and key.
        attempts: how often a call is tried at most.
        transport: what carries the requests; httpx's own, with its proxies and certificates, unless given.
    """

    def __init__(
        self, connection: config.Connection, *, attempts: int, transport: httpx.AsyncBaseTransport | None
    ) -> None:
        self._attempts = attempts
        self._http = httpx.AsyncClient(
            base_url=connection.base_url,
            headers={
                "Authorization": f"Bearer {connection.api_key}",
                "User-Agent": f"dw_jupyter/{version('dw_jupyter')}",
            },
            timeout=_timeout(READ_SECONDS),
            transport=transport,
            # A proxy from the environment cannot reach this machine's own service.
            trust_env=not connection.loopback,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def call(
        self,
        kind: type[T],
        method: str,
        path: str,
        *,
        effect: retry.Effect = "none",
        seconds: float | None = None,
        body: Mapping[str, Any] | None = None,
        **request: Any,
    ) -> T:
        """One call, tried again as :mod:`~dw_jupyter.api.retry` decides, its answer read as ``kind``.

        Args:
            kind: what the answer is; ``None`` for one without a body.
            method: of HTTP.
            path: behind the base URL.
            effect: what the call does to the service.
            seconds: how long one attempt may take in all; two minutes unless given.
            body: sent as JSON.
            request: passed to httpx.

        Raises:
            InputError: the body is not JSON.
            APIError: there is no answer, or it is no.
        """
        if body is not None:
            request |= {"content": _encode(body), "headers": {"Content-Type": "application/json"}}
        seconds = CALL_SECONDS if seconds is None else seconds
        attempt = 0
        unclear = False
        while True:
            attempt += 1
            error: errors.APIError
            try:
                async with asyncio.timeout(seconds):
                    response = await self._send(method, path, timeout=_timeout(seconds), **request)
            except (httpx.RequestError, TimeoutError) as cause:
                error = self.unreached(cause, method=method, path=path)
            else:
                if response.is_success or (unclear and _is_gone(response, method)):
                    return reading.read(response, kind, method=method, path=path)
                error = answers.read_error(response, path=path)
            await self.wait(error, attempt, effect=effect)
            unclear = unclear or error.unclear

    @asynccontextmanager
    async def stream(self, path: str, *, params: dict[str, str | int]) -> AsyncIterator[httpx.Response]:
        """A response whose body is still to be read. Not tried again: whoever reads it knows from where.

        Raises:
            APIError: the answer is no, or none.
        """
        try:
            async with aclosing(await self._send("GET", path, stream=True, params=params)) as response:
                if not response.is_success:
                    await response.aread()
                    raise answers.read_error(response, path=path)
                yield response
        except httpx.RequestError as cause:
            raise self.unreached(cause, method="GET", path=path) from None

    async def _send(self, method: str, path: str, *, stream: bool = False, **request: Any) -> httpx.Response:
        """One attempt. Ids in the path go as they were given, and bare where a prefix is not understood."""
        response = await redirects.send(self._http, self._http.build_request(method, path, **request), stream=stream)
        shorter = bare_path(path)
        if shorter == path or response.status_code not in UNKNOWN_ID:
            return response
        await response.aclose()
        return await self._send(method, shorter, stream=stream, **request)

    async def wait(self, error: errors.APIError, attempt: int, *, effect: retry.Effect = "none") -> None:
        """Wait before the next attempt.

        Raises:
            APIError: there will be none; the error that was given.
        """
        outcome = retry.outcome_of(error)
        pause = retry.decide(effect=effect, attempt=attempt, outcome=outcome, attempts=self._attempts)
        if pause is None:
            # What it came of holds the request, and with it the key, for whoever prints tracebacks with variables.
            error.__context__ = None
            raise error
        await asyncio.sleep(pause)

    def unreached(self, cause: Exception, *, method: str, path: str) -> errors.APIConnectionError:
        """No answer; ``unclear`` unless no connection was made. The cause holds the request, so it is not chained."""
        never_left = isinstance(cause, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        late = isinstance(cause, TimeoutError | httpx.TimeoutException)
        reason = "it took too long" if late else str(cause) or type(cause).__name__
        return errors.APIConnectionError(
            f"{self._http.base_url.host} did not answer {method} {path}: {reason}"[:300],
            advice.LOOK if advice.buys(method, path) and not never_left else _CONNECTION,
            method=method,
            path=path,
            unclear=not never_left,
        )


def _timeout(seconds: float) -> httpx.Timeout:
    """How long a connection may take, and a read or a write may pause, in a call that may take ``seconds``."""
    pause = max(READ_SECONDS, seconds)
    return httpx.Timeout(30.0, read=pause, write=READ_SECONDS)


def _is_gone(response: httpx.Response, method: str) -> bool:
    """Whether a repeated delete finds that an earlier one, whose answer was lost, did its work."""
    return method == "DELETE" and response.status_code == httpx.codes.NOT_FOUND


def _encode(body: Mapping[str, Any]) -> bytes:
    try:
        # Escaped, so that a lone surrogate, which has no UTF-8, is JSON too.
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise errors.InputError(f"The body is not JSON: {error}", "Give text, numbers, lists and dicts.") from None
