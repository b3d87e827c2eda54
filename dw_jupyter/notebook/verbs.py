"""``%dwbatch VERB``: the commands around the cells. Each returns something: ``x = %dwbatch jobs`` works."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dw_jupyter.errors import NoJobError, OptionError
from dw_jupyter.notebook.line import split
from dw_jupyter.notebook.manual import aligned
from dw_jupyter.notebook.namespace import FILES, jobs


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One command: what it takes, what it does, in words and in code."""

    takes: str
    does: str
    run: Callable[..., Any]
    """Given the shell, the words behind the verb, and options as keywords."""
    options: tuple[str, ...] = ()
    """Names of options with a value; ``...`` for any."""
    flags: tuple[str, ...] = ()
    """Names of options without one."""


STATUS_SECONDS = 5.0
NEWEST = 5


def run(shell: Any, line: str) -> Any:
    """Run one command.

    Raises:
        OptionError: there is no such verb, or it takes other words.
    """
    words = split(line)
    if not words:
        print(f"Commands; `%%dwbatch?` is the manual.\n{describe()}{_newest()}")  # noqa: T201 - the answer to a bare `%dwbatch`
        return None
    name, *rest = words
    if name not in VERBS:
        if name in shell.user_ns or name.lower().endswith(FILES):
            raise OptionError(
                f"There is no `%dwbatch {name}`.",
                f"A cell has two signs, and its prompt below: `%%dwbatch {name}`.",
            )
        near = difflib.get_close_matches(name.lower(), VERBS, n=1)
        hint = f"Did you mean `%dwbatch {near[0]}`? " if near else ""
        raise OptionError(f"There is no `%dwbatch {name}`.", f"{hint}`%dwbatch` alone lists the commands.")
    verb = VERBS[name]
    given, chosen = _read_options(name, verb, rest)
    if len(given) != len(verb.takes.split()):
        raise OptionError(f"`%dwbatch {name}` takes {verb.takes or 'nothing more'}.", f"It {verb.does}.")
    return verb.run(shell, given, **chosen)


def _read_options(name: str, verb: Verb, words: list[str]) -> tuple[list[str], dict[str, Any]]:
    """The plain words, and the options: ``--max-tokens 20`` is ``max_tokens=20``."""
    plain: list[str] = []
    chosen: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        key = option.removeprefix("--").replace("-", "_")
        if not word.startswith("--"):
            plain.append(word)
        elif key in verb.flags and not equals:
            chosen[key] = True
        elif key in verb.options or "..." in verb.options:
            text = value if equals else next(rest, None)
            if text is None:
                raise OptionError(f"`--{key}` needs a value.", f"`%dwbatch {name}` {verb.does}.")
            chosen[key] = text if key in verb.options else _value(text)
        else:
            known = [f"--{each}" for each in (*verb.options, *verb.flags)]
            hint = f"It takes {', '.join(known)}." if known else "It takes no options."
            raise OptionError(f"`%dwbatch {name}` has no option {option}.", hint)
    return plain, chosen


def _value(text: str) -> Any:
    """A field of a request body: JSON where it is some, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def describe() -> str:
    """The commands as an aligned list."""
    return aligned([(f"%dwbatch {name} {verb.takes}".rstrip(), verb.does) for name, verb in VERBS.items()])


def _newest() -> str:
    """The last jobs of this machine, a line each."""
    from dw_jupyter.job.shelf import jobs as listed

    lines = [
        f"    {job.job}  {job.state}, {job.completed:,} of {job.rows:,} answered  {job.label}"
        for job in listed().head(NEWEST).itertuples()
    ]
    return "\n".join(["\nThe newest jobs of this machine", *lines]) if lines else ""


def _jobs(_shell: Any, _words: list[str], **filters: Any) -> Any:
    from dw_jupyter.job.shelf import jobs as listed

    return listed(**filters)


def _panel(shell: Any, _words: list[str]) -> Any:
    from dw_jupyter.notebook.panel import Panel
    from dw_jupyter.notebook.panel_state import MAGIC

    return Panel(shell.user_ns, line=MAGIC)


def _attach(shell: Any, words: list[str], **options: Any) -> Any:
    from dw_jupyter.job.shelf import attach

    try:
        return attach(meant := _id(shell, words[0]), **options)
    except NoJobError as error:
        names = [name for name in jobs(shell.user_ns) if _id(shell, name) != meant]  # that one is forgotten
        if not names:
            raise
        raise NoJobError(error.what, f"In this notebook: {', '.join(names[-3:])}. {error.todo}") from None


def _id(shell: Any, word: str) -> str:
    """The id of the job that a word means: a notebook's name for the job, its frame or its id, or the id itself."""
    from dw_jupyter.job.handle import Job

    named = shell.user_ns.get(word)
    if isinstance(named, Job):
        return named.id
    if isinstance(named, str):
        return named
    told = getattr(named, "attrs", {}).get("dw_jupyter")
    return str(told["job"]) if isinstance(told, dict) and "job" in told else word


def _errors(_shell: Any, words: list[str]) -> Any:
    return _attach(_shell, words).errors()


def _retry(_shell: Any, words: list[str], **changes: Any) -> Any:
    return _attach(_shell, words).retry(**changes)


def _wait(_shell: Any, words: list[str]) -> Any:
    return _attach(_shell, words).result()


def _forget(shell: Any, words: list[str], *, yes: bool = False) -> str:
    from dw_jupyter.job.shelf import describe, forget

    job = _id(shell, words[0])
    question = f"Remove job {job} ({describe(job)})? Its cell, run again, would send and pay for all of it anew. [y/N] "
    if not yes:
        try:
            agreed = shell.ask_yes_no(question, default="n")
        except (EOFError, NotImplementedError, RuntimeError):
            raise OptionError(
                "There is nobody to ask here.", f"`%dwbatch forget {words[0]} --yes` removes it."
            ) from None
        if not agreed:
            return "Nothing was removed."
    freed = forget(job)
    return f"Removed job {job}; {freed:,} bytes are free again. The service keeps its batches."


def _status(_shell: Any, words: list[str]) -> str:
    text: str = _attach(_shell, words).look(STATUS_SECONDS)
    return text


def _cancel(_shell: Any, words: list[str]) -> Any:
    job = _attach(_shell, words)
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
    "jobs": Verb(
        takes="",
        does="lists the jobs of this machine, newest first",
        run=_jobs,
        options=("state", "account", "search", "since"),
    ),
    "panel": Verb(takes="", does="shows all jobs and batches, live, and a form to send more", run=_panel),
    "attach": Verb(
        takes="JOB",
        does="gives the job of an earlier cell, or a batch made elsewhere",
        run=_attach,
        options=("account",),
    ),
    "status": Verb(takes="JOB", does="says how far a job is", run=_status),
    "wait": Verb(takes="JOB", does="waits for the end of a job and gives its frame", run=_wait),
    "errors": Verb(takes="JOB", does="groups the reasons why rows have no answer", run=_errors),
    "cancel": Verb(takes="JOB", does="stops a job; what is answered is kept", run=_cancel),
    "retry": Verb(
        takes="JOB",
        does="asks again what has no answer; `--where length --max-tokens 2000` what was cut off",
        run=_retry,
        options=("where", "..."),
    ),
    "forget": Verb(
        takes="JOB",
        does="removes a job from this machine, after asking; `--yes` does not ask",
        run=_forget,
        flags=("yes",),
    ),
}
