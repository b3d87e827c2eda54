"""``%dwbatch VERB``: the commands around the cells. Each returns something: ``x = %dwbatch jobs`` works."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dw_jupyter.errors import OptionError
from dw_jupyter.notebook import options


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One command: what it takes, what it does, in words and in code."""

    takes: str
    does: str
    run: Callable[[Any, list[str]], Any]
    """Given the shell and the words behind the verb."""


STATUS_SECONDS = 5.0


def run(shell: Any, line: str) -> Any:
    """Run one command.

    Raises:
        OptionError: there is no such verb, or it takes other words.
    """
    words = options.split(line)
    if not words:
        print(f"Commands; `%%dwbatch?` is the manual of the cell.\n{describe()}")  # noqa: T201 - the answer to a bare `%dwbatch`
        return None
    name, *rest = words
    if name not in VERBS:
        near = difflib.get_close_matches(name, VERBS, n=1)
        hint = f"Did you mean `%dwbatch {near[0]}`? " if near else ""
        raise OptionError(f"There is no `%dwbatch {name}`.", f"{hint}`%dwbatch` alone lists the commands.")
    verb = VERBS[name]
    if len(rest) != len(verb.takes.split()):
        raise OptionError(f"`%dwbatch {name}` takes {verb.takes or 'nothing more'}.", f"It {verb.does}.")
    return verb.run(shell, rest)


def describe() -> str:
    """The commands as an aligned list."""
    lines = {f"%dwbatch {name} {verb.takes}".rstrip(): verb.does for name, verb in VERBS.items()}
    width = max(map(len, lines))
    return "\n".join(f"    {left:<{width}}  {right}" for left, right in lines.items())


def _jobs(_shell: Any, _words: list[str]) -> Any:
    from dw_jupyter.job.shelf import jobs

    return jobs()


def _attach(_shell: Any, words: list[str]) -> Any:
    from dw_jupyter.job.shelf import attach

    return attach(words[0])


def _status(_shell: Any, words: list[str]) -> str:
    from dw_jupyter.job.shelf import attach

    return attach(words[0]).look(STATUS_SECONDS)


def _cancel(_shell: Any, words: list[str]) -> Any:
    from dw_jupyter.job.shelf import attach

    job = attach(words[0])
    job.cancel()
    return job


def _models(_shell: Any, _words: list[str]) -> list[str]:
    from dw_jupyter.job.accounts import models

    return models()


def _use(_shell: Any, words: list[str]) -> None:
    from dw_jupyter.job.accounts import use
    from dw_jupyter.notebook.display import Line

    line = Line()
    line.say(use(words[0], report=line.say))


VERBS = {
    "use": Verb(
        takes="local|cloud|ACCOUNT", does="chooses where cells are sent; `local` is a small model here", run=_use
    ),
    "models": Verb(takes="", does="lists the models of the account in use", run=_models),
    "jobs": Verb(takes="", does="lists the jobs of this machine, newest first", run=_jobs),
    "attach": Verb(takes="JOB", does="gives the job of an earlier cell, live or ended", run=_attach),
    "status": Verb(takes="JOB", does="says how far a job is", run=_status),
    "cancel": Verb(takes="JOB", does="stops a job; what is answered is kept", run=_cancel),
}
