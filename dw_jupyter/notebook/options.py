"""The line of ``%%dwbatch``, read into options."""

from __future__ import annotations

import argparse
import difflib
import itertools
import json
import os
import re
from collections.abc import Sequence
from typing import Any

from dw_jupyter.errors import OptionError
from dw_jupyter.notebook import values
from dw_jupyter.notebook.line import split, unquote
from dw_jupyter.notebook.manual import aligned
from dw_jupyter.notebook.verbs import VERBS


def cell_parser() -> argparse.ArgumentParser:
    """The grammar of the cell magic's line."""
    parser = argparse.ArgumentParser(prog="%%dwbatch", add_help=False, allow_abbrev=False, exit_on_error=False)
    add = parser.add_argument
    add("source", nargs="?", metavar="SOURCE", help="a frame, or an expression or file that gives one")
    add("-o", "--out", metavar="NAME", type=values.filled, help="bind the frame of answers to this name")
    add("-j", "--job", metavar="NAME", type=values.filled, help="bind the job to this name")
    add("-m", "--model", metavar="MODEL", type=values.filled, help="the model; may be left out where there is just one")
    add("-w", "--window", metavar="WINDOW", default="24h", help="the completion window (default 24h)")
    add("--schema", metavar="SPEC", help='what an answer holds: "tone: warm|cold, score float", or a name')
    add("--system", metavar="TEXT", help="a system message, in place of one in the body")
    add("--temperature", metavar="T", type=values.number, help="0 for the likeliest answer")
    add("--max-tokens", metavar="N", type=values.whole, help="the longest answer, in tokens")
    add("--top-p", metavar="P", type=values.number, help="only the likeliest tokens that make up this share")
    add("--stop", metavar="TEXT", action="append", help="where an answer ends; again for another")
    add("--seed", metavar="N", type=values.integer, help="the same answer each time, where the model can")
    add("--set", metavar="KEY=JSON|@COLUMN", action="append", help="any other field of the request body, or row by row")
    add(
        "--keep",
        metavar="COLUMNS",
        type=values.filled,
        help="columns of the source that the frame carries along, with commas between",
    )
    add(
        "--id",
        metavar="COLUMN",
        type=values.filled,
        help="the column with the custom_id of each request (default: the position)",
    )
    add("--tag", metavar="KEY=TEXT", action="append", help="metadata of the batch; again for another")
    add("--label", metavar="TEXT", help="what to call the job")
    add("--limit", metavar="N", type=values.whole, help="the first N rows only")
    add("--sample", metavar="N|SHARE", type=values.rows_or_share, help="so many rows at random, or a share below 1")
    add("--sample-seed", metavar="N", type=values.integer, default=0, help="which ones (default 0)")
    add("--on-missing", metavar="error|skip|blank", default="error", help="what a missing value does (default error)")
    add("--var", metavar="NAME", action="append", help="lets a notebook variable into the body; again for another")
    add("--endpoint", metavar="chat|completions", default="chat", help="the endpoint (default chat)")
    add("--wait", action="store_true", help="wait in the cell until the job has ended")
    add("--meta", action="store_true", help="add columns: id, finish reason, tokens, model")
    add("--fresh", action="store_true", help="send everything, also what was answered before")
    add("--as-code", action="store_true", help="show the call in Python that the cell is, and run nothing")
    return parser


def actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The source and the options of a grammar, in order."""
    return parser._actions  # noqa: SLF001 - argparse has no other way to list them


def again(action: argparse.Action) -> bool:
    """Whether an option may be there more than once."""
    return isinstance(action, argparse._AppendAction)  # noqa: SLF001 - as above


def parse(parser: argparse.ArgumentParser, line: str) -> argparse.Namespace:
    """Read a line.

    Raises:
        OptionError: an unknown option, a missing or wrong value, or an open quote or bracket.
    """
    given = split(line)
    _check_values(parser, given)
    try:
        chosen, unknown = parser.parse_known_args(given)
    except argparse.ArgumentError as error:
        said = error.message.replace("expected one argument", "needs a value")
        said = re.sub("ignored explicit argument .*", "it takes no value", said)
        name = (error.argument_name or "").split("/")[-1]
        if said.startswith("needs"):
            action = next(each for each in actions(parser) if name in each.option_strings)
            raise OptionError(f"{name} {said}.", _with_value(action, given)) from None
        raise OptionError(f"{name}: {said}.", _HINTS.get(name, "`%%dwbatch?` says what it takes.")) from None
    if unknown:
        raise _unknown(parser, unknown[0], source=chosen.source)
    return chosen


def _with_value(action: argparse.Action, given: Sequence[str]) -> str:
    """How an option is written whose value is missing, or begins with a dash as a text may."""
    name = action.option_strings[-1]
    for word, following in itertools.pairwise(given):
        if action.metavar == "TEXT" and word in action.option_strings and following.startswith("-"):
            text = f"'{following}'" if " " in following else following
            return f"A value that begins with - stands behind a =: {name}={text}"
    return f"Write {name} {action.metavar}."


_HINTS = {
    "--sample": "Give a whole number of rows, or a share such as 0.01.",
    "--wait": "Leave the value out.",
    "--fresh": "Leave the value out.",
    "--meta": "Leave the value out.",
    "--as-code": "Leave the value out.",
}


def waits() -> bool:
    """Whether every cell is to wait for its job, as where nobody looks on: ``DW_JUPYTER_WAIT=1``."""
    return os.environ.get("DW_JUPYTER_WAIT", "") not in ("", "0")


def _check_values(parser: argparse.ArgumentParser, line: Sequence[str]) -> None:
    """The last of two values would win, and a variable would be taken by its letters, unknown to who reads the line.

    Raises:
        OptionError: an option that takes one value is there twice, or a value is a variable as shells write them.
    """
    given: list[argparse.Action] = []
    rest = iter(line)
    for word in rest:
        name, equals, value = word.partition("=")
        action = next((each for each in actions(parser) if name in each.option_strings), None)
        if action is None:
            _check_expansion(word, word)
            continue
        if action in given and action.nargs is None and not again(action):
            raise OptionError(f"{'/'.join(action.option_strings)} is there twice.", "Leave one of them out.")
        given.append(action)
        if action.nargs is None:
            value = value if equals else next(rest, "")  # whatever it looks like
            if action.metavar != "TEXT":
                _check_expansion(f"{name} {value}", value)


def _check_expansion(what: str, value: str) -> None:
    """IPython puts ``$name`` and ``{name}`` into the lines of other magics, and not into this one's."""
    if re.fullmatch(r"(\w+=)?(\$\w+|\{\w+\})", value):
        raise OptionError(
            f"{what}: variables are not put into this line.",
            "Write the value itself, or make the call in Python: `--as-code` shows it.",
        )


def keywords(chosen: argparse.Namespace) -> dict[str, Any]:
    """The keywords of ``dw.submit`` that a line gives by itself, without the notebook's names."""
    return {
        "window": chosen.window,
        "limit": chosen.limit,
        "sample": chosen.sample,
        "sample_seed": chosen.sample_seed,
        "on_missing": chosen.on_missing,
        "endpoint": chosen.endpoint,
        "per_row": per_row(chosen),
        "system": chosen.system,
        "keep": columns(chosen.keep),
        "id": chosen.id,
        "meta": chosen.meta,
        "tags": pairs("--tag", chosen.tag),
        "label": chosen.label or "",
        "fresh": chosen.fresh,
    }


FIELDS = ("temperature", "max_tokens", "top_p", "stop", "seed")
"""Options that are fields of the request body."""


def body(chosen: argparse.Namespace) -> dict[str, Any]:
    """The fields of the request body that a line names, by options of their own or by ``--set``.

    Raises:
        OptionError: a ``--set`` that is not ``KEY=JSON``, or a field that is named twice.
    """
    from dw_jupyter.job.words import OWN_WORDS

    fields = {name: value for name in FIELDS if (value := getattr(chosen, name)) is not None}
    for name, text in pairs("--set", chosen.set).items():
        if name in OWN_WORDS:
            raise OptionError(f"--set {name}: that is no field to set.", "`%%dwbatch?` lists the options of a cell.")
        if text == "@":
            raise OptionError(f"--set {name}=@: the column is missing.", f"Write --set {name}=@COLUMN.")
        if name in fields and not text.startswith("@"):
            raise OptionError(f"{name} is set twice.", f"Leave --set {name}, or --{name.replace('_', '-')}, out.")
        if text.startswith("@"):
            continue  # a column's: see `per_row`
        try:
            fields[name] = json.loads(text, parse_constant=_no_number)
        except ValueError:
            raise _no_json(name, text) from None
    return fields


def _no_json(name: str, text: str) -> OptionError:
    what, inner = f"--set {name}: {text} is not JSON.", text.strip("'")
    if inner != text and inner[:1] in ("{", "[", '"'):  # quotes as a shell would take them
        return OptionError(what, f"Put the quotes around all of it: --set '{name}={inner}'.")
    return OptionError(what, f"For text write --set '{name}=\"{inner}\"'.")


def _no_number(text: str) -> None:
    raise ValueError(text)  # NaN and infinity: Python's JSON has them, and no other


def per_row(chosen: argparse.Namespace) -> dict[str, str]:
    """The fields of the request body that a column gives, row by row: ``--set temperature=@column``."""
    return {name: text[1:] for name, text in pairs("--set", chosen.set).items() if text.startswith("@")}


def pairs(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """What stands before and behind the first ``=`` of each word.

    Raises:
        OptionError: there is none, nothing before it, or one name twice.
    """
    found: dict[str, str] = {}
    for word in given or ():
        name, equals, text = word.partition("=")
        if not equals or not name.strip():
            raise OptionError(
                f"{option} {word}: there is no {'name' if equals else '='}.", f"Write {option} NAME=VALUE."
            )
        if name in found:
            raise OptionError(f"{option} names {name} twice.", "Leave one of them out.")
        found[name] = text
    return found


def columns(text: str | None) -> list[str]:
    """Column names with commas between.

    Raises:
        OptionError: there are commas and no name.
    """
    names = [unquote(name.strip()) for name in (text or "").split(",") if name.strip()]
    if text and not names:
        raise OptionError(f"--keep {text}: there is no column.", "Write --keep COLUMN,COLUMN.")
    return names


def _unknown(parser: argparse.ArgumentParser, word: str, *, source: str | None) -> OptionError:
    if not word.startswith("-"):
        hint = "Only SOURCE stands by itself; a value with blanks needs quotes."
        if source in VERBS:
            hint = f"The command has one sign: `%dwbatch {source} {word}`."
        elif word.startswith("#"):
            hint = "The line of options takes no comment."
        return OptionError(f"There is one thing too many on the line: {word!r}.", hint)
    option = word.partition("=")[0]
    known = [name for action in actions(parser) for name in action.option_strings]
    bare = {name.lstrip("-"): name for name in known}
    close = difflib.get_close_matches(option.lstrip("-"), bare, n=1)
    near = [name for name in known if name.startswith(option)] or [bare[name] for name in close]
    hint = f"Did you mean {near[0]}? " if near else ""
    return OptionError(f"There is no option {option}.", f"{hint}`%%dwbatch?` lists the options.")


def describe(parser: argparse.ArgumentParser) -> str:
    """The options as an aligned list, for the magic's docstring."""
    rows: list[tuple[str, str]] = []
    for action in actions(parser):
        names: Sequence[str] = action.option_strings or [str(action.metavar)]
        value = f" {action.metavar}" if action.option_strings and action.metavar else ""
        rows.append((", ".join(names) + value, action.help or ""))
    return aligned(rows)
