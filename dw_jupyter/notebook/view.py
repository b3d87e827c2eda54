"""The live view of a job under its cell, and how it settles into what a saved notebook keeps.

The view is an anywidget (``js/src/job_view.ts``) with one trait, written only here. The renderer is what a
job talks to, which knows no displays.
"""

from __future__ import annotations

import contextvars
import os
import secrets
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets
from IPython.display import display

from dw_jupyter.notebook import wishes
from dw_jupyter.notebook.static_html import remedy, render_html, render_text

if TYPE_CHECKING:
    from IPython.display import DisplayHandle

    from dw_jupyter.job.snapshot import Snapshot

FORM_SECONDS = 30.0
"""A browser that keeps the settled form of a job under way gets a new one so often, and where the phase changes."""
LARGE = 10_000
"""Rows from which on reading begins before somebody asks, once a job has ended: a million take a second."""
_STATIC = Path(__file__).parents[1] / "static"


def built(name: str) -> str | Path:
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
        "details": [*snapshot.details(now), *([f"job {snapshot.job}"] if snapshot.job else [])],
        "completed": snapshot.completed,
        "failed": snapshot.failed,
        "waiting": snapshot.waiting,
        "total": snapshot.total,
        "uploaded": snapshot.uploaded,
        "pulse": list(snapshot.pulse),
        "note": snapshot.note,
        "trouble": snapshot.trouble,
        "error": remedy(snapshot),
        "ended": snapshot.ended,
        "cancellable": not snapshot.ended and snapshot.state != "cancelling",
        "retryable": _retryable(snapshot),
        "readable": bool(snapshot.job),
        "openable": bool(snapshot.job),
        "updated": snapshot.updated,
        "pace": snapshot.pace,
    }


def _retryable(snapshot: Snapshot) -> int:
    """How many rows a retry would ask again; none of a job that goes on where this kernel cannot follow it."""
    over = snapshot.ended and snapshot.state != "unreachable" and bool(snapshot.job)
    return snapshot.total - snapshot.completed if over else 0


def settled_bundle(snapshot: Snapshot, *, place: str = "") -> dict[str, str]:
    """A job as HTML and text, by mime type: what needs neither a kernel nor a script."""
    return {"text/html": render_html(snapshot, place=place), "text/plain": render_text(snapshot)}


class JobView(anywidget.AnyWidget):
    """The widget. Its display data hold HTML and text too, for places without widgets."""

    _esm = built("job_view.js")
    _css = built("job_view.css")
    state = traitlets.Dict().tag(sync=True)
    place = traitlets.Unicode().tag(sync=True)
    """What the settled form of this view is marked with."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        super().__init__(state=state_of(snapshot, time.time()), place=secrets.token_hex(6))

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
    show in a saved notebook without kernel or scripts. The view lives on: JupyterLab and Notebook let it show itself
    in the place of that HTML, as long as its kernel is there, so that the answers can be read and what failed can be
    retried; the notebook that is saved knows nothing of it. A page that was reloaded no longer knows the display by
    its id, so the view gets the replacement too and puts it there itself; one that was closed at the end asks for it
    when it is reopened. A job that is taken up again is a live view again.
    """

    def __init__(self, job: wishes.Steered) -> None:
        self._job = job
        self._lock = threading.Lock()
        self._last: Snapshot | None = None
        self._view: JobView | None = None
        self._handle: DisplayHandle | None = None
        self._published: dict[str, Any] = {}
        self._formed: float | None = None
        """When a browser last got the form to keep, in the time of ``time.monotonic``; None where none asked."""
        self._lookers: set[str] = set()
        self._unseen = False
        """Whether every page has said that no output of it shows the view."""

    def make(self, snapshot: Snapshot) -> JobView:
        """The live view, for a host that displays a widget by itself and keeps no output that could be replaced."""
        with self._lock:
            self._last = snapshot
            self._view = JobView(snapshot)
            self._context = contextvars.copy_context()
            self._wishes = wishes.Wishes(self._job, self._answer)
            self._view.on_msg(self._hear)
            self._foresee()
            return self._view

    def show(self, snapshot: Snapshot) -> None:
        """Displays the job in the current cell; one that has ended as HTML and text."""
        self.make(snapshot)
        with self._lock:
            self._published, metadata = self._bundle(snapshot)
            self._handle = display(  # type: ignore[no-untyped-call] # IPython leaves it untyped
                self._published, metadata=metadata, raw=True, display_id=True
            )

    def update(self, snapshot: Snapshot) -> None:
        """Draws a tick. Call it in the context of the cell that started the job, at most twice a second."""
        with self._lock:
            before = self._take(snapshot)
            if self._last is None or before is None:
                return
            turned = before.ended != self._last.ended
            if turned or (self._last.ended and self._bundle(self._last)[0] != self._published):
                self._publish()
            elif before.state != self._last.state or (self._formed or 0.0) + FORM_SECONDS <= time.monotonic():
                self._renew()
            if turned:
                self._foresee()

    def flush(self, snapshot: Snapshot) -> None:
        """Draws again in the current cell, where a wait has ended.

        A notebook that is executed without a front end keeps only what is published while a cell runs.
        """
        with self._lock:
            self._take(snapshot)
            self._publish()

    def close(self) -> None:
        """Draws no more, and lets the widget go: its output is no longer there."""
        with self._lock:
            view, self._view = self._view, None
        if view is not None:
            view.close()

    def _foresee(self) -> None:
        if self._last is not None and self._last.ended and self._last.total >= LARGE:
            self._wishes.foresee()

    def _take(self, snapshot: Snapshot) -> Snapshot | None:
        """Make a snapshot the last, unless it is older; the one before."""
        before = self._last
        if before is None or self._view is None or snapshot.number < before.number:
            return None
        self._last = snapshot
        if not self._unseen or snapshot.ended != before.ended:
            self._view.tell(snapshot)
        return before

    def _hear(self, _widget: JobView, content: dict[str, Any], _buffers: list[Any]) -> None:
        """Answers a wish of the browser's."""
        match content.get("kind"):
            case "settle":
                with self._lock:
                    if self._last is not None and self._view is not None:
                        self._publish() if self._last.ended else self._settle(self._view, self._last)
            case "look" | "rest" as kind:
                with self._lock:
                    (self._lookers.add if kind == "look" else self._lookers.discard)(str(content.get("view")))
                    self._unseen = not self._lookers
                    if self._last is not None and self._view is not None and not self._unseen:
                        self._view.tell(self._last)
            case _:
                self._wishes.hear(content)

    def _answer(self, message: dict[str, Any]) -> None:
        if self._view is not None:
            self._context.copy().run(self._view.send, message)

    def _publish(self) -> None:
        """Sends the state once more, since a flooded server drops messages, and replaces the output."""
        if self._last is None or self._handle is None or self._view is None:
            return
        self._published, metadata = self._bundle(self._last)
        self._view.tell(self._last)
        self._view.send_state("state")
        self._handle.update(self._published, metadata=metadata, raw=True)  # type: ignore[no-untyped-call] # as above
        if self._last.ended:
            self._settle(self._view, self._last)

    def _renew(self) -> None:
        """Gives a browser that keeps the settled form of a job under way one as of now."""
        if self._formed is not None and self._last is not None and self._view is not None:
            self._settle(self._view, self._last)

    def _settle(self, view: JobView, snapshot: Snapshot) -> None:
        """Gives the browser the settled form, as of now, to put in the place of the widget where the host lets it."""
        self._formed = time.monotonic()
        view.send({"kind": "settled", "view": view.model_id, "data": settled_bundle(snapshot, place=view.place)})

    def _bundle(self, snapshot: Snapshot) -> tuple[dict[str, Any], dict[str, Any]]:
        if self._view is not None and not snapshot.ended:
            return self._view._repr_mimebundle_()
        return settled_bundle(snapshot, place=self._view.place if self._view is not None else ""), {}
