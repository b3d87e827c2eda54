"""A prompt as Jinja2 code, for one row and for many at once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from dw_jupyter.frames.cells import Columns, Row, is_missing, natives
from dw_jupyter.frames.missing import Blank
from dw_jupyter.frames.sandbox import environment
from dw_jupyter.frames.syntax import Variables


class Program:
    """What a prompt was compiled to.

    Args:
        asked: what the prompt asks for.
        given: the variables that are no columns.
        blank: whether missing values are written as nothing; else there may be none.
    """

    def __init__(self, asked: Variables, given: Mapping[str, Any], *, blank: bool) -> None:
        compiler = environment(blank=blank)
        self.many = compiler.from_string(asked.over_rows(compiler)) if asked.wrappable else None
        """Renders all rows in one loop; None where the prompt does not allow for that."""
        self._one = compiler.from_string(asked.tree)
        self._asked = asked
        self._blank = Blank() if blank else None
        self._given = {name: self._filled(value) for name, value in given.items()}
        self._names = [*asked.labels, "row"]

    def texts(self, chunk: pd.DataFrame) -> list[str] | None:
        """All rows rendered in one go, or None where that cannot be done or a row fails."""
        if self.many is None:
            return None
        marks = self._asked.marks
        context = self.many.new_context({**self._given, marks.name: self.values(chunk)})
        try:
            text = "".join(self.many.root_render_func(context))
        except Exception:  # noqa: BLE001 - a filter may raise anything: the row by row way finds the row
            return None
        return text.split(marks.row)[1:]

    def text(self, values: tuple[Any, ...]) -> str:
        """One row rendered; raises whatever a filter does."""
        return self._one.render({**self._given, **dict(zip(self._names, values, strict=False))})

    def values(self, chunk: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
        """What each row gives to the prompt, in the order of its labels."""
        columns = Columns(chunk)
        values: list[Any] = [self._cells(columns[label]) for label in self._asked.labels.values()]
        if self._asked.needs_row:
            values.append([Row(columns, position, blank=self._blank) for position in range(len(chunk))])
        return zip(*values, strict=True) if values else itertools.repeat((), len(chunk))

    def _cells(self, column: pd.Series[Any]) -> list[Any]:
        cells = natives(column)
        return [self._filled(cell) for cell in cells] if self._blank is not None and column.hasnans else cells

    def _filled(self, value: Any) -> Any:
        return self._blank if self._blank is not None and is_missing(value) else value
