"""The live view of a job under its cell, and how it settles into what a saved notebook keeps.

The view is an anywidget (``js/src/job_view.ts``) with one trait, written only here. The renderer is what a
job talks to, which knows no displays.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from IPython.display import display

from dw_jupyter.notebook.static_html import remedy, render_html, render_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.display import DisplayHandle

    from dw_jupyter.job.snapshot import Snapshot

_STATIC = Path(__file__).parents[1] / "static"


def _built(name: str) -> str | Path:
    """A built file as text; as a path while developing.

    anywidget reloads what it gets as a path, and keeps every widget made from one alive (its issue 929).
    """
    path = _STATIC / name
    return path if os.environ.get("ANYWIDGET_HMR") == "1" else path.read_text(encoding="utf-8")


def state_of(snapshot: Snapshot, now: float) -> dict[str, Any]:
    """What the browser is told of a job: JSON values only, in words ready to show. ``now`` is epoch seconds.

    The shape is ``JobState`` in ``js/src/state.ts``.
    """
    return {
        "job": snapshot.job,
        "label": snapshot.label,
        "phase": snapshot.state,
        "headline": snapshot.headline,
        "details": list(snapshot.details(now)),
        "completed": snapshot.completed,
        "failed": snapshot.failed,
        "waiting": snapshot.waiting,
        "total": snapshot.total,
        "uploaded": snapshot.uploaded,
        "note": snapshot.note,
        "trouble": snapshot.trouble,
        "error": remedy(snapshot),
        "ended": snapshot.ended,
        "cancellable": not snapshot.ended and snapshot.state != "cancelling",
        "updated": snapshot.updated,
    }


def settled_bundle(snapshot: Snapshot) -> dict[str, str]:
    """A job as HTML and text, by mime type: what needs neither a kernel nor a script."""
    return {"text/html": render_html(snapshot), "text/plain": render_text(snapshot)}


class JobView(anywidget.AnyWidget):
    """The widget. Its display data hold HTML and text too, for places without widgets."""

    _esm = _built("job_view.js")
    _css = _built("job_view.css")
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        super().__init__(state=state_of(snapshot, time.time()))

    def tell(self, snapshot: Snapshot) -> None:
        """Hands the browser a snapshot; one that says the same as the last sends nothing."""
        self._snapshot = snapshot
        self.state = state_of(snapshot, time.time())

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, **settled_bundle(self._snapshot)}, metadata


class Renderer:
    """Draws one job in the cell that started it, from any thread.

    While the job is under way the output is a :class:`JobView`; its end replaces that by HTML and text, which
    show in a saved notebook without kernel or scripts. A page that was reloaded no longer knows the display by
    its id, so the widget gets the replacement too and puts it there itself. It stays open for a page that was
    closed at the end: that one finds it when it is reopened, and asks.

    Args:
        cancel: asks for the job to be cancelled. It is called on whichever thread the kernel handles clicks
            on, so it has to post the wish and return.
    """

    def __init__(self, cancel: Callable[[], None]) -> None:
        self._cancel = cancel
        self._lock = threading.Lock()
        self._last: Snapshot | None = None
        self._view: JobView | None = None
        self._handle: DisplayHandle | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Displays the job in the current cell; one that has ended without a widget."""
        with self._lock:
            self._last = snapshot
            if not snapshot.ended:
                self._view = JobView(snapshot)
                self._view.on_msg(self._hear)
            data, metadata = self._bundle(snapshot)
            self._handle = display(  # type: ignore[no-untyped-call] # IPython leaves it untyped
                data, metadata=metadata, raw=True, display_id=True
            )

    def update(self, snapshot: Snapshot) -> None:
        """Draws a tick. Call it in the context of the cell that started the job, at most twice a second."""
        with self._lock:
            if self._has_ended():
                return
            self._last = snapshot
            if self._view is not None:
                self._view.tell(snapshot)
            if snapshot.ended:
                self._publish()

    def flush(self, snapshot: Snapshot) -> None:
        """Draws again in the current cell, where a wait has ended.

        A notebook that is executed without a front end keeps only what is published while a cell runs.
        """
        with self._lock:
            if not self._has_ended():
                self._last = snapshot
                if self._view is not None:
                    self._view.tell(snapshot)
            self._publish()

    def _hear(self, _widget: JobView, content: dict[str, Any], _buffers: list[Any]) -> None:
        """Answers a wish of the browser's."""
        match content.get("kind"):
            case "cancel":
                self._cancel()
            case "settle":
                with self._lock:
                    if self._has_ended():
                        self._publish()

    def _has_ended(self) -> bool:
        return self._last is not None and self._last.ended

    def _publish(self) -> None:
        """Sends the state once more, since a flooded server drops messages, and replaces the output."""
        if self._last is None or self._handle is None:
            return
        data, metadata = self._bundle(self._last)
        if self._view is not None:
            self._view.send_state("state")
        self._handle.update(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call] # as above
        if self._view is not None and self._last.ended:
            self._view.send({"kind": "settled", "view": self._view.model_id, "data": data})

    def _bundle(self, snapshot: Snapshot) -> tuple[dict[str, Any], dict[str, Any]]:
        if snapshot.ended or self._view is None:
            return settled_bundle(snapshot), {}
        return self._view._repr_mimebundle_()
