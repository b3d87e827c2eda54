"""The fields of a request body, checked before anything is sent."""

from __future__ import annotations

import copy
import difflib
import json
from collections.abc import Hashable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from dw_jupyter import errors
from dw_jupyter.frames.schema import Schema, parse_schema
from dw_jupyter.job.fields import check_values
from dw_jupyter.job.known_fields import KNOWN_FIELDS, REFUSED
from dw_jupyter.job.words import CELL_WORDS, CHAT, OWN_WORDS, check_texts


def make_body(
    body: Mapping[str, Any], schema: Schema | None, *, url: str, per_row: Mapping[str, Hashable]
) -> dict[str, Any]:
    """The fields that all requests share, checked.

    Raises:
        OptionError: a field that looks misspelt, is not for a batch, or is given twice.
    """
    # Copied, since requests are written when the caller may have changed a list of its own.
    fields = {name: copy.deepcopy(value) for name, value in body.items() if value is not None}
    names = fields.keys() | per_row.keys()
    _check_names(names)
    check_values(fields)
    for name in per_row:
        if name in fields or (schema is not None and name == "response_format"):
            raise errors.OptionError(f"{name!r} is given for all rows and row by row.", "Leave one of the two out.")
    if schema is not None:
        if url != CHAT:
            raise errors.OptionError("A schema is for chat, not for completions.", "Leave one of the two out.")
        if "response_format" in fields:
            raise errors.OptionError("Both a schema and a response_format are given.", "Leave one of them out.")
        fields["response_format"] = schema.response_format
    return fields


def check_schema(schema: object) -> None:
    """It says what an answer looks like, or is None.

    Raises:
        SchemaError: it does not.
    """
    if schema is not None:
        parse_schema(schema)


def check_changes(body: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the body that a retry changes: any, the model and the messages too.

    Raises:
        OptionError: a field that looks misspelt, is not for a batch, or is not JSON.
    """
    fields = {name: copy.deepcopy(value) for name, value in body.items() if value is not None}
    _check_names(fields.keys() - {"model", "messages"})
    check_texts({name: fields[name] for name in fields.keys() & {"model"}})
    check_values(fields)
    for name, value in fields.items():
        try:
            json.dumps(value, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise errors.OptionError(f"{name} is not JSON: {error}.", "Give text, numbers, lists and dicts.") from None
    return fields


def _check_names(names: AbstractSet[str]) -> None:
    for name in names - KNOWN_FIELDS:
        if name in OWN_WORDS:
            raise errors.OptionError(f"{name!r} is no field of a request body.", "It is an option of its own.")
        if name in CELL_WORDS:
            raise errors.OptionError(f"{name!r} is no field of a request body.", CELL_WORDS[name])
        near = difflib.get_close_matches(name, (*OWN_WORDS, *KNOWN_FIELDS), n=1, cutoff=0.8)
        if near:
            raise errors.OptionError(f"There is no option {name!r}.", f"Did you mean {near[0]!r}?")
    for name in names & REFUSED.keys():
        raise errors.OptionError(*REFUSED[name])
