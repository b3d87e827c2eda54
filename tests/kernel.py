"""A real kernel in a process of its own, driven as a front end would drive it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

PATIENCE = 60.0


@dataclass
class Cell:
    """What one cell put out: printed text, error lines, display data by display id (or a number)."""

    status: str = ""
    text: str = ""
    error: list[str] = field(default_factory=list)
    displays: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def traceback(self) -> str:
        """The error as the person reads it, without colours."""
        return "\n".join(self.error)


class Kernel:
    """One kernel; use it as a context manager."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._environment = {**os.environ, **environment, "JUPYTER_PLATFORM_DIRS": "1"}
        self._client: BlockingKernelClient

    def __enter__(self) -> Self:
        self._manager.start_kernel(env=self._environment)
        self._client = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    @property
    def pid(self) -> int:
        """The kernel's process."""
        return int(self._manager.provisioner.process.pid)  # type: ignore[union-attr] # it runs

    def send(self, code: str) -> str:
        """Start a cell; its message id."""
        return str(self._client.execute(code))

    def interrupt(self) -> None:
        """What the stop button does."""
        self._manager.interrupt_kernel()

    def kill(self) -> None:
        """``kill -9``: no handler runs, nothing is flushed."""
        os.kill(self.pid, signal.SIGKILL)

    def wait_for(self, text: str) -> None:
        """Return when something with this text is printed; what was put out before is dropped."""
        while text not in self._client.get_iopub_msg(timeout=PATIENCE)["content"].get("text", ""):
            pass

    def collect(self, message_id: str) -> Cell:
        """Wait for a cell's end and gather its output."""
        cell = Cell()
        end = time.monotonic() + PATIENCE
        while True:
            message = self._client.get_iopub_msg(timeout=max(0.0, end - time.monotonic()))
            content = message["content"]
            kind = message["msg_type"]
            if kind in ("display_data", "update_display_data", "execute_result"):
                key = content.get("transient", {}).get("display_id") or f"#{len(cell.displays)}"
                cell.displays[key] = content["data"]
            if message["parent_header"].get("msg_id") != message_id:
                continue
            if kind == "stream":
                cell.text += content["text"]
            elif kind == "error":
                cell.error = content["traceback"]
            elif kind == "status" and content["execution_state"] == "idle":
                break
        while True:
            reply = self._client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == message_id:
                cell.status = reply["content"]["status"]
                return cell

    def complete(self, code: str) -> list[str]:
        """What the tab key offers at the ``¦``."""
        before, after = code.split("¦")
        reply = self._client.complete(before + after, len(before), reply=True, timeout=PATIENCE)
        return list(reply["content"]["matches"])

    def run(self, code: str) -> Cell:
        """Run a cell to its end."""
        return self.collect(self.send(code))
