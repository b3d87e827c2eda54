"""The embedded service as a real process on a real port, for whichever tests need one."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import openai

READY_SECONDS = 60


class ServiceProcess:
    """A service of this test's own. ``home`` outlives it, so that another one can go on from there."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self._log = home / "stderr.log"
        with self._log.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dw_jupyter", "serve", "--home", str(home), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])},
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait(READY_SECONDS)
            self.process.stdout.close()
            raise AssertionError(f"the service ended with {code}: {self.log()}")
        self.base_url: str = json.loads(line)["base_url"]
        self.api_key: str = json.loads(line)["api_key"]

    def log(self) -> str:
        """What the service has said on its standard error."""
        return self._log.read_text()

    def client(self) -> openai.OpenAI:
        """The official client, told to try nothing twice."""
        return openai.OpenAI(base_url=self.base_url, api_key=self.api_key, max_retries=0)

    def http(self) -> httpx.Client:
        """A plain client with the key. Paths are relative to ``base_url``: ``"files"``."""
        headers = {"Authorization": f"Bearer {self.api_key}"}
        # Nothing is encrypted, and to read all certificates takes longer than most calls.
        no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        base_url = self.base_url + "/"
        return httpx.Client(base_url=base_url, headers=headers, trust_env=False, verify=no_certificates, timeout=60)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._end()

    def kill(self) -> None:
        """End it with no chance to tidy up."""
        self.process.kill()
        self._end()

    def _end(self) -> int:
        code = self.process.wait(READY_SECONDS)
        rest = self.process.stdout
        assert rest is not None
        if not rest.closed:
            with rest:
                assert rest.read() == b"", "only one line belongs on the standard output"
        return code


@contextlib.contextmanager
def start_service(home: Path, *arguments: str) -> Iterator[ServiceProcess]:
    """A service that runs for as long as the block does.

    Args:
        home: where its state lives.
        arguments: of ``serve``, such as ``"--model", "echo", "--echo-delay", "0.2"``.
    """
    service = ServiceProcess(home, *arguments)
    try:
        yield service
    finally:
        service.stop()


def wait_until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait for a condition, looking again and again.

    Raises:
        AssertionError: it did not come true in time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        time.sleep(0.02)
