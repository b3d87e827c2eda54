from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import platformdirs
import pytest

from dw_jupyter.local import weights
from tests.service_process import ServiceProcess, start_service

# Read before any test puts another home in its place.
CACHE = Path(os.environ.get("DW_JUPYTER_TEST_CACHE") or platformdirs.user_cache_path("dw_jupyter"))


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """An echo service for all tests of a module."""
    with start_service(tmp_path_factory.mktemp("service"), "--model", "echo") as running:
        yield running


@pytest.fixture
def client(service: ServiceProcess) -> Iterator[openai.OpenAI]:
    """The official client of the service."""
    with service.client() as client:
        yield client


@pytest.fixture
def http(service: ServiceProcess) -> Iterator[httpx.Client]:
    """A plain client of the service."""
    with service.http() as http:
        yield http


@pytest.fixture(scope="session")
def small_model() -> Path:
    """The weights of the small model, fetched once a machine in the way of every user."""
    return weights.find_or_fetch(CACHE, print)
