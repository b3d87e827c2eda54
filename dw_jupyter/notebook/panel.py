"""The panel: every job of this machine and every batch of the account, live, and a form to send more.

The widget (``js/src/panel.ts``) is told of one page of the list by a trait; what it wishes comes as messages with a
number, each answered by a message with the same one. A message may come on any thread, so it is posted to the
background loop; what blocks there goes to worker threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import secrets
import time
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import anywidget
import traitlets

from dw_jupyter.errors import DoublewordError, JournalError, OptionError
from dw_jupyter.job import loop, shelf
from dw_jupyter.job.elsewhere import cancel_batch, retry_batch
from dw_jupyter.job.entries import Entry, Filters
from dw_jupyter.job.overview import Overview
from dw_jupyter.job.publisher import log
from dw_jupyter.notebook.display import until_run_again
from dw_jupyter.notebook.onlookers import Onlookers, Sign
from dw_jupyter.notebook.options import waits
from dw_jupyter.notebook.panel_form import Form
from dw_jupyter.notebook.panel_html import render_html, render_text
from dw_jupyter.notebook.panel_state import CALL, SIZE, state_of
from dw_jupyter.notebook.view import built

GLANCE_SECONDS = 2.0
"""How long the cell that shows a panel waits for the account's batches, so that they are in what is saved."""
REACH_SECONDS = 10.0
"""How long a wish waits for its job to be reached, so that it is said where it cannot be."""
PATIENT_SECONDS = 20.0
"""The same where nobody looks on, and what is saved is all there will be."""
_open: weakref.WeakSet[Panel] = weakref.WeakSet()
_wanted: list[tuple[str, Callable[[], None]]] = []
"""The job that was to be shown while no panel was open, and who is told when it is: the next one opens with it."""


class Panel(anywidget.AnyWidget):
    """The widget. Its display data hold a table and text too, for saved notebooks and places without widgets.

    Args:
        names: the notebook's names, among which the form finds tables.
        line: what opened it, and opens another.
    """

    _esm = built("panel.js")
    _css = built("panel.css")
    state = traitlets.Dict().tag(sync=True)
    """One page of the list, as ``PanelState`` in ``js/src/panel/state.ts`` has it."""
    looked = traitlets.Float(0.0).tag(sync=True)
    """When the account was last heard of, epoch seconds."""

    place = traitlets.Unicode().tag(sync=True)
    """What the table is marked with in whose place a notebook shows the panel."""

    def __init__(self, names: Mapping[str, object] | None, *, line: str = CALL) -> None:
        self._line = line
        self._form = Form(names)
        self._overview = Overview(self._publish)
        self._context = contextvars.copy_context()
        self._filters = Filters()
        self._page = 0
        self._shown = 0
        """Outputs that show it."""
        self._opened: set[str] = set()
        """The entries of the page that are open in the browser: of the others it is told what the list shows."""
        self._tasks: set[asyncio.Task[None]] = set()
        self.onlookers = Onlookers()
        try:
            self._overview.glance()
        except JournalError as error:
            self._overview.trouble = str(error).replace("\n", " ")
        super().__init__(state=self._state(), place=secrets.token_hex(6))
        self.on_msg(self._hear)
        _open.add(self)

    def show(self, entry_id: str) -> None:
        """Turn to one job or batch: to its page, and have the browser open it. From any thread."""
        loop.post(self._show, entry_id)

    def _show(self, entry_id: str) -> None:
        self._tell({"kind": "show", "id": self._turn(entry_id)})

    def _turn(self, entry_id: str) -> str:
        """Open a job or batch on its page; its id in the list."""
        entries = self._overview.entries
        place = next((place for place, entry in enumerate(entries) if _is_meant(entry, entry_id)), None)
        self._filters = Filters()
        self._page = 0 if place is None else place // SIZE
        shown = entry_id if place is None else entries[place].id
        self._opened.add(shown)
        self._publish()
        return shown

    async def _look_round(self, seconds: float) -> None:
        """Hear of the account, for so long at most; then turn to the job that was to be shown."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._overview.once(), seconds)
        if _wanted:
            job_id, shown = _wanted.pop()
            self._turn(job_id)
            shown()

    def _hear(self, _widget: Panel, wish: dict[str, Any], buffers: list[Any]) -> None:
        """Takes a wish of the browser's, on whichever thread."""
        loop.post(self._begin, wish, [bytes(buffer) for buffer in buffers])

    def _begin(self, wish: dict[str, Any], buffers: list[bytes]) -> None:
        task = asyncio.create_task(self._serve(wish, buffers))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, wish: dict[str, Any], buffers: list[bytes]) -> None:
        """Do what is wished, and answer. Whatever goes wrong is the answer."""
        request = wish.get("request")
        try:
            answer: dict[str, Any] = {"done": await self._do(wish, buffers)}
        except DoublewordError as error:
            answer = {"what": error.what, "todo": error.todo}
        except Exception as error:  # noqa: BLE001 - a fault of ours is told too, not left unanswered
            log.exception("a wish of the panel's")
            answer = {"what": f"{type(error).__name__}: {error}"[:300], "todo": ""}
        if request is not None:
            self._tell({"kind": "answer", "request": request, **answer})

    async def _do(self, wish: dict[str, Any], buffers: list[bytes]) -> Mapping[str, Any]:
        match wish.get("kind"):
            case "look" | "rest" | "leave" as sign:
                self._heed(sign, str(wish["view"]))
            case "list":
                self._narrow(wish)
            case "open":
                (self._opened.add if wish["open"] else self._opened.discard)(str(wish["id"]))
                self._publish()
            case "cancel" | "retry" | "forget" as action:
                return await self._act(action, str(wish["id"]))
            case "offer" | "part" | "check" | "faults" | "estimate" | "submit" as kind:
                done = await self._form.do(wish, buffers, partial(self._progress, wish["request"]))
                if kind == "submit":
                    await self._overview.once()  # what was wished is then to be seen
                    self._show(done["job"])
                return done
            case "settle":
                self._tell({"kind": "settled", "view": self.model_id, "data": self._bundle(self.place)})
            case "close":
                self._overview.rest()
                self._form.close()
                self._tell({"kind": "settled", "view": self.model_id, "data": self._bundle()})
            case other:
                raise OptionError(f"The panel knows no wish {other!r}.", "Reload the page.")
        return {}

    def _heed(self, sign: Sign, view: str) -> None:
        self.onlookers.heed(sign, view)
        if sign == "look":
            self._overview.look()
        elif self.onlookers.seen_until < time.monotonic():
            self._overview.rest()

    def _narrow(self, wish: Mapping[str, Any]) -> None:
        since, until = (None if wish[name] is None else float(wish[name]) for name in ("since", "until"))
        self._filters = Filters(group=str(wish["group"]), text=str(wish["text"]), since=since, until=until)
        self._page = int(wish["page"])
        self._publish()

    async def _act(self, action: str, entry_id: str) -> Mapping[str, Any]:
        entry = next((each for each in self._overview.entries if each.id == entry_id), None)
        if entry is None:
            raise OptionError("That job is not in the list any more.", "")
        if action == "forget":
            await loop.beside(shelf.forget, entry_id)
        elif not entry.here:
            await (cancel_batch if action == "cancel" else retry_batch)(entry_id)
        else:
            job = await loop.beside(shelf.attach, entry_id)
            await loop.beside(job.look, REACH_SECONDS)
            await loop.beside(job.cancel if action == "cancel" else job.retry)
        await self._overview.once()  # what was wished is then to be seen
        return {}

    def _progress(self, request: object, told: Mapping[str, Any]) -> None:
        self._tell({"kind": "progress", "request": request, **told})

    def _tell(self, message: dict[str, Any]) -> None:
        self._in_context(self.send, message)

    def _publish(self) -> None:
        """Hands the browser what has changed; what says the same as before sends nothing."""
        self._in_context(self._set)

    def _set(self) -> None:
        self.state = self._state()
        self.looked = self._overview.updated

    def _in_context(self, function: Callable[..., object], *arguments: object) -> None:
        # In the context of the cell that opened the panel: with another one, messages go astray in some kernels.
        try:
            self._context.copy().run(function, *arguments)
        except Exception:  # noqa: BLE001 - a display that breaks must not break the following
            log.exception("telling the panel")

    def _state(self) -> dict[str, Any]:
        overview = self._overview
        state = state_of(
            overview.entries,
            self._filters,
            page=self._page,
            now=time.time(),
            account=overview.account,
            trouble=overview.trouble,
            complete=overview.complete,
            line=self._line,
            opened=self._opened,
        )
        self._page = state["page"]
        self._opened &= {row["id"] for row in state["rows"]}  # a row that comes back to a page comes back closed
        return state

    def _bundle(self, place: str = "") -> dict[str, str]:
        now = self._overview.updated or time.time()
        entries, trouble = self._overview.entries, self._overview.trouble
        return {
            "text/html": render_html(entries, now=now, trouble=trouble, again=self._line, place=place),
            "text/plain": render_text(entries, now=now, trouble=trouble, again=self._line),
        }

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        self._context = contextvars.copy_context()
        self._shown += 1
        until_run_again(self._hide)
        alone = waits()
        loop.run(self._look_round(PATIENT_SECONDS if alone else GLANCE_SECONDS))
        data, metadata = ({}, {}) if alone else super()._repr_mimebundle_(**kwargs) or ({}, {})
        return {**data, **self._bundle()}, metadata

    def _hide(self) -> None:
        """An output that showed it is gone; with the last one goes the widget, and whatever it follows and keeps."""
        self._shown -= 1
        if not self._shown:
            _open.discard(self)
            self.close()
            loop.post(self._overview.rest)
            loop.post(self._form.close)


def _is_meant(entry: Entry, entry_id: str) -> bool:
    return entry.id == entry_id or entry_id in entry.snapshot.batches


def panel(names: Mapping[str, object] | None = None) -> Panel:
    """The panel, to be shown as a cell's value: every job of this machine and every batch of the account, live.

    It can be narrowed by state, text and date, and gives for each job the line that attaches to it, Cancel, Retry
    and Forget. Its form checks, prices and sends a file of requests, or a table with a prompt.

    Args:
        names: where the form finds tables by their names: ``globals()``.
    """
    return Panel(names)


def show_in_panel(job_id: str, shown: Callable[[], None] = lambda: None) -> None:
    """Turn the panel that is open to a job, by its id or that of a batch. From any thread.

    Args:
        job_id: of one of them.
        shown: told when that is done, on whichever thread; also where it is the next panel that does it.

    Raises:
        OptionError: none is open. A click cannot open one, since it has no cell to show it in; the next that a cell
            opens begins with this job.
    """
    newest = max(_open, key=lambda each: (each.onlookers.seen_until, each.onlookers.there_until), default=None)
    if newest is None or newest.onlookers.there_until < time.monotonic():
        _wanted[:] = [(job_id, shown)]
        raise OptionError("No panel is open.", "`%dwbatch panel` in a cell opens one.")
    _wanted.clear()
    newest.show(job_id)
    shown()
