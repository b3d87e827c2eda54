"""What ends the waiting of somebody who waits for a job: an interrupt, or a timeout. Neither ends the job."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from dw_jupyter.errors import JobError
from dw_jupyter.job.snapshot import Snapshot


def _lines(snapshot: Snapshot) -> tuple[str, str]:
    billed = "" if snapshot.account == "local" else ", and is billed"
    return (
        f"Stopped waiting; the job goes on{billed}: {snapshot.headline}.",
        f"Run the cell again to attach, or `%dwbatch attach {snapshot.job}`; `.cancel()` stops the job itself.",
    )


class StoppedWaiting(KeyboardInterrupt):
    """An interrupt while ``job.result()`` or ``--wait`` waited."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__("\n".join(_lines(snapshot)))

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class StillRunningError(TimeoutError):
    """``job.result(timeout=…)`` waited for so long."""

    def __init__(self, snapshot: Snapshot) -> None:
        what = f"The time is over; the job goes on: {snapshot.headline}."
        super().__init__(f"{what}\n`job.df` is the frame so far; `job.result()` waits for the end.")

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class StoppedAwaitingError(JobError):
    """An interrupt while ``await job`` waited.

    It is no ``KeyboardInterrupt``: one that leaves a task, as it would inside ``asyncio.gather``, ends the kernel.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__(*_lines(snapshot), job=snapshot.job)

    def _render_traceback_(self) -> list[str]:
        return [self.what, self.todo]


@contextlib.contextmanager
def noticed() -> Iterator[threading.Event]:
    """An event that is set when the process is interrupted meanwhile; whoever else handles that still does.

    A kernel turns an interrupt into the cancellation of the cell's task, and a cancelled task alone does not stop
    "Run All". A timeout of the user's cancels it too, and must not be taken for an interrupt.
    """
    event = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield event
        return

    def notice(number: int, frame: FrameType | None) -> None:
        event.set()
        before(number, frame)

    signal.signal(signal.SIGINT, notice)
    try:
        yield event
    finally:
        if signal.getsignal(signal.SIGINT) is notice:
            signal.signal(signal.SIGINT, before)
