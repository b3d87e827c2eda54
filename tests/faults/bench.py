"""A service that is killed and started again, at whichever port and with whichever key, and programs that find it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from dw_jupyter.job.disk import write_whole
from tests.faults.program import Program
from tests.service_process import ServiceProcess

ARGUMENTS = ("--model", "echo", "--faults")


class Bench:
    """The service, and how often it and its programs were killed.

    Args:
        folder: for its state, and for the programs' homes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._number = 0
        self.kills = 0
        self.restarts = 0
        self._start()

    def next(self) -> int:
        """A number that nobody had."""
        self._number += 1
        return self._number

    def restart(self) -> None:
        """End the service with no chance to tidy up, and start it again."""
        self.service.kill()
        self.http.close()
        self._start()
        self.restarts += 1

    def _start(self) -> None:
        self.service = ServiceProcess(self._folder / "service", *ARGUMENTS)
        self.http: httpx.Client = self.service.http()
        address = {"base_url": self.service.base_url, "api_key": self.service.api_key}
        write_whole(self._address, json.dumps(address).encode())

    @property
    def _address(self) -> Path:
        return self._folder / "address.json"

    def program(self, home: str, **settings: Any) -> Program:
        """A program that reaches the service.

        Args:
            home: the name of its home folder.
            settings: of its desk.
        """
        environment = {"DW_JUPYTER_HOME": str(self._folder / home)}
        return Program(environment=environment, address=self._address, **settings)

    def close(self) -> None:
        """End the service."""
        self.http.close()
        self.service.stop()
