"""Where a job or a word of news is shown in the cell that is running."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from IPython.core.getipython import get_ipython
from IPython.display import DisplayHandle

from dw_jupyter.job.handle import Job
from dw_jupyter.job.publisher import log
from dw_jupyter.notebook.view import JobView, Renderer

_shown: weakref.WeakSet[Job] = weakref.WeakSet()
"""Jobs that a cell has shown and will give as its value: they are not shown a second time for that."""

_live: weakref.WeakKeyDictionary[Job, weakref.ref[JobView]] = weakref.WeakKeyDictionary()

_of_cells: dict[str, tuple[str, list[Callable[[], object]]]] = {}
"""What lets go of what the last run of each cell has shown, by the id of the cell, with that of the run."""


def show(job: Job) -> None:
    """Show a job's live view in this cell; what a job does that is a cell's value."""
    if job in _shown:
        _shown.discard(job)
        return
    renderer = Renderer(job)

    def let_go() -> None:
        job.unsubscribe(renderer)
        renderer.close()

    until_run_again(let_go)
    renderer.show(job.snapshot)
    job.subscribe(renderer)


def live_view(job: Job) -> JobView:
    """A job's live view, for whoever displays widgets without our doing: one however often it is shown."""
    made = _live.get(job)
    view = made() if made else None
    if view is None:
        renderer = Renderer(job)
        view = renderer.make(job.snapshot)
        _live[job] = weakref.ref(view)
        job.subscribe(renderer)
    return view


def until_run_again(let_go: Callable[[], object]) -> None:
    """Let go of what an earlier run of this cell has shown, whose outputs the front end has taken away.

    Args:
        let_go: called when this cell shows something in a later run. In a front end that does not tell which cell runs
            it never is.
    """
    cell, run = _cell()
    if not cell:
        return
    before, shown = _of_cells.get(cell, ("", []))
    if before != run:
        for release in shown:
            try:
                release()
            except Exception:  # noqa: BLE001 - what is shown now does not depend on it
                log.exception("letting go of an earlier run's view")
        shown = []
    _of_cells[cell] = run, [*shown, let_go]


def _cell() -> tuple[str, str]:
    """The ids of the cell that is running and of this run; ``""`` where the front end does not tell."""
    parent: dict[str, dict[str, object]] = getattr(get_ipython(), "get_parent", dict)()
    metadata, header = parent.get("metadata") or {}, parent.get("header") or {}
    return str(metadata.get("cellId") or ""), str(header.get("msg_id") or "")


def leave_as_shown(job: Job) -> Job:
    """A job for a cell to return that has shown it already."""
    _shown.add(job)
    return job


class Line:
    """One line of text in the cell's output that says the newest of something that takes a while."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None

    def say(self, text: str) -> None:
        """Replace what was said before."""
        bundle = {"text/plain": text}
        if self._handle is None:
            self._handle = DisplayHandle()  # type: ignore[no-untyped-call] # IPython leaves it untyped
            self._handle.display(bundle, raw=True)  # type: ignore[no-untyped-call] # as above
        else:
            self._handle.update(bundle, raw=True)  # type: ignore[no-untyped-call] # as above
