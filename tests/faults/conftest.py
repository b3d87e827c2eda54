from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service_process import ServiceProcess, start_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    """A service whose books only this test writes, and that takes its time: some ten seconds for forty rows."""
    with start_service(tmp_path / "service", "--model", "echo", "--echo-delay", "2") as running:
        yield running


@pytest.fixture
def environment(service: ServiceProcess, own_home: Path) -> dict[str, str]:
    """What a kernel or a program needs to reach that service."""
    return {
        "DOUBLEWORD_API_BASE": service.base_url,
        "DOUBLEWORD_API_KEY": service.api_key,
        "DW_JUPYTER_HOME": str(own_home),
    }
