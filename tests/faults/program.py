"""A program in a process of its own, told over a pipe what to do, that can be killed at any moment or step.

It is forked off a process that has loaded the packages and done nothing else: as fresh as a new interpreter, and there
in a hundredth of the time.
"""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing.connection import Connection
from typing import Any, Self

from tests.faults.desk import Desk, View
from tests.faults.traps import Trap

PATIENCE = 120.0
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["pytest", "dw_jupyter.job.submit", "dw_jupyter.job.shelf", "tests.faults.program"])


class KilledError(Exception):
    """The program died before it answered."""


class RefusedError(Exception):
    """What was asked of the program raised an error: its type's name, and its text."""


class Program:
    """A desk in another process; use it as a context manager.

    Args:
        trap: where it dies, if anywhere.
        settings: of the desk.
    """

    def __init__(self, *, trap: Trap | None = None, **settings: Any) -> None:
        self._pipe, other = _context.Pipe()
        self._process = _context.Process(target=_serve, args=(other, trap, settings), daemon=True)
        self._process.start()
        other.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, what: str, *args: Any, **options: Any) -> Any:
        """Have it done.

        Raises:
            RefusedError: it cannot be done.
            KilledError: the program died of it.
        """
        self.tell(what, *args, **options)
        return self.hear()

    def refuses(self, what: str, *args: Any, **options: Any) -> str:
        """Have it done, if it can be; else the name of the error that it raised."""
        try:
            self.ask(what, *args, **options)
        except RefusedError as error:
            return str(error.args[0])
        return ""

    def tell(self, what: str, *args: Any, **options: Any) -> None:
        """Have it begun."""
        self._pipe.send((what, args, options))

    def hear(self) -> Any:
        """What came of it."""
        assert self._pipe.poll(PATIENCE), "the program does not answer"
        try:
            done, result = self._pipe.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            assert self._process.exitcode == -signal.SIGKILL, self._process.exitcode
            raise KilledError from None
        if not done:
            raise RefusedError(*result)
        return result

    def hears(self, seconds: float) -> bool:
        """Whether it answers, or dies, within so many seconds."""
        return self._pipe.poll(seconds)

    def run(self, texts: list[str], **options: Any) -> View:
        """Run a cell to its end."""
        view: View = self.ask("run", texts, **options)
        return view

    def kill(self) -> None:
        """``kill -9``."""
        self._process.kill()
        self._process.join()

    def close(self) -> None:
        """Kill it, if it lives, and let go of it."""
        self.kill()
        self._process.close()
        self._pipe.close()


def _serve(pipe: Connection, trap: Trap | None, settings: dict[str, Any]) -> None:
    desk = Desk(**settings)
    if trap is not None:
        trap.arm()
    while True:
        what, args, options = pipe.recv()
        try:
            answer = True, getattr(desk, what)(*args, **options)
        except Exception as error:  # noqa: BLE001 - whoever asked is to hear of it, whatever it is
            answer = False, (type(error).__name__, str(error))
        pipe.send(answer)
