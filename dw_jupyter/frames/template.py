"""The prompt of a cell, and the messages that it gives for each row."""

from __future__ import annotations

import traceback
from collections.abc import Hashable, Iterator, Mapping

import pandas as pd

from dw_jupyter.errors import DoublewordError, OptionError, SourceError, TemplateError
from dw_jupyter.frames.cells import Columns, is_missing, native_at, row_words
from dw_jupyter.frames.complaints import when_rendered
from dw_jupyter.frames.missing import OnMissing, check_arrived, drop_missing
from dw_jupyter.frames.plain import NoTextError, check_text
from dw_jupyter.frames.program import Program
from dw_jupyter.frames.roles import RoleMarks, without_roles
from dw_jupyter.frames.syntax import Variables
from dw_jupyter.frames.variables import take_variables

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
        variables: notebook values by name: text, numbers, lists, dicts, tables (a list of dicts) and Series (a list).
            They are copied.
        system: a system message before it, a template too; a line in it that is just ``user:`` is text.

    Raises:
        TemplateError: it is empty or does not compile; the first line says where.
        OptionError: a variable is more than data, or the prompt has a system message too.
    """

    def __init__(self, text: str, *, variables: Mapping[str, object] | None = None, system: str | None = None) -> None:
        if not without_roles(text).strip():
            raise TemplateError("The prompt is empty.", "Write it below the first line: {{ column }} puts a column in.")
        self._given = take_variables(variables or {})
        self._marks = RoleMarks(text, system=system)
        self._variables = Variables(self._marks, given=self._given.keys())
        self.columns: tuple[Hashable, ...] = tuple(dict.fromkeys(self._variables.labels.values()))
        """The labels of the columns that the prompt names, in the order of appearance."""
        self.has_roles = self._marks.mark in self._marks.text
        """Whether role lines divide the prompt; else it is one user message, or a plain text."""
        # Messages that are the same for every row are not rendered again and again.
        self._always = self._variables.always
        self._program = Program(self._variables, self._given, blank=False)

    def check(self, frame: pd.DataFrame, *, on_missing: OnMissing = "error") -> None:
        """Whether every column that the prompt names is there and has a value in every row.

        Args:
            frame: the source.
            on_missing: ``"blank"`` allows for missing values; ``"skip"`` does where one row has them all.

        Raises:
            TemplateError: there is no such column.
            SourceError: a column has missing values (what pandas calls missing), or is still being filled by a job.
            OptionError: a variable has the name of a column, or no value.
        """
        columns = Columns(frame)
        for name, value in self._given.items():
            if name in columns:
                raise OptionError(f'The variable "{name}" is a column of the source too.', "Give one another name.")
            if on_missing != "blank" and is_missing(value):
                raise OptionError(f'The variable "{name}" has no value.', "Give it one.")
        for label in self.columns:
            if label not in columns:
                raise columns.unknown(label, others=self._given)
        check_arrived(frame, self.columns)
        if on_missing == "skip":
            drop_missing(self, frame)
        elif on_missing == "error":
            self._check_missing(frame, columns)

    def _check_missing(self, frame: pd.DataFrame, columns: Columns) -> None:
        for label in self.columns:
            missing = columns.missing([label])
            count = int(missing.sum())
            if count:
                first = row_words(frame.index, int(missing.argmax()))
                rows = "1 row" if count == 1 else f"{count:,} rows"
                raise SourceError(
                    f'Column "{label}" has no value in {rows}, first in {first}.',
                    'Fill them, or set on-missing: "skip" leaves those rows out, "blank" writes nothing there.',
                )

    def render(self, frame: pd.DataFrame, *, on_missing: OnMissing = "error") -> Iterator[list[dict[str, str]]]:
        """The messages of each row, in order: ``[{"role": …, "content": …}, …]``.

        Memory is flat: a few hundred rows are rendered at a time, fewer where they are long.

        Args:
            frame: the source.
            on_missing: what a missing value in a used column does; rows that ``"skip"`` leaves out give nothing here,
                so that positions are those of ``drop_missing``.

        Raises:
            TemplateError: an unknown column, or a row that cannot be rendered; it names the row.
            SourceError: a missing value in a column that the prompt names.
            OptionError: a variable has the name of a column, or no value.
        """
        self.check(frame, on_missing=on_missing)
        if on_missing == "skip":
            frame, _ = drop_missing(self, frame)
        program = Program(self._variables, self._given, blank=True) if on_missing == "blank" else self._program
        start, size = 0, 100
        while start < len(frame):
            chunk = frame.iloc[start : start + size]
            texts = program.texts(chunk)
            if texts is None:
                yield from self._render_singly(program, frame, start, len(chunk))
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

    def _render_singly(
        self, program: Program, frame: pd.DataFrame, start: int, count: int
    ) -> Iterator[list[dict[str, str]]]:
        for offset, values in enumerate(program.values(frame.iloc[start : start + count])):
            try:
                messages = self._always + self._marks.messages(program.text(values))
            except Exception as error:
                raise self._error(frame, start + offset, error) from error
            yield messages

    def _in_column(self, frame: pd.DataFrame, position: int, error: NoTextError) -> Exception:
        """The same, with the column that holds it where the prompt names that."""
        for label in self.columns:
            try:
                check_text(native_at(Columns(frame)[label], position))
            except NoTextError as found:
                what = f'column "{label}" holds {found.kind}, which cannot be written'
                return TypeError(what).with_traceback(error.__traceback__)
        return error

    def _error(self, frame: pd.DataFrame, position: int, error: Exception) -> TemplateError:
        if isinstance(error, NoTextError):
            error = self._in_column(frame, position, error)
        reason = error.what if isinstance(error, DoublewordError) else str(error) or type(error).__name__
        steps = traceback.extract_tb(error.__traceback__)
        lines = [step.lineno for step in steps if step.filename == "<template>" and step.lineno is not None]
        words = self._marks.where(lines[-1]) if lines else ""
        where = f", {words[0].lower()}{words[1:]}" if words else ""
        row = row_words(frame.index, position)
        return TemplateError(
            f"R{row[1:]}{where}: {when_rendered(' '.join(reason.split()))[:200]}",
            "Change the prompt, or that row.",
        )
