"""The words of a call: each of its type, before anything is made of it."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, get_args

import numpy as np

from dw_jupyter import errors
from dw_jupyter.frames.missing import OnMissing
from dw_jupyter.frames.roles import without_roles
from dw_jupyter.job.send import METADATA_KEY

LABEL_LENGTH = 48
CHAT = "/v1/chat/completions"
ENDPOINTS = {"chat": CHAT, "completions": "/v1/completions"}
# The first two are ours, the others the service drops without a word.
RESERVED_TAGS = frozenset(
    {METADATA_KEY, "batch_description"}
    | {"created_by_email", "context_name", "context_type", "request_source", "created_by", "dw_user_agent"}
)
OWN_WORDS = frozenset(
    {"source", "prompt", "model", "window", "schema", "limit", "sample", "sample_seed", "variables", "on_missing"}
    | {"endpoint", "per_row", "system", "keep", "tags", "id", "meta", "label", "account", "fresh"}
)
"""What ``submit`` calls its own; no field of a request body is called so."""
CELL_WORDS = {
    "wait": "A call returns at once: job.result() waits.",
    "out": "Bind what is returned: labels = submit(…).result().",
    "job": "Bind what is returned: job = submit(…).",
    "var": "Write variables={…}.",
    "set": "Write the field by its own name.",
    "tag": "Write tags={…}.",
    "columns": "A frame carries columns along by keep=[…].",
    "as_code": "It is an option of the cell.",
}
"""Options of a cell that a call does not have, nor a request body, and what to write instead."""


class Suggested(str):
    """A label that nobody has written: it is for a new job, and does not take the place of one that is there."""

    __slots__ = ()


def is_given(label: str) -> bool:
    """Whether somebody has written a label."""
    return bool(label) and not isinstance(label, Suggested)


def beginning(prompt: str) -> str:
    """The first words of a prompt, to call a job by."""
    words = " ".join(without_roles(prompt).split())
    return words if len(words) <= LABEL_LENGTH else f"{words[: LABEL_LENGTH - 1].rstrip()}…"


def find_endpoint(name: str, *, system: str | None = None) -> str:
    """The path of an endpoint, by its name or its path.

    Raises:
        OptionError: it is none that a prompt, or a system message, is for.
    """
    if name not in (*ENDPOINTS, *ENDPOINTS.values()):
        raise errors.OptionError(f"There is no endpoint {name!r} for a prompt.", f"Give {' or '.join(ENDPOINTS)}.")
    url = ENDPOINTS.get(name, name)
    if system is not None and url != CHAT:
        raise errors.OptionError("A system message is for chat, not for completions.", "Leave one of the two out.")
    return url


def check_choice(on_missing: str) -> None:
    """It is one of the things that a missing value can do.

    Raises:
        OptionError: it is none.
    """
    if on_missing not in get_args(OnMissing):
        raise errors.OptionError(f"There is no choice {on_missing!r} for missing values.", "Give error, skip or blank.")


def check_types(*, texts: Mapping[str, object], optional: Mapping[str, object], flags: Mapping[str, object]) -> None:
    """Words of a call are text, text or None, and true or false.

    Raises:
        OptionError: one is something else.
    """
    check_texts({**texts, **{name: value for name, value in optional.items() if value is not None}})
    check_flags(flags)


def check_texts(words: Mapping[str, object]) -> None:
    """Each of these words is text.

    Raises:
        OptionError: one is of another type.
    """
    for name, value in words.items():
        if not isinstance(value, str):
            raise errors.OptionError(f"{name} is {shown(value)}.", "Give text.")


def check_flags(words: Mapping[str, object]) -> None:
    """Each of these words is true or false.

    Raises:
        OptionError: one is something else, such as a text.
    """
    for name, value in words.items():
        if value not in (True, False):
            raise errors.OptionError(f"{name} is {shown(value)}.", "Give True or False.")


def whole_number(name: str, value: object) -> int:
    """A whole number as Python has it, NumPy's too.

    Raises:
        OptionError: it is something else.
    """
    try:
        number = operator.index(value) if type(value) is not bool else None  # type: ignore[arg-type] # whatever was given
    except TypeError:
        number = None
    if number is None:
        raise errors.OptionError(f"{name} is {shown(value)}.", "Give a whole number.")
    return number


def rows_or_share(name: str, value: object) -> float:
    """A whole number of rows, or a share of them, as Python has it.

    Raises:
        OptionError: it is no number.
    """
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral):
        return float(value)
    try:
        return whole_number(name, value)
    except errors.OptionError as error:
        raise errors.OptionError(error.what, "Give a whole number of rows, or a share such as 0.01.") from None


def take_named(name: str, value: object, example: str) -> dict[str, Any]:
    """A copy of values by name; None is none at all.

    Raises:
        OptionError: it is no mapping, or a name is no text.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise errors.OptionError(f"{name} is {shown(value)}.", f"Give a dict: {example}.")
    for key in value:
        if not isinstance(key, str):
            raise errors.OptionError(f"A name in {name} is {shown(key)}.", f"Names are text: {example}.")
    return dict(value)


def take_labels(name: str, value: object) -> list[Hashable]:
    """A copy of the labels of some columns.

    Raises:
        OptionError: it is one text, or no list.
    """
    if isinstance(value, str):
        raise errors.OptionError(f"{name} is {shown(value)}, and not a list.", f"Write {name}=[{value!r}].")
    if not isinstance(value, Iterable):
        raise errors.OptionError(f"{name} is {shown(value)}.", "Give a list of column labels.")
    return list(value)


def check_label(name: str, value: object) -> None:
    """It may be the label of a column.

    Raises:
        OptionError: it is a list or a dict.
    """
    if not isinstance(value, Hashable):
        raise errors.OptionError(f"{name} is {shown(value)}.", "Give the label of one column.")


def check_tags(tags: Mapping[str, str] | None) -> dict[str, str]:
    """Tags as the metadata of a batch takes them.

    Raises:
        OptionError: a name is reserved, or a value is no text.
    """
    taken = take_named("tags", tags, '{"name": "text"}')
    for name, text in taken.items():
        if name.lower().replace("-", "_") in RESERVED_TAGS:
            raise errors.OptionError(f"The tag {name!r} is reserved.", "Choose another name.")
        if not isinstance(text, str):
            raise errors.OptionError(f"The tag {name!r} is of type {type(text).__name__}.", "Tags are text.")
    return taken


def check_window(window: str) -> None:
    """A completion window is named.

    Raises:
        OptionError: it is blank.
    """
    if not window.strip():
        raise errors.OptionError("The completion window is empty.", "Use `24h`, or `1h` where the model has it.")


def shown(value: object) -> str:
    """A value in an error, where it is short and plain; else its type."""
    plain = value.item() if isinstance(value, np.generic) else value
    if plain is None or isinstance(plain, str | int | float):
        text = repr(plain)
        return text if len(text) <= 60 else f"{text[:59]}…"
    if isinstance(value, numbers.Number):
        return str(value)
    return f"of type {type(value).__name__}"
