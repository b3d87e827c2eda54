"""The values that the fields of a request body take."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dw_jupyter import errors
from dw_jupyter.frames.cells import Columns, is_missing, natives, row_words
from dw_jupyter.job.words import shown

_Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Number:
    """The numbers that a field takes."""

    fits: Callable[[_Numbers], npt.NDArray[np.bool_]]
    todo: str

    def takes(self, value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            return False
        try:
            return bool(self.fits(np.array([value], dtype=np.float64))[0])
        except (OverflowError, TypeError):  # beyond all floats, or not of one dimension
            return False

    def unfit(self, column: pd.Series[Any]) -> npt.NDArray[np.bool_]:
        """For each row whether it has a value, and one that the field does not take."""
        if column.dtype.kind in "iuf":
            values: _Numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
            unfit: npt.NDArray[np.bool_] = ~(self.fits(values) | np.isnan(values))
            return unfit
        return _unfit(column, self.takes)


@dataclass(frozen=True, kw_only=True)
class _Texts:
    """A text, or a list of some."""

    todo: str = "Give a text, or a list of texts."

    def takes(self, value: object) -> bool:
        parts = value if isinstance(value, list | tuple | np.ndarray) else [value]
        return all(isinstance(part, str) for part in parts)

    def unfit(self, column: pd.Series[Any]) -> npt.NDArray[np.bool_]:
        """As for numbers."""
        if isinstance(column.dtype, pd.StringDtype):
            return np.zeros(len(column), dtype=np.bool_)
        return _unfit(column, self.takes)


_TOKENS = _Number(fits=lambda values: (values >= 1) & (values % 1 == 0), todo="Give a whole number from 1 up.")
_PENALTY = _Number(fits=np.isfinite, todo="Give a number.")
_RULES: dict[str, _Number | _Texts] = {
    "temperature": _Number(fits=lambda values: values >= 0, todo="Give a number from 0 up."),
    "top_p": _Number(fits=lambda values: (values > 0) & (values <= 1), todo="Give a share above 0, and 1 at most."),
    "max_tokens": _TOKENS,
    "max_completion_tokens": _TOKENS,
    "seed": _Number(fits=lambda values: values % 1 == 0, todo="Give a whole number."),
    "frequency_penalty": _PENALTY,
    "presence_penalty": _PENALTY,
    "n": _Number(fits=lambda values: values == 1, todo="A row has one answer: for more of them repeat the row."),
    "stop": _Texts(),
}
"""What is plainly no value of a field, and so would be refused row by row.

The service itself looks at no field but the model; how far a temperature or a penalty may go differs from model to
model, and is for it to say. OpenAI documents penalties from -2 to 2, and temperatures up to 2.
"""


def check_values(fields: Mapping[str, Any]) -> None:
    """Each field has a value that a service takes.

    Raises:
        OptionError: one has not.
    """
    for name, rule in _RULES.items():
        if name in fields and not rule.takes(fields[name]):
            raise errors.OptionError(f"{name} is {fields[name]!r}.", rule.todo)


def check_columns(per_row: Mapping[str, Hashable], frame: pd.DataFrame) -> None:
    """Each value that a column gives to a field is one that a service takes; a row without one has none.

    Raises:
        TemplateError: there is no such column.
        SourceError: a value is another; the error names its row.
    """
    columns = Columns(frame)
    for name, label in per_row.items():
        column = columns[label]
        if name in _RULES and (unfit := _RULES[name].unfit(column)).any():
            row = int(unfit.argmax())
            value = shown(column.iloc[row])
            raise errors.SourceError(f"{name} of {row_words(frame.index, row)} is {value}.", _RULES[name].todo)


def _unfit(column: pd.Series[Any], takes: Callable[[object], bool]) -> npt.NDArray[np.bool_]:
    return np.array([not takes(value) and not is_missing(value) for value in natives(column)], dtype=np.bool_)
