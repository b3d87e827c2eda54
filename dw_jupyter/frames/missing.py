"""What a missing value does."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import TYPE_CHECKING, Literal

import jinja2

from dw_jupyter.errors import SourceError
from dw_jupyter.frames.cells import Columns

if TYPE_CHECKING:
    import pandas as pd

    from dw_jupyter.frames.template import Template

OnMissing = Literal["error", "skip", "blank"]
"""What a missing value in a used column does: an error, leave its row out, or be written as nothing."""


_ENDED = ("completed", "failed", "cancelled", "unreachable")
"""States of a job whose frame fills no further."""


class Blank(jinja2.ChainableUndefined):
    """A missing value that is written as nothing, as is every part of it; false, and not ``defined``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "None"


def drop_missing(template: Template, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The rows that have a value in every column that the prompt names, and how many have not.

    What a prompt looks up by a computed name, or within a value, does not count.

    Raises:
        TemplateError: there is no such column.
        SourceError: no row is left.
    """
    columns = Columns(frame)
    missing = columns.missing(template.columns)
    count = int(missing.sum())
    if count == len(frame) > 0:
        empty = [label for label in template.columns if columns.missing([label]).all()]
        names = ", ".join(f'"{label}"' for label in empty or template.columns)
        each = "" if empty else "each of "
        raise SourceError(f"No row has a value in {each}{names}.", "Fill them (fillna), or use another column.")
    return (frame[~missing], count) if count else (frame, 0)


def check_arrived(frame: pd.DataFrame, labels: Collection[Hashable]) -> None:
    """Whether what is missing in these columns is not just on its way, in the answers of a job that runs.

    Answers are told by their ``dw_status``; where that column is gone, by what pandas still knows of their job.

    Raises:
        SourceError: it is.
    """
    told = frame.attrs.get("dw_jupyter")
    job = told if isinstance(told, dict) else {}
    columns = Columns(frame)
    if "dw_status" not in columns and job.get("state", "completed") in _ENDED:
        return
    missing = columns.missing(labels)
    if "dw_status" in columns:
        missing &= (columns["dw_status"] == "pending").to_numpy(dtype=bool, na_value=False)
    if count := int(missing.sum()):
        wait = f" or `%dwbatch wait {job['job']}`" if "job" in job else ""
        raise SourceError(
            f"The source is still filling: no answer yet for {count:,} of its {len(frame):,} rows.",
            f'Wait first, by `await job`{wait}, or take the rows whose dw_status is "completed".',
        )
