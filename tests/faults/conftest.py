"""Services for the tests of faults, and the ways to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.service_process import ServiceProcess, start_service


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceProcess]:
    """A service whose books only this test writes, with faults on demand; the account in use is there."""
    with start_service(tmp_path / "service", "--model", "echo", "--faults") as running:
        monkeypatch.setenv("DOUBLEWORD_API_BASE", running.base_url)
        monkeypatch.setenv("DOUBLEWORD_API_KEY", running.api_key)
        yield running


@pytest.fixture
def http(service: ServiceProcess) -> Iterator[httpx.Client]:
    """The books of that service."""
    with service.http() as client:
        yield client


@pytest.fixture
def slow_service(tmp_path: Path) -> Iterator[ServiceProcess]:
    """A service whose books only this test writes, and that takes its time: some ten seconds for forty rows."""
    with start_service(tmp_path / "service", "--model", "echo", "--echo-delay", "2") as running:
        yield running


@pytest.fixture
def environment(slow_service: ServiceProcess, own_home: Path) -> dict[str, str]:
    """What a kernel or a program needs to reach the slow service."""
    return {
        "DOUBLEWORD_API_BASE": slow_service.base_url,
        "DOUBLEWORD_API_KEY": slow_service.api_key,
        "DW_JUPYTER_HOME": str(own_home),
    }
