from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.small_model import home_with_weights


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home for the tests of one module, with the weights of the small model and nothing asked yet."""
    with home_with_weights(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    """What a process needs to use that home and this checkout."""
    return {
        **os.environ,
        "DW_JUPYTER_HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "JUPYTER_PLATFORM_DIRS": "1",
    }
