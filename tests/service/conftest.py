from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import openai
import pytest

from tests.service_process import ServiceProcess, start_service
from tests.small_model import find_weights


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
    return find_weights()
