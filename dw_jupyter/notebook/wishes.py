"""What a view asks of the kernel, and the answers.

A kernel hears its front end on whichever thread it likes, also while a cell is busy: so every wish is handed on at
once, and answered from a thread of its own when it is done. The view believes only what comes back.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

from IPython.core.getipython import get_ipython

from dw_jupyter import errors
from dw_jupyter.job.reader import Reader
from dw_jupyter.job.search import SupersededError
from dw_jupyter.notebook.panel_state import CALL, MAGIC

log = logging.getLogger("dw_jupyter")

Answer = dict[str, Any]


class NoPanelError(errors.OptionError):
    """No panel is open. A click cannot open one, since it has no cell to show it in: ``line`` does in a cell."""

    def __init__(self) -> None:
        super().__init__("No panel is open. Run this in a cell:")
        shell = get_ipython()
        magics = shell.magics_manager.magics["line"] if shell is not None else {}
        self.line = MAGIC if "dwbatch" in magics else CALL


def open_panel(job_id: str, shown: Callable[[], None]) -> None:
    """Turn the panel that is open to a job; ``shown`` is told when one has, be it one that is opened later.

    Raises:
        NoPanelError: none is open.
    """
    from dw_jupyter.notebook.panel import show_in_panel  # the panel loads when it is first wanted

    try:
        show_in_panel(job_id, shown)
    except errors.OptionError:
        raise NoPanelError from None


class Steered(Protocol):
    """A job, as far as a view may do something with it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def reader(self) -> Reader | None:
        """What reads its rows."""

    def cancel(self) -> None:
        """Ask for its end, and return."""

    def retry(self) -> object:
        """Ask once more what has no answer; wait until that is on its way."""


class Wishes:
    """Fulfils what a view asks for: ``cancel``, ``retry``, ``open``, and of its rows ``rows`` and ``row``.

    Args:
        job: the job that the view shows.
        answer: sends a message to the view; called on any thread.
    """

    def __init__(self, job: Steered, answer: Callable[[Answer], None]) -> None:
        self._job = job
        self._answer = answer
        self._newest: dict[str, Mapping[str, Any]] = {}
        """What each view of a page asked for last: its earlier questions need no answer any more."""

    def hear(self, wish: Mapping[str, Any]) -> None:
        """Take a wish and return; what is not understood is passed over."""
        kind = wish.get("kind")
        if kind == "rows":
            self._newest[str(wish.get("view"))] = wish
        if kind in ("cancel", "retry", "open", "rows", "row"):
            _start(self._fulfil, kind, wish)

    def foresee(self) -> None:
        """Have the rows of a large job that has ended ready to be read, so that its first page comes at once."""
        _start(self._warm)

    def _warm(self) -> None:
        with contextlib.suppress(errors.DoublewordError, OSError):
            if (reader := self._job.reader) is not None:
                reader.warm()

    def _fulfil(self, kind: str, wish: Mapping[str, Any]) -> None:
        try:
            match kind:
                case "cancel":
                    self._job.cancel()
                case "retry":
                    self._job.retry()
                case "open":
                    open_panel(self._job.id, partial(self._answer, {"kind": "opened"}))
                case "rows" | "row":
                    self._answer({"kind": kind, "id": wish.get("id"), kind: self._read(kind, wish)})
        except NoPanelError as error:
            self._refuse(wish, error.what, line=error.line)
        except (errors.DoublewordError, SupersededError, OSError, ValueError, IndexError) as error:
            self._refuse(wish, str(error))
        except Exception:
            log.exception("a view's wish: %s", kind)
            self._refuse(wish, "This is a bug of dw_jupyter.")

    def _refuse(self, wish: Mapping[str, Any], why: str, **more: str) -> None:
        self._answer({"kind": "refused", "wish": wish["kind"], "id": wish.get("id"), "why": why, **more})

    def _read(self, kind: str, wish: Mapping[str, Any]) -> Any:
        reader = self._job.reader
        if reader is None:
            raise errors.OptionError("The rows are still being prepared.", "Look again in a moment.")
        if kind == "row":
            return reader.whole(int(wish.get("row", -1)))
        asked = {name: str(wish.get(name, "")) for name in ("status", "group", "code", "message", "text")}
        view = str(wish.get("view"))
        start = max(0, int(wish.get("start", 0)))
        return reader.page(**asked, start=start, wanted=lambda: self._newest.get(view) is wish)


def _start(work: Callable[..., None], *arguments: object) -> None:
    # Not on the loop's own workers: a retry waits for these, and a long search would keep them from the jobs.
    threading.Thread(target=work, args=arguments, name="dw_jupyter wish", daemon=True).start()
