"""What is said beside a job when its cell is run: what may not have been meant, and what was there before."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

import pandas as pd

from dw_jupyter.errors import TemplateError
from dw_jupyter.frames.roles import near_role
from dw_jupyter.job.record import JobRecord


def note_prompt(prompt: str, frame: pd.DataFrame, *, varies: bool) -> str:
    """What to say of a prompt that can be sent.

    Args:
        prompt: its text.
        frame: the source.
        varies: whether rows ask different things, or there is no source.

    Raises:
        TemplateError: it names a column in single braces, as an f-string would, and uses none.
    """
    notes = [] if varies else [_unused(prompt, frame)]
    if near := near_role(prompt):
        role = near.rstrip(":").lower()
        notes.append(f"{near} is plain text: a message begins with a line that is just {role}: in small letters.")
    return " ".join(filter(None, notes))


def note_rows(*, sampled: int | None, seed: int, skipped: int) -> str:
    """What to say of the rows that are asked: how many are a sample, and how many had no value."""
    notes = [] if sampled is None else [f"A sample of {sampled:,} rows, seed {seed}."]
    if skipped:
        notes.append(f"{skipped:,} {'row' if skipped == 1 else 'rows'} without a value left out.")
    return " ".join(notes)


def attached(
    record: JobRecord,
    window: str,
    *,
    label: str = "",
    tags: Mapping[str, str] | None = None,
    same: str = "The same cell was run",
) -> str:
    """What to say of a cell, or of whatever else is the ``same``, whose job is there already.

    Args:
        record: of that job.
        window: the one that is asked for now.
        label: what the job would be called now.
        tags: those that its batches would have now, where any are given.
        same: what was done before.
    """
    begun = f"{same} before, {time.strftime('%d %b %H:%M', time.localtime(record.created))}"
    if label and label != record.label:
        begun += f", as {record.label}"
    if tags and tags != record.tags:
        begun += ", with other tags, which its batches keep"
    if record.resumable:
        return f"{begun}: going on with what was not sent then."
    if record.state == "cancelled":
        return f"{begun}, and cancelled: nothing is sent again. job.retry() sends the rest, --fresh all of it anew."
    if record.window != window:
        return f"{begun}, with the window {record.window}: attached to that job. --fresh makes one with {window}."
    lost = record.rows - record.completed if record.finished is not None else 0
    rest = f" job.retry() asks again the {lost:,} without an answer." if lost else ""
    return f"{begun}: attached to its job, nothing is sent again.{rest}"


def _unused(prompt: str, frame: pd.DataFrame) -> str:
    """What to say of a prompt that is the same for every row.

    Raises:
        TemplateError: it names a column in single braces, as an f-string would.
    """
    for column in frame.columns:
        # A label that is a number may stand in LaTeX: x^{2}.
        if not str(column).isdecimal() and re.search(rf"\{{\s*{re.escape(str(column))}\s*\}}", prompt):
            written = column if str(column).isidentifier() else f"row[{column!r}]"
            raise TemplateError(
                f"The prompt uses no column: {{{column}}} in single braces stays text.", f"Write {{{{ {written} }}}}."
            )
    return "The prompt uses no column: every row asks the same." if len(frame) > 1 else ""
