"""The line of ``%%dwbatch``, read into options.

The line is split on blanks outside quotes and brackets, and only quotes around a whole word are removed, so that
``frame[frame["a b"] > 1]`` and ``"a, b int"`` are one word each.
"""

from __future__ import annotations

import argparse
import difflib
import json
import math
from collections.abc import Sequence
from typing import Any

from dw_jupyter.errors import OptionError

_CLOSING = {"(": ")", "[": "]", "{": "}"}


def cell_parser() -> argparse.ArgumentParser:
    """The grammar of the cell magic's line."""
    parser = argparse.ArgumentParser(prog="%%dwbatch", add_help=False, allow_abbrev=False, exit_on_error=False)
    add = parser.add_argument
    add("source", nargs="?", metavar="SOURCE", help="a frame, or an expression or file that gives one")
    add("-o", "--out", metavar="NAME", help="bind the frame of answers to this name")
    add("-j", "--job", metavar="NAME", help="bind the job to this name")
    add("-m", "--model", metavar="MODEL", help="the model; may be left out where there is just one")
    add("-w", "--window", metavar="WINDOW", default="24h", help="the completion window (default 24h)")
    add("--schema", metavar="SPEC", help='what an answer holds: "tone: warm|cold, score float", or a name')
    add("--system", metavar="TEXT", help="a system message, in place of one in the body")
    add("--temperature", metavar="T", type=_number, help="0 for the likeliest answer")
    add("--max-tokens", metavar="N", type=_whole, help="the longest answer, in tokens")
    add("--top-p", metavar="P", type=_number, help="only the likeliest tokens that make up this share")
    add("--stop", metavar="TEXT", action="append", help="where an answer ends; again for another")
    add("--seed", metavar="N", type=int, help="the same answer each time, where the model can")
    add("--set", metavar="KEY=JSON|@COLUMN", action="append", help="any other field of the request body, or row by row")
    add("--keep", metavar="COLUMNS", help="columns of the source that the frame carries along, with commas between")
    add("--tag", metavar="KEY=TEXT", action="append", help="metadata of the batch; again for another")
    add("--label", metavar="TEXT", help="what to call the job")
    add("--limit", metavar="N", type=_whole, help="the first N rows only")
    add("--sample", metavar="N|SHARE", type=_rows_or_share, help="so many rows at random, or a share below 1")
    add("--sample-seed", metavar="N", type=int, default=0, help="which ones (default 0)")
    add("--on-missing", metavar="error|skip|blank", default="error", help="what a missing value does (default error)")
    add("--var", metavar="NAME", action="append", help="lets a notebook variable into the body; again for another")
    add("--endpoint", metavar="chat|completions", default="chat", help="the endpoint (default chat)")
    add("--wait", action="store_true", help="wait in the cell until the job has ended")
    add("--fresh", action="store_true", help="send everything, also what was answered before")
    add("--as-code", action="store_true", help="show the call in Python that the cell is, and run nothing")
    return parser


def parse(parser: argparse.ArgumentParser, line: str) -> argparse.Namespace:
    """Read a line.

    Raises:
        OptionError: an unknown option, a missing or wrong value, or an open quote or bracket.
    """
    try:
        chosen, unknown = parser.parse_known_args(split(line))
    except argparse.ArgumentError as error:
        said = error.message.replace("expected one argument", "needs a value")
        name = (error.argument_name or "").split("/")[-1]
        colon = " " if said.startswith("needs") else ": "
        raise OptionError(f"{name}{colon}{said}.", "`%%dwbatch?` says what it takes.") from None
    if unknown:
        raise _unknown(parser, unknown[0])
    return chosen


def words(chosen: argparse.Namespace) -> dict[str, Any]:
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
    fields = {name: value for name in FIELDS if (value := getattr(chosen, name)) is not None}
    for name, text in pairs("--set", chosen.set).items():
        if name in fields and not text.startswith("@"):
            raise OptionError(f"{name} is set twice.", f"Leave --set {name}, or --{name.replace('_', '-')}, out.")
        if text.startswith("@"):
            continue  # a column's: see `per_row`
        try:
            fields[name] = json.loads(text)
        except ValueError:
            raise OptionError(
                f"--set {name}: {text!r} is not JSON.", f"For text write --set '{name}=\"{text}\"'."
            ) from None
    return fields


def per_row(chosen: argparse.Namespace) -> dict[str, str]:
    """The fields of the request body that a column gives, row by row: ``--set temperature=@column``."""
    return {name: text[1:] for name, text in pairs("--set", chosen.set).items() if text.startswith("@")}


def pairs(option: str, words: Sequence[str] | None) -> dict[str, str]:
    """What stands before and behind the first ``=`` of each word.

    Raises:
        OptionError: there is none, nothing before it, or one name twice.
    """
    found: dict[str, str] = {}
    for word in words or ():
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
    """Column names with commas between."""
    return [name.strip() for name in text.split(",") if name.strip()] if text else []


def _unknown(parser: argparse.ArgumentParser, word: str) -> OptionError:
    if not word.startswith("-"):
        return OptionError(
            f"There is one thing too many on the line: {word!r}.", "Put quotes around a value with blanks."
        )
    option = word.partition("=")[0]
    known = [name for action in parser._actions for name in action.option_strings]  # noqa: SLF001 - see `describe`
    near = [name for name in known if name.startswith(option)] or difflib.get_close_matches(option, known, n=1)
    hint = f"Did you mean {near[0]}? " if near else ""
    return OptionError(f"There is no option {option}.", f"{hint}`%%dwbatch?` lists the options.")


def split(line: str) -> list[str]:
    """The words of a line.

    Raises:
        OptionError: a quote or a bracket is not closed.
    """
    words, last, missing = scan(line)
    if missing:
        raise OptionError(f"A {missing} is missing on the line.", "Close the quote or the bracket.")
    return [unquote(word) for word in [*words, last] if word]


def scan(line: str) -> tuple[list[str], str, str]:
    """The words before the last blank, quotes and all; what stands behind it; and what is open there and not closed."""
    words: list[str] = []
    word = ""
    quote = ""
    open_brackets: list[str] = []
    for character in line:
        if quote:
            word += character
            quote = "" if character == quote else quote
        elif character.isspace() and not open_brackets:
            words += [word] if word else []
            word = ""
        else:
            word += character
            if character in "\"'" and (len(word) == 1 or word[-2] in "=([{,: " or open_brackets):
                quote = character
            elif character in _CLOSING:
                open_brackets.append(_CLOSING[character])
            elif open_brackets and character == open_brackets[-1]:
                open_brackets.pop()
    return words, word, quote or "".join(open_brackets[-1:])


def unquote(word: str) -> str:
    """Remove quotes around the whole word, or around the whole value of ``--option=value``."""
    option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    if len(value) >= 2 and value[0] in "\"'" and value[-1] == value[0] and value[0] not in value[1:-1]:
        value = value[1:-1]
    return f"{option}{equals}{value}"


def describe(parser: argparse.ArgumentParser) -> str:
    """The options as an aligned list, for the magic's docstring."""
    rows: list[tuple[str, str]] = []
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to list them
        names: Sequence[str] = action.option_strings or [str(action.metavar)]
        value = f" {action.metavar}" if action.option_strings and action.metavar else ""
        rows.append((", ".join(names) + value, action.help or ""))
    width = max(len(left) for left, _ in rows)
    return "\n".join(f"    {left:<{width}}  {right}" for left, right in rows)


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def _rows_or_share(text: str) -> float:
    return int(text) if text.isdecimal() else _number(text)


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)
