"""What a missing value does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import jinja2

from dw_jupyter.errors import SourceError
from dw_jupyter.frames.cells import Columns

if TYPE_CHECKING:
    import pandas as pd

    from dw_jupyter.frames.template import Template

OnMissing = Literal["error", "skip", "blank"]
"""What a missing value in a used column does: an error, leave its row out, or be written as nothing."""


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
    missing = Columns(frame).missing(template.columns)
    count = int(missing.sum())
    if count == len(frame) > 0:
        names = ", ".join(f'"{label}"' for label in template.columns)
        raise SourceError(f"No row has a value in {names}.", "Fill them (fillna), or use another column.")
    return (frame[~missing], count) if count else (frame, 0)
