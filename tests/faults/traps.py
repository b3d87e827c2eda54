"""Ways for a program to die at a step of its own choosing: ``kill -9``, so that no handler runs and nothing is flushed.

A trap says at which kind of step, on which side of it, and at the how-manieth. The steps are those at which something
becomes true outside the program: a file is on the disk, a name is changed, the service is called. Between two of them
a kill at one moment is as good as at any other.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from dw_jupyter.api import download, lines, wire
from dw_jupyter.job import shard

Side = Literal["before", "during", "after"]
STEPS: dict[str, tuple[Any, str, tuple[Side, ...]]] = {
    "sync": (os, "fsync", ("before", "after")),
    "replace": (Path, "replace", ("before", "after")),
    "rename": (Path, "rename", ("before", "after")),
    "append": (lines.LineFile, "append", ("before", "during", "after")),
    "upload": (shard.Shard, "_progress", ("before", "after")),
    "call": (wire.Wire, "call", ("before", "during", "after")),
    "download": (download._Reader, "read", ("before", "during", "after")),
}
"""Where each step is made, and the sides of it that there are; ``during`` an append tears the last line."""
IN_THE_MIDDLE = 0.002
"""Seconds into a call: the service has got it, or not."""


@dataclass(frozen=True, kw_only=True)
class Trap:
    """Die at the ``count``-th step of a kind."""

    step: str
    side: Side
    count: int

    def __str__(self) -> str:
        return f"{self.side} {self.step} {self.count}"

    def arm(self) -> None:
        """Set the trap in this process."""
        owner, name, _ = STEPS[self.step]
        made = getattr(owner, name)
        steps = itertools.count(1)
        wrap = _wrap_async if inspect.iscoroutinefunction(made) else _wrap
        setattr(owner, name, wrap(made, lambda: self.side if next(steps) == self.count else None))


def die() -> None:
    """End this process at once."""
    os.kill(os.getpid(), signal.SIGKILL)


def _wrap(made: Callable[..., Any], due: Callable[[], Side | None]) -> Callable[..., Any]:
    def step(*args: Any, **options: Any) -> Any:
        side = due()
        if side == "before":
            die()
        if side == "during":
            file, block = args
            made(file, block[: block.rfind(b"\n", 0, -1) + 1])
            with file.path.open("ab") as torn:
                torn.write(block[block.rfind(b"\n", 0, -1) + 1 :][:20])
            die()
        result = made(*args, **options)
        if side == "after":
            die()
        return result

    return step


def _wrap_async(made: Callable[..., Any], due: Callable[[], Side | None]) -> Callable[..., Any]:
    async def step(*args: Any, **options: Any) -> Any:
        side = due()
        if side == "before":
            die()
        if side == "during":
            threading.Timer(IN_THE_MIDDLE, die).start()
            await asyncio.sleep(0)
        result = await made(*args, **options)
        if side == "after":
            die()
        if side == "during":
            await asyncio.Event().wait()  # the answer is lost
        return result

    return step
