"""The prompt of a cell, and the messages that it gives for each row."""

from __future__ import annotations

import itertools
import traceback
from collections.abc import Hashable, Iterator
from typing import Any

import pandas as pd

from dw_jupyter.errors import DoublewordError, SourceError, TemplateError
from dw_jupyter.frames.cells import Columns, Row, natives, row_words
from dw_jupyter.frames.roles import RoleMarks
from dw_jupyter.frames.sandbox import environment
from dw_jupyter.frames.syntax import Variables

_MOST_ROWS = 1000
_CHUNK_CHARACTERS = 1_000_000


class Template:
    """A prompt, compiled once.

    The language is Jinja2 in a sandbox: a column is a variable, ``row["any name"]`` reaches every column, and an
    undefined name is an error. There are no comments, no globals and no other templates, so single braces, JSON and
    LaTeX are plain text. Lines that are just ``system:``, ``user:`` or ``assistant:`` begin a message; without them
    the prompt is one user message.

    Args:
        text: the prompt.

    Raises:
        TemplateError: it is empty or does not compile; the first line says where.
    """

    def __init__(self, text: str) -> None:
        if not text.strip():
            raise TemplateError("The prompt is empty.", "Write it below the first line: {{ column }} puts a column in.")
        self._marks = RoleMarks(text)
        self._variables = Variables(self._marks)
        self.columns: tuple[Hashable, ...] = tuple(dict.fromkeys(self._variables.labels.values()))
        """The labels of the columns that the prompt names, in the order of appearance."""
        # Messages that are the same for every row are not rendered again and again.
        self._always = self._variables.always
        self._many = environment().from_string(self._variables.over_rows()) if self._variables.wrappable else None
        self._one = environment().from_string(self._variables.tree)

    def check(self, frame: pd.DataFrame) -> None:
        """Whether every column that the prompt names is there and has a value in every row.

        Raises:
            TemplateError: there is no such column.
            SourceError: a column has missing values (what pandas calls missing).
        """
        columns = Columns(frame)
        used = [(label, columns[label]) for label in self.columns]
        for label, column in used:
            missing = column.isna().to_numpy()
            count = int(missing.sum())
            if count:
                first = row_words(frame.index, int(missing.argmax()))
                rows = "1 row" if count == 1 else f"{count:,} rows"
                raise SourceError(
                    f'Column "{label}" has no value in {rows}, first in {first}.',
                    f"Fill them (fillna) or leave those rows out (dropna(subset=[{label!r}])).",
                )

    def render(self, frame: pd.DataFrame) -> Iterator[list[dict[str, str]]]:
        """The messages of each row, in order: ``[{"role": …, "content": …}, …]``.

        Memory is flat: a few hundred rows are rendered at a time, fewer where they are long.

        Raises:
            TemplateError: an unknown column, or a row that cannot be rendered; it names the row.
            SourceError: a missing value in a column that the prompt names.
        """
        self.check(frame)
        start, size = 0, 100
        while start < len(frame):
            chunk = frame.iloc[start : start + size]
            texts = self._texts(chunk)
            if texts is None:
                yield from self._render_singly(frame, start, len(chunk))
            else:
                yield from self._split(frame, start, texts)
                size = min(_MOST_ROWS, max(1, len(texts) * _CHUNK_CHARACTERS // max(sum(map(len, texts)), 1)))
            start += len(chunk)

    def _split(self, frame: pd.DataFrame, start: int, texts: list[str]) -> Iterator[list[dict[str, str]]]:
        always, messages = self._always, self._marks.messages
        for position, text in enumerate(texts, start):
            try:
                yield always + messages(text)
            except ValueError as error:
                raise self._error(frame, position, error) from error

    def _texts(self, chunk: pd.DataFrame) -> list[str] | None:
        """All rows rendered in one go, or None where that cannot be done or a row fails."""
        if self._many is None:
            return None
        context = self._many.new_context({self._marks.name: self._values(chunk)})
        try:
            text = "".join(self._many.root_render_func(context))
        except Exception:  # noqa: BLE001 - a filter may raise anything: the row by row way finds the row
            return None
        return text.split(self._marks.row)[1:]

    def _values(self, chunk: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
        columns = Columns(chunk)
        values: list[Any] = [natives(columns[label]) for label in self._variables.labels.values()]
        if self._variables.needs_row:
            values.append([Row(columns, position) for position in range(len(chunk))])
        return zip(*values, strict=True) if values else itertools.repeat((), len(chunk))

    def _render_singly(self, frame: pd.DataFrame, start: int, count: int) -> Iterator[list[dict[str, str]]]:
        names = [*self._variables.labels, "row"]
        for offset, values in enumerate(self._values(frame.iloc[start : start + count])):
            try:
                text = self._one.render(dict(zip(names, values, strict=False)))
                messages = self._always + self._marks.messages(text)
            except Exception as error:
                raise self._error(frame, start + offset, error) from error
            yield messages

    def _error(self, frame: pd.DataFrame, position: int, error: Exception) -> TemplateError:
        reason = error.what if isinstance(error, DoublewordError) else str(error) or type(error).__name__
        lines = [step.lineno for step in traceback.extract_tb(error.__traceback__) if step.filename == "<template>"]
        where = f", line {lines[-1]} of the prompt" if lines else ""
        row = row_words(frame.index, position)
        return TemplateError(
            f"R{row[1:]}{where}: {' '.join(reason.split())[:200]}",
            "Change the prompt, or that row.",
        )
