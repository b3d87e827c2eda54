from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.schemas import BaseSchema

from tests.service.openapi import BODIES, ROUTES, Known, describe
from tests.service.rich_bodies import RICH, changed, places
from tests.service.rows import jsonl, line, read, start_batch, upload
from tests.service_process import ServiceProcess, start_service, wait_until

HANG_SECONDS = 20

odd_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(categories=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
odd_lines = st.fixed_dictionaries(
    {},
    optional={
        "custom_id": st.just("row") | odd_json,
        "method": st.sampled_from(["POST", "GET"]) | odd_json,
        "url": st.sampled_from(list(BODIES)) | odd_json,
        "body": st.fixed_dictionaries({"model": st.just("echo"), "messages": odd_json, "input": odd_json}) | odd_json,
    },
)
good_lines = st.builds(line, st.text("abc", min_size=1, max_size=3), st.text())
files = st.lists(good_lines | odd_lines | odd_json, max_size=3).map(
    lambda told: b"\n".join(json.dumps(each).encode() for each in told)
)
schemathesis.openapi.format("jsonl", files | st.binary())


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that has no bug to tell of when all is over."""
    with start_service(tmp_path_factory.mktemp("service"), "--model", "echo") as running:
        yield running
        with running.http() as http:
            assert http.get("models").status_code == 200
    assert "Traceback" not in running.log()


@pytest.fixture(scope="module")
def schema(service: ServiceProcess) -> BaseSchema:
    """The routes, with ids of files and batches of every state in them."""
    kept: list[str] = []
    given: list[str] = []
    with service.http() as http:
        for ids in (kept, given):
            for texts in (["a", "b"], ["wait 60"], []):
                rows = [line(text, text) for text in texts] + [line("wrong", "x", messages=[])]
                batch = start_batch(http, jsonl(*rows))
                wait_until(lambda made=batch: read(http, made)["request_counts"]["failed"] == 1)  # type: ignore[misc]
                ids += [batch[name] for name in ("id", "input_file_id", "output_file_id", "error_file_id")]
            body = {"model": "echo", "input": "x", "background": True}
            ids.append(http.post("responses", json=body).raise_for_status().json()["id"])
        kept.append(upload(http, jsonl(line("a", "x"))).json()["id"])
        cancelled = start_batch(http, jsonl(line("a", "wait 60")))
        kept.append(http.post(f"batches/{cancelled['id']}/cancel").raise_for_status().json()["id"])
    schema = schemathesis.openapi.from_dict(describe(Known(kept=kept, given=given)))
    schema.config.update(base_url=service.base_url.removesuffix("/v1"))
    return schema


@pytest.fixture(scope="module")
def session(service: ServiceProcess) -> Iterator[requests.Session]:
    """What the generated requests are sent with."""
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {service.api_key}"
        yield session


@pytest.fixture(scope="module")
def fuzzing(request: pytest.FixtureRequest) -> settings:
    """How many requests; the same ones each time, unless all is wanted."""
    full = request.config.getoption("--full")
    return settings(
        max_examples=200 if full else 8,
        derandomize=not full,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("route", ROUTES)
def test_no_request_breaks_the_service(
    schema: BaseSchema, session: requests.Session, fuzzing: settings, route: str, mode: GenerationMode
) -> None:
    """Requests that fit the description, and such as do not, are answered, with an error that is the caller's."""
    method, path = route.split(" ")

    @fuzzing
    @given(schema[path][method].as_strategy(mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        answer = case.call(session=session, timeout=HANG_SECONDS)
        assert answer.status_code < 500, answer.text

    ask()


@pytest.mark.parametrize("route", [route for route in ROUTES if route.startswith("POST") and "{" not in route])
def test_no_bytes_break_the_service(service: ServiceProcess, fuzzing: settings, route: str) -> None:
    """Bodies that are no text, no JSON, or of another shape than any route has are refused."""
    kinds = st.sampled_from(["application/json", "multipart/form-data; boundary=b", "text/plain", ""])
    whole = odd_json.map(lambda told: json.dumps(told).encode())
    cut = st.builds(lambda body, end: body[:end], whole, st.integers(0, 50))
    deep = st.integers(1, 100_000).map(lambda depth: b'{"model":"echo","input":' + b"[" * depth)

    with service.http() as http:

        @fuzzing
        @given(st.binary() | whole | cut | deep, kinds)
        def send(body: bytes, kind: str) -> None:
            path = route.removeprefix("POST /v1/")
            answer = http.post(path, content=body, headers={"Content-Type": kind}, timeout=HANG_SECONDS)
            assert 400 <= answer.status_code < 500, answer.text

        send()


def spoilt(body: Any) -> st.SearchStrategy[Any]:
    """A body with something else in the place of one of its parts."""
    parts = odd_json | st.sampled_from([True, 0, -1, 1.5, 10**400, "\0", [], {}, [[]], {"type": []}, "a" * 100_000])
    return st.builds(changed, st.just(body), st.sampled_from(places(body)), parts)


@pytest.mark.parametrize("path", RICH)
def test_no_part_of_a_body_breaks_the_service(service: ServiceProcess, fuzzing: settings, path: str) -> None:
    """Whatever JSON stands in the place of any part, surrogates, NULs and huge numbers included, is answered."""
    with service.http() as http:

        @settings(fuzzing, max_examples=5 * fuzzing.max_examples)
        @given(spoilt(RICH[path]))
        def send(body: Any) -> None:
            headers = {"Content-Type": "application/json"}
            answer = http.post(path, content=json.dumps(body).encode(), headers=headers, timeout=HANG_SECONDS)
            assert answer.status_code < 500, answer.text

        send()


@pytest.mark.parametrize("path", [path for path in RICH if path != "batches"])
def test_no_line_breaks_a_batch(service: ServiceProcess, fuzzing: settings, path: str) -> None:
    """Each line that an upload lets in is answered in its batch, or fails there by itself."""
    with service.http() as http:

        @fuzzing
        @given(st.lists(st.just(RICH[path]) | spoilt(RICH[path]), min_size=1, max_size=3))
        def run(bodies: list[Any]) -> None:
            rows = [{"custom_id": "a", "method": "POST", "url": f"/v1/{path}", "body": body} for body in bodies]
            answer = upload(http, jsonl(*rows))
            assert answer.status_code < 500, answer.text
            if answer.status_code == 201:
                batch = start_batch(http, jsonl(*rows))
                wait_until(lambda: read(http, batch)["status"] in {"completed", "failed"})
                assert http.get(f"batches/{batch['id']}/results").status_code == 200

        run()


def test_unheard_routes_and_methods(http: httpx.Client) -> None:
    """What is not there is a 404, and a wrong method a 405: no path comes anywhere else."""
    for path in (
        "nothing",
        "batches/x/output",
        "files/../../etc/passwd",
        "files/%2e%2e%2f",
        "%00",
        "files/%ff/content",
    ):
        assert http.get(path).status_code in {400, 404}
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        assert http.request(method, "batches").status_code == 405
