"""A job that has ended is taken up again: to send what was never sent, or to ask once more what failed."""

from __future__ import annotations

from dw_jupyter.frames.results import Results
from dw_jupyter.job.journal import Journal


def resume(journal: Journal, _: Results, *, window: str) -> None:
    """Take a job up that ended with something unsent, such as for want of credit; leave any other as it ended."""
    if journal.record.resumable:
        journal.forget_cancel()
        journal.record.resume(window=window)
        journal.save()
