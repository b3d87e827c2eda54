from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from dw_jupyter import errors
from dw_jupyter.api import retry
from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.ids import bare
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


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("Line 3: Unsupported URL path '/v1/foo'.", 3),
        ("Invalid JSON on line 12: missing field `custom_id` at line 1 column 88", 12),
        ("File contains invalid UTF-8 on/near line 7 at byte offset 99", 7),
        ("File contains no valid request templates", None),
    ],
)
async def test_a_refusal_names_its_line(said: str, line: int | None, tmp_path: Path) -> None:
    """The line that the service refuses an upload for is a number in the error."""
    path = tmp_path / "requests.jsonl"
    path.write_text("{}\n")
    async with client_of(lambda _: httpx.Response(400, text=said)) as client:
        with pytest.raises(errors.BadRequestError) as caught:
            await client.upload_file(path)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "7"}, "", 7),
        ({"Retry-After": "60"}, '{"retry_after_seconds": 30}', 60),
        ({}, '{"error": "too_many_requests", "retry_after_seconds": 30}', 30),
        ({"Retry-After": "soon"}, '{"retry_after_seconds": 30}', 30),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, "", 0),
        ({"Retry-After": "-1"}, "", None),
        ({}, "[1]", None),
    ],
)
async def test_a_refusal_says_how_long_to_wait(headers: dict[str, str], body: str, seconds: float | None) -> None:
    """The header goes before the body; seconds and dates are read; what is neither is as if it were not there."""
    async with client_of(lambda _: httpx.Response(429, headers=headers, text=body)) as client:
        with pytest.raises(errors.RateLimitError) as caught:
            await client.list_models()
    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({}, ("", 0, 0, 0, False)),
        ({"status": "reticulating", "new": {"field": 1}}, ("reticulating", 0, 0, 0, False)),
        ({"request_counts": {"total": None, "failed": 2}}, ("", 0, 0, 2, False)),
        ({"request_counts": None, "errors": None, "metadata": None}, ("", 0, 0, 0, False)),
        ({"request_counts": "many", "created_at": "yesterday", "errors": {"message": "x"}}, ("", 0, 0, 0, False)),
        ({"request_counts": {"total": "7", "completed": {"a": 1}}}, ("", 7, 0, 0, False)),
        ({"errors": {"data": [{"message": "no"}, 3]}, "output_file_id": 5}, ("", 0, 0, 0, False)),
        ({"status": "COMPLETED"}, ("completed", 0, 0, 0, True)),
        ({"status": "canceled"}, ("cancelled", 0, 0, 0, True)),
        ({"status": "cancelling", "cancelled_at": 1}, ("cancelling", 0, 0, 0, True)),
    ],
)
async def test_reading_is_tolerant(fields: dict[str, object], read: tuple[object, ...]) -> None:
    """Unknown fields and statuses are read past; what is missing, null or of another form is as if it were not set."""
    async with client_of(lambda _: httpx.Response(201, json={"id": UUID} | fields)) as client:
        batch = await client.retrieve_batch(UUID)
        listed = [each async for each in client.list_batches()]
    assert (batch.status, batch.total, batch.completed, batch.failed, batch.ended) == read
    assert listed == [], "a batch is no list, and a list without data is empty"


@pytest.mark.parametrize("honest", [True, False])
async def test_lists_go_through_their_pages(honest: bool) -> None:
    """Each item comes once, by the cursor; a service that does not know the cursor does not hold one for ever."""
    ids = [f"{number}" for number in range(7)]

    def handler(request: httpx.Request) -> httpx.Response:
        after = request.url.params.get("after")
        start = ids.index(after) + 1 if honest and after else 0
        page = ids[start : start + 3]
        data: list[object] = [{"id": each} for each in page]
        return httpx.Response(200, json={"data": [*data, None, {}], "has_more": not honest or start + 3 < len(ids)})

    async with client_of(handler) as client:
        listed = [batch.id async for batch in client.list_batches(limit=3)]
    assert listed == (ids if honest else ids[:3])


async def test_filters_are_asked_for_as_the_service_names_them() -> None:
    """Each filter of a list is in its query, a time with its zone; what is not given is not."""
    seen: list[dict[str, str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(dict(request.url.params))
        return httpx.Response(200, json={"data": []})

    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    given: dict[str, Any] = {"search": "a b", "status": "failed", "completion_window": "24h,1h", "member_id": "m"}
    async with client_of(handler) as client:
        listed = client.list_batches(
            **given, created_after=moment, created_before=moment, active_first=True, analytics=True, after="x", limit=7
        )
        assert [batch.id async for batch in listed] == []
        assert [file.id async for file in client.list_files(purpose="batch", order="asc")] == []
    told = datetime.fromisoformat(seen[0].pop("created_after"))
    assert told == datetime.fromisoformat(seen[0].pop("created_before")) == moment
    assert seen == [
        {**given, "active_first": "true", "include": "analytics", "after": "x", "limit": "7"},
        {"purpose": "batch", "order": "asc", "limit": "100"},
    ]


async def test_a_delete_whose_answer_was_lost_is_done() -> None:
    """A delete that finds nothing has worked if an earlier one may have; else it is an error."""
    answers = iter([httpx.Response(429), httpx.Response(404, text="File with ID x not found")])
    async with client_of(lambda _: next(answers)) as client:
        with pytest.raises(errors.NotFoundError):
            await client.delete_file(UUID)
    lost: Iterator[bool] = iter([True, False])

    def handler(_: httpx.Request) -> httpx.Response:
        if next(lost):
            raise httpx.ReadError("gone")
        return httpx.Response(404, text="File with ID x not found")

    async with client_of(handler) as client:
        await client.delete_file(UUID)
    async with client_of(lambda _: httpx.Response(404, text="Batch with ID x not found")) as client:
        with pytest.raises(errors.NotFoundError):
            await client.delete_batch(UUID)


async def test_an_id_stays_one_part_of_the_path() -> None:
    """Whatever an id holds, it asks for nothing else than a thing of that id."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.raw_path.decode())
        return httpx.Response(200, json={"id": UUID})

    async with client_of(handler) as client:
        await client.retrieve_batch("../files?x=1#y")
        for nothing in ("", ".", ".."):
            with pytest.raises(errors.InputError, match="is no id"):
                await client.delete_file(nothing)
    assert seen == ["/v1/batches/..%2Ffiles%3Fx%3D1%23y"]


async def test_what_cannot_be_sent_is_said_before() -> None:
    """A body that is not JSON, or that asks for a stream, sends nothing; a lone surrogate is JSON."""
    seen: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(200, json={})

    async with client_of(handler) as client:
        for body in ({"temperature": float("nan")}, {"input": b"bytes"}, {"stream": True}):
            with pytest.raises(errors.InputError):
                await client.answer("/v1/responses", body)
        await client.answer("/v1/responses", {"input": "\ud800"})
    assert seen == [b'{"input":"\\ud800"}']


async def test_a_client_tries_as_often_as_it_is_told() -> None:
    """``attempts`` is how often a call is made, more or fewer than usual."""
    for attempts in (1, 9):
        calls: list[httpx.Request] = []

        def handler(request: httpx.Request, calls: list[httpx.Request] = calls) -> httpx.Response:
            calls.append(request)
            return httpx.Response(503)

        connection = Connection(account="test", base_url="https://service.test/v1", api_key=KEY)
        async with AsyncClient(connection, attempts=attempts, transport=httpx.MockTransport(handler)) as client:
            with pytest.raises(errors.ServerError):
                await client.list_models()
        assert len(calls) == attempts
    with pytest.raises(errors.ConfigurationError, match="Both a connection"):
        AsyncClient(connection, base_url="https://elsewhere.test/v1")


async def test_a_body_is_not_redirected_to_another_host() -> None:
    """A call that carries prompts follows a redirect to its own host, and to no other."""
    for location, served in (
        ("https://service.test/v2/x", True),
        ("https://elsewhere.test/v1/x", False),
    ):
        hosts: list[str] = []

        def handler(request: httpx.Request, location: str = location, hosts: list[str] = hosts) -> httpx.Response:
            hosts.append(request.url.host)
            if len(hosts) == 1:
                return httpx.Response(307, headers={"Location": location})
            return httpx.Response(200, json={})

        async with client_of(handler) as client:
            if served:
                await client.answer("/v1/responses", {"input": "x"})
            else:
                with pytest.raises(errors.APIError):
                    await client.answer("/v1/responses", {"input": "x"})
        assert hosts == ["service.test"] * (1 + served)


async def test_an_answer_that_is_not_the_api_says_so() -> None:
    """A web page with status 200, as from a wrong address, is an error that names the setting."""
    async with client_of(lambda _: httpx.Response(200, text="<html>hello</html>")) as client:
        with pytest.raises(errors.APIConnectionError, match="DOUBLEWORD_API_BASE"):
            await client.list_models()


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
