"""The newest snapshot of a job, and who draws it."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import logging
import time
from dataclasses import replace
from typing import Any, Protocol

from dw_jupyter.job.snapshot import Snapshot

log = logging.getLogger("dw_jupyter")
log.addHandler(logging.NullHandler())

EMIT_SECONDS = 0.5
"""Two drawings a second are as many as a person can read, and far fewer than a busy server drops."""


_numbers = itertools.count(1)


class Renderer(Protocol):
    """Whoever draws a job. Both methods are given the newest snapshot."""

    def update(self, snapshot: Snapshot) -> None:
        """Draw; called on the background thread in the context of the cell that subscribed, at most twice a second."""

    def flush(self, snapshot: Snapshot) -> None:
        """Draw once more; called in the cell whose wait for the job has ended."""


class Publisher:
    """Holds a snapshot and hands it to renderers, the last one always; on the background loop."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.begin(snapshot)
        self._renderers: list[tuple[contextvars.Context, Renderer]] = []
        self._emitted = 0.0
        self._emission: asyncio.TimerHandle | None = None

    def begin(self, snapshot: Snapshot) -> None:
        """Take this snapshot as the newest, without drawing it."""
        self.snapshot = replace(snapshot, number=next(_numbers))

    def take_over(self, other: Publisher) -> None:
        """Draw from now on for those whom another has drawn for."""
        self._renderers[:0] = other._renderers
        other._renderers.clear()

    def subscribe(self, context: contextvars.Context, renderer: Renderer) -> None:
        """Add a renderer; it draws at once."""
        self._renderers.append((context, renderer))
        self._draw(context, renderer)

    @property
    def renderers(self) -> list[Renderer]:
        """Who draws. From any thread."""
        return [renderer for _, renderer in self._renderers]

    def unsubscribe(self, renderer: Renderer) -> None:
        """Draw no more for a renderer."""
        self._renderers[:] = [each for each in self._renderers if each[1] is not renderer]

    def publish(self, **changes: Any) -> None:
        """Change the snapshot, and draw it when half a second has gone since the last drawing."""
        self.begin(replace(self.snapshot, **changes))
        if self._emission is None:
            wait = max(0.0, self._emitted + EMIT_SECONDS - time.monotonic())
            self._emission = asyncio.get_running_loop().call_later(wait, self.emit)

    def emit(self) -> None:
        """Draw now."""
        if self._emission is not None:
            self._emission.cancel()
            self._emission = None
        self._emitted = time.monotonic()
        for context, renderer in tuple(self._renderers):
            self._draw(context, renderer)

    def _draw(self, context: contextvars.Context, renderer: Renderer) -> None:
        try:
            context.run(renderer.update, self.snapshot)
        except Exception:  # a display that breaks must not break the job
            log.exception("drawing job %s", self.snapshot.job)
