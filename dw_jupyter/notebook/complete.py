"""What the tab key offers in a ``%%dwbatch`` cell and behind ``%dwbatch``.

Options and their values on the line, columns of the source inside the braces of the body, verbs and jobs. Everything
comes from what is at hand: no network, nothing of the user's is run, nothing is written, and whatever goes wrong
offers nothing. What it imports is light, since somebody waits for it who has not run a cell yet.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, get_args

from IPython.core.completer import SimpleCompletion, context_matcher

from dw_jupyter.notebook import namespace
from dw_jupyter.notebook.braces import in_body
from dw_jupyter.notebook.line import first_line, scan, unquote
from dw_jupyter.notebook.offer import Offer, kinds
from dw_jupyter.notebook.options import actions, again
from dw_jupyter.notebook.verbs import VERBS

WINDOWS = ("24h", "1h")
WHERE = ("failed", "expired", "cancelled", "missing", "length")
MOST_JOBS = 50
MAGIC = "%%dwbatch"
_LINE = re.compile(r"\s*(?:[^%=]+=\s*)?%dwbatch\s(?P<line>.*)", re.DOTALL)


def make_matcher(shell: Any, parser: argparse.ArgumentParser) -> Callable[[Any], dict[str, Any]]:
    """The matcher for ``shell.Completer.custom_matchers``."""

    @context_matcher(identifier="dwbatch")  # type: ignore[untyped-decorator] # IPython has no types
    def matcher(context: Any) -> dict[str, Any]:
        try:
            offer = _offer(shell, parser, context)
        except Exception:  # noqa: BLE001 - an error here would be printed into the user's notebook
            offer = None
        if offer is None:
            return {"completions": []}
        completions = [SimpleCompletion(text=text, type=kind) for text, kind in offer.texts]
        return {"completions": completions, "matched_fragment": offer.typed, "suppress": True, "ordered": True}

    found: Callable[[Any], dict[str, Any]] = matcher
    return found


def _offer(shell: Any, parser: argparse.ArgumentParser, context: Any) -> Offer | None:
    names = {name: value for name, value in shell.user_ns.items() if name not in shell.user_ns_hidden}
    lines = context.full_text.split("\n")
    head = next((number for number, line in enumerate(lines) if line.strip()), 0)
    before = lines[context.cursor_line][: context.cursor_position]
    after = lines[context.cursor_line][context.cursor_position :]
    if lines[head].startswith(MAGIC):
        line, _, _ = first_line("\n".join(lines[head:]).removeprefix(MAGIC))
        typed = "\n".join([*lines[head : context.cursor_line], before])
        line_before, newline, body = first_line(typed.removeprefix(MAGIC))
        if not newline:
            return _on_line(names, parser, line, line_before) if line_before else None
        words, last, _ = scan(line)
        variables = _chosen(parser, [*words, last]).var or ()
        return in_body(body, after, columns=_columns(names, parser, line), variables=variables)
    verb = _LINE.fullmatch(before)
    return _behind_verb(names, verb["line"]) if verb else None


# The line of a cell


def _on_line(names: Any, parser: argparse.ArgumentParser, line: str, before: str) -> Offer | None:
    words, typed, _ = scan(before)
    named = {name: action for action in actions(parser) for name in action.option_strings}
    option, equals, value = typed.partition("=")
    if equals and option in named:
        return _value_of(names, parser, named[option], line, value)
    previous = named.get(words[-1]) if words else None
    if previous is not None and previous.nargs is None:
        return _value_of(names, parser, previous, line, typed)
    if typed.startswith("-"):
        return Offer.of(typed, _option_names(parser, words, short=typed == "-"))
    if _source(parser, words) is None:
        sources = [*((name, "frame") for name in namespace.tables(names)), *_files(typed)]
        return Offer.of(typed, sources if typed else [*sources, *_option_names(parser, words)])
    return None if typed else Offer.of("", _option_names(parser, words))


def _option_names(parser: argparse.ArgumentParser, words: list[str], *, short: bool = False) -> list[tuple[str, str]]:
    """Options that are not on the line yet, or may be there again."""
    given = {word.partition("=")[0] for word in words}
    return [
        (name, "option")
        for action in actions(parser)
        if again(action) or not given.intersection(action.option_strings)
        for name in action.option_strings
        if short or name.startswith("--")
    ]


def _value_of(names: Any, parser: argparse.ArgumentParser, action: Any, line: str, typed: str) -> Offer | None:
    match action.dest:
        case "model":
            from dw_jupyter.job.seen import seen_models

            return Offer.of(typed, kinds("model", seen_models()))
        case "window":
            return Offer.of(typed, kinds("window", WINDOWS))
        case "schema":
            return Offer.of(typed, kinds("schema", namespace.schemas(names)))
        case "var":
            return Offer.of(typed, kinds("variable", namespace.variables(names)))
        case "id":
            return _column_word(typed, _nameable(names, parser, line))
        case "keep":
            return _column_list(typed, _nameable(names, parser, line))
        case "set":
            return _field(typed, _nameable(names, parser, line))
    choices = str(action.metavar or "").split("|")
    return Offer.of(typed, kinds("choice", choices)) if all(word.islower() for word in choices) else None


def _column_word(typed: str, columns: list[str]) -> Offer:
    """A column as one word of the line, in quotes where it needs them."""
    quote = typed[:1] if typed[:1] in ("'", '"') else ""
    return Offer.of(typed, kinds("column", [_word(column, quote) for column in columns]))


def _column_list(typed: str, columns: list[str]) -> Offer:
    """The last of some columns with commas between."""
    earlier, comma, last = typed.rpartition(",")
    if not comma:
        return _column_word(typed, columns)
    last = last.lstrip()
    fitting = [column for column in columns if earlier[:1] in ("'", '"') or " " not in column]
    given = {name.strip(" '\"") for name in earlier.split(",")}
    return Offer.of(last, kinds("column", [column for column in fitting if column not in given]))


def _field(typed: str, columns: list[str]) -> Offer:
    """``KEY=@COLUMN``: the key, then the column."""
    from dw_jupyter.job.known_fields import KNOWN_FIELDS, REFUSED

    key, column, name = typed.partition("=@")
    if column:
        return Offer.of(name, kinds("column", [each for each in columns if " " not in each or key[:1] in "'\""]))
    return Offer.of(typed, kinds("field", [f"{field}=" for field in sorted(KNOWN_FIELDS - REFUSED.keys())]))


def _word(text: str, quote: str) -> str:
    quote = quote or ("'" if re.search(r"\s", text) else "")
    return f"{quote}{text}{quote}"


def _files(typed: str) -> list[tuple[str, str]]:
    """Files that can be a source, and folders on the way to one."""
    quote = typed[:1] if typed[:1] in ("'", '"') else ""
    folder, slash, _ = typed.removeprefix(quote).rpartition("/")
    found = sorted(Path(folder or slash or ".").expanduser().iterdir())
    files = [path for path in found if path.name.lower().endswith(namespace.FILES) and path.is_file()]
    folders = [path for path in found if path.is_dir() and not path.name.startswith(".")] if typed else []
    return [
        *((_word(f"{folder}{slash}{path.name}", quote), "file") for path in files),
        *((f"{quote}{folder}{slash}{path.name}/", "folder") for path in folders),
    ]


def _chosen(parser: argparse.ArgumentParser, words: list[str]) -> argparse.Namespace:
    """What the words say, also where the last option has no value yet."""
    given = [unquote(word) for word in words if word]
    try:
        return parser.parse_known_args(given)[0]
    except argparse.ArgumentError:
        return parser.parse_known_args(given[:-1])[0]


def _source(parser: argparse.ArgumentParser, words: list[str]) -> str | None:
    source: str | None = _chosen(parser, words).source
    return source


def _columns(names: Any, parser: argparse.ArgumentParser, line: str) -> list[Hashable]:
    words, last, _ = scan(line)
    return namespace.columns(names, _source(parser, [*words, last] if last else words))


def _nameable(names: Any, parser: argparse.ArgumentParser, line: str) -> list[str]:
    """The columns that the line itself can name: it holds nothing but text."""
    return [column for column in _columns(names, parser, line) if isinstance(column, str)]


# A command


def _behind_verb(names: Any, line: str) -> Offer | None:
    words, typed, _ = scan(line)
    if not words:
        return Offer.of(typed, [(name, "command") for name in VERBS])
    verb = VERBS.get(words[0])
    if verb is None:
        return None
    option, equals, value = typed.partition("=")
    if equals and option.startswith("--"):
        return _verb_value(option[2:], value)
    if words[-1].startswith("--") and words[-1][2:] in verb.options:
        return _verb_value(words[-1][2:], typed)
    if typed.startswith("-"):
        return Offer.of(typed, kinds("option", [f"--{name}" for name in (*verb.options, *verb.flags) if name != "..."]))
    if verb.takes == "JOB" and len(words) == 1:
        from dw_jupyter.job.seen import seen_jobs

        earlier = seen_jobs()[:MOST_JOBS]
        return Offer.of(
            typed,
            [
                *kinds("job", namespace.jobs(names)),
                # JupyterLab would break a word about it at its blanks, into the rows below.
                *((job.id, job.label.replace(" ", "\u00a0") or "job") for job in earlier),
            ],
        )
    if "ACCOUNT" in verb.takes and len(words) == 1:
        return _verb_value("account", typed)
    return None


def _verb_value(option: str, typed: str) -> Offer | None:
    match option:
        case "account":
            from dw_jupyter.job.seen import seen_accounts

            return Offer.of(typed, kinds("account", seen_accounts()))
        case "state":
            from dw_jupyter.job.snapshot import State

            return Offer.of(typed, kinds("state", get_args(State)))
        case "where":
            return Offer.of(typed, kinds("rows", WHERE))
    return None
