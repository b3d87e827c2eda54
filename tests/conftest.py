"""What all tests share: the ``--full`` option, a home folder of their own, and a last word on what they measured."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from dw_jupyter import config

# Whoever starts tests in the background of a shell has them ignore interrupts, and what they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A test that measures the time fails on a busy machine and says nothing.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

MEASURED = "measured"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--full``: as many examples and kills as take long."""
    parser.addoption("--full", action="store_true", help="also what takes long")


@pytest.fixture
def full(request: pytest.FixtureRequest) -> bool:
    """Whether what takes long is wanted."""
    return bool(request.config.getoption("--full"))


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says at the end of the run what a test has measured; words, to be read and not to be compared."""
    return lambda words: record_property(MEASURED, words)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured; a worker of several has no output of its own, so that the reports carry it."""
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, words in report.user_properties:
            if name == MEASURED and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.split('::')[-1]}: {words}")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has its own journal, no account, no key, and no choice left over from another."""
    home = tmp_path / "home"
    monkeypatch.setenv("DW_JUPYTER_HOME", str(home))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("DOUBLEWORD_API_KEY", "DOUBLEWORD_API_BASE", "DW_JUPYTER_WAIT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(config, "_chosen", None)
    return home
