from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from dw_jupyter.local import weights
from tests.service_process import wait_until

# Read before any test puts another home in its place.
CACHE = Path(os.environ.get("DW_JUPYTER_TEST_CACHE") or platformdirs.user_cache_path("dw_jupyter"))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for the tests of one module, with the weights of the small model and nothing asked yet."""
    home = tmp_path_factory.mktemp("home")
    models = home / "local" / "models"
    models.mkdir(parents=True)
    (models / weights.FILE).symlink_to(weights.find_or_fetch(CACHE, print))
    yield home
    service = home / "local" / "service.json"
    if service.exists():
        os.kill(json.loads(service.read_bytes())["pid"], signal.SIGTERM)
        wait_until(lambda: not service.exists())


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    """What a process needs to use that home and this checkout."""
    return {
        **os.environ,
        "DW_JUPYTER_HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
