from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest

from dw_jupyter import errors
from dw_jupyter.api import retry
from dw_jupyter.api.client import AsyncClient, bare
from dw_jupyter.config import Connection

KEY = "sk-a-key-that-opens-nothing"
UUID = "3f0b6c1e-8f0e-4a0e-9a75-6c0d3b6c9a11"


def client_of(handler: Callable[[httpx.Request], httpx.Response]) -> AsyncClient:
    """A client whose requests are answered by a function."""
    connection = Connection(account="test", base_url="https://service.test/v1", api_key=KEY)
    return AsyncClient(connection, transport=httpx.MockTransport(handler))


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The policy's waits are the policy's own test; here they take no time."""
    decide = retry.decide
    monkeypatch.setattr(retry, "decide", lambda **case: None if decide(**case) is None else 0.0)


async def test_a_read_is_repeated_until_it_works() -> None:
    """A read survives an overloaded service and a lost connection."""
    answers: Iterator[httpx.Response | Exception] = iter(
        [httpx.Response(503), httpx.ReadError("gone"), httpx.Response(200, json={"data": [{"id": "m"}]})]
    )

    def handler(_: httpx.Request) -> httpx.Response:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with client_of(handler) as client:
        assert [model.id for model in await client.list_models()] == ["m"]


async def test_a_create_that_may_have_arrived_is_not_repeated() -> None:
    """A create whose answer is lost, or is a failure of the service, is sent once and its error says so."""
    for outcome in (httpx.ReadError("gone"), httpx.Response(500, text="oops")):
        calls = 0

        def handler(_: httpx.Request, outcome: object = outcome) -> httpx.Response:
            nonlocal calls
            calls += 1
            if isinstance(outcome, Exception):
                raise outcome
            assert isinstance(outcome, httpx.Response)
            return outcome

        async with client_of(handler) as client:
            with pytest.raises(errors.APIError) as caught:
                await client.create_batch(input_file_id=UUID, endpoint="/v1/x", completion_window="24h", metadata={})
        assert caught.value.unclear
        assert calls == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (
            400,
            "Line 3: Unsupported URL path '/v1/foo'.",
            errors.BadRequestError,
            "Line 3: Unsupported URL path '/v1/foo'.",
        ),
        (401, "Authentication required", errors.AuthenticationError, "Authentication required"),
        (
            402,
            '{"error":{"message":"spend cap","code":"spend_cap_exceeded"}}',
            errors.PaymentRequiredError,
            "spend cap",
        ),
        (403, "Line 1: Model 'x' has not been configured", errors.PermissionDeniedError, "Model 'x'"),
        (404, "", errors.NotFoundError, "Not Found"),
        (409, '{"message":"already there"}', errors.BadRequestError, "already there"),
        (429, '{"error":"too_many_requests","message":"Unverified accounts can"}', errors.RateLimitError, "Unverified"),
        (422, '{"detail":[{"msg":"field required"}]}', errors.BadRequestError, "field required"),
        (502, "<html><head><title>Bad gateway</title></head></html>", errors.ServerError, "Bad gateway"),
    ],
)
async def test_a_refusal_says_what_the_service_said(
    status: int, body: str, kind: type[errors.APIStatusError], said: str
) -> None:
    """Each form of error body becomes one sentence, with status, body, method and path beside it."""
    async with client_of(lambda _: httpx.Response(status, text=body)) as client:
        with pytest.raises(kind) as caught:
            await client.retrieve_batch(UUID)
    assert said in caught.value.what
    assert (caught.value.status_code, caught.value.body) == (status, body)
    assert (caught.value.method, caught.value.path) == ("GET", f"/batches/{UUID}")
    assert len(str(caught.value).splitlines()) <= 2


async def test_reading_is_tolerant() -> None:
    """Unknown fields and statuses are read past, missing and null counts are 0."""
    batch = {"id": UUID, "status": "reticulating", "new": {"field": 1}, "request_counts": {"total": None, "failed": 2}}
    async with client_of(lambda _: httpx.Response(200, json=batch)) as client:
        read = await client.retrieve_batch(UUID)
    assert (read.status, read.total, read.completed, read.failed, read.ended) == ("reticulating", 0, 0, 2, False)
    async with client_of(lambda _: httpx.Response(200, json={"id": UUID})) as client:
        assert (await client.retrieve_batch(UUID)).completed == 0


async def test_an_answer_that_is_not_the_api_says_so() -> None:
    """A web page with status 200, as from a wrong address, is an error that names the setting."""
    async with client_of(lambda _: httpx.Response(200, text="<html>hello</html>")) as client:
        with pytest.raises(errors.APIConnectionError, match="DOUBLEWORD_API_BASE"):
            await client.list_models()


async def test_a_download_counts_whole_lines_and_keeps_what_came() -> None:
    """A body that breaks off passes on its whole lines; the headers are read."""

    async def body() -> AsyncIterator[bytes]:
        yield b'{"a":1}\n{"a":'
        yield b'2}\n{"torn'

    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.params["skip"] == "4"
        return httpx.Response(200, content=body(), headers={"X-Last-Line": "6", "X-Incomplete": "true"})

    received: list[bytes] = []
    async with client_of(handler) as client:
        got = await client.download(UUID, received.append, skip=4)
    assert b"".join(received) == b'{"a":1}\n{"a":2}\n'
    assert (got.lines, got.last_line, got.incomplete) == (2, 6, True)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (UUID, UUID),
        (f"batch_{UUID}", UUID),
        (f"file-{UUID}", UUID),
        (f"batch_req_{UUID}", UUID),
        ("file-abc123", "file-abc123"),
        ("batch_", "batch_"),
    ],
)
def test_prefixes_are_cut_off_where_a_uuid_remains(given: str, sent: str) -> None:
    """The console and webhooks write ids with a prefix that the service itself refuses."""
    assert bare(given) == sent


async def test_the_key_shows_nowhere() -> None:
    """Neither the client, nor the connection, nor an error shows the key, in any of their forms."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    client = client_of(refuse)
    with pytest.raises(errors.APIConnectionError) as caught:
        await client.list_models()
    await client.aclose()
    shown = [repr(client.connection), str(client.connection), repr(vars(client)), repr(caught.value), str(caught.value)]
    shown.append(json.dumps(vars(caught.value), default=repr))
    assert not any(KEY in text for text in shown)
    assert caught.value.__cause__ is None
