"""The small model's weights, fetched once a machine in the way of every user, and homes that have them already."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import platformdirs

from dw_jupyter.local import weights
from tests.service_process import wait_until

# Read before any test puts another home in its place.
CACHE = Path(os.environ.get("DW_JUPYTER_TEST_CACHE") or platformdirs.user_cache_path("dw_jupyter"))


def find_weights() -> Path:
    """The weights in this machine's cache."""
    return weights.find_or_fetch(CACHE, print)


@contextlib.contextmanager
def home_with_weights(home: Path) -> Iterator[Path]:
    """A home where nothing was asked yet; the embedded service that somebody starts in it is stopped at the end."""
    models = home / "local" / "models"
    models.mkdir(parents=True)
    (models / weights.FILE).symlink_to(find_weights())
    yield home
    service = home / "local" / "service.json"
    if service.exists():
        os.kill(json.loads(service.read_bytes())["pid"], signal.SIGTERM)
        wait_until(lambda: not service.exists())
