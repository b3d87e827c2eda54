"""One line of text about the jobs that somebody waits for, where no view draws them: in a terminal, in a script.

The waiting itself draws, turn by turn, in the thread that waits: nothing appears behind anybody's back. It goes to the
standard error, so that what a script prints stays its own. On a terminal the line is replaced in place; elsewhere, in
a log say, there is a line for each change of state and none for each row.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from dw_jupyter import job
from dw_jupyter.job.publisher import Renderer
from dw_jupyter.job.snapshot import Snapshot

_lock = threading.RLock()
_waits: list[_Wait] = []
"""Waits that go on at once, as in ``asyncio.gather(one, two)``: they share the line."""
_drawn = ""
"""What stands on the line of the terminal."""


class _Wait:
    def __init__(self, look: Callable[[], Snapshot]) -> None:
        self.look = look
        self.said = ("", "")

    def turn(self) -> None:
        """Say what is new."""
        with _lock:
            if _in_place():
                _draw(_words(self.look()) if len(_waits) == 1 else " | ".join(_brief(wait.look()) for wait in _waits))
            else:
                self._log()

    def end(self) -> None:
        """Leave the last words standing."""
        with _lock:
            _waits.remove(self)
            if _in_place():
                _draw(_words(self.look()))
                _write("\n")
            else:
                self._log()

    def _log(self) -> None:
        now = self.look()
        if (said := (now.state, now.trouble)) != self.said:
            self.said = said
            _write(f"{_words(now)}\n")


@contextlib.contextmanager
def drawn(look: Callable[[], Snapshot], renderers: Sequence[Renderer]) -> Iterator[Callable[[], None]]:
    """What a wait is to call now and then, from its own thread, so that the person sees how far the job is.

    It draws nothing where a notebook shows the job already, and nothing for a wait that is over before its first turn.

    Args:
        look: gives the newest snapshot.
        renderers: those that draw the job for whoever waits, as of each turn.
    """
    wait = _Wait(look)

    def turn() -> None:
        if (job.show is None or not renderers) and sys.stderr is not None:
            if wait not in _waits:
                _waits.append(wait)
            wait.turn()

    try:
        yield turn
    finally:
        if wait in _waits:
            wait.end()


def _in_place() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _words(now: Snapshot) -> str:
    return " · ".join(filter(None, (_brief(now), *now.details(time.time()), now.trouble)))


def _brief(now: Snapshot) -> str:
    return " · ".join(filter(None, (now.label, now.headline)))


def _draw(text: str) -> None:
    global _drawn  # noqa: PLW0603 - there is one terminal
    text = " ".join(text.split())[: shutil.get_terminal_size().columns - 1]
    if text != _drawn:
        _write(f"\r{text.ljust(len(_drawn))}")
        _drawn = text


def _write(text: str) -> None:
    global _drawn  # noqa: PLW0603 - as above
    with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
        sys.stderr.write(text)
        sys.stderr.flush()
    if text.endswith("\n"):
        _drawn = ""
