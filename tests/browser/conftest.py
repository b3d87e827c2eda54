"""One Chromium for all browser tests, and for each module of journeys a service and a JupyterLab."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.lab import Lab, served
from tests.service_process import ServiceProcess, start_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium, or Playwright's own where there is none."""
    expect.set_options(timeout=30_000)  # a busy machine takes its time; 5 s are the default
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """An echo that takes its time: some 27 rows a second."""
    with start_service(tmp_path_factory.mktemp("service"), "--model", "echo", "--echo-delay", "0.3") as running:
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, service: ServiceProcess) -> Iterator[Lab]:
    """A JupyterLab whose kernels find the service by their environment."""
    with served(tmp_path_factory.mktemp("lab"), service, "jupyterlab") as running:
        yield running
