"""``%%dwbatch``, a cell that runs its text over a table, and ``%dwbatch``, the verbs around it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets
from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand

from dw_jupyter import errors
from dw_jupyter.notebook import complete, manual, options, verbs
from dw_jupyter.notebook.as_code import Code, Name, as_code
from dw_jupyter.notebook.line import first_line
from dw_jupyter.notebook.names import check_names
from dw_jupyter.notebook.namespace import FILES, SCHEMAS, is_code

# Loading the extension stays light: pandas and the jobs come with the first cell.
if TYPE_CHECKING:
    from dw_jupyter.job.handle import Job
    from dw_jupyter.notebook.live_frames import Bindings, LiveFrames

VIEW_AFTER = 0.3
"""Seconds in which a job may fail before its view is shown: what fails so soon is an exception and needs no view."""
RECEIPT_WITHIN = 2.0
"""Seconds that a cell waits for its batches to be made. What fails later shows in the view and in ``await job``."""

_TYPES = {"str": "str", "int": "int", "float": "float", "bool": "bool", "list": "str[]"}
"""Names of Python's types, and how the short form writes them."""
_SCHEMA = 'Name a class with fields or a JSON Schema, or write the fields: "tone: warm|cold, score float".'


_FILE_LIKE = re.compile(r"[\w./~-]+\.(?:cvs|tsv|txt|gz|zip|xlsx?|ods|json|ndjson|feather|orc|pkl)", re.IGNORECASE)
"""What nobody means as an expression."""


@magics_class
class DWBatch(Magics):
    """What ``%config DWBatch`` shows: the default for every cell of the notebook."""

    shell: Any
    model = traitlets.Unicode("", help="The model of cells that name none.").tag(config=True)

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.has_widgets = hasattr(shell, "kernel")
        """Whether there is a front end behind this shell; IPython's terminal has none."""
        self._frames: LiveFrames | None = None
        self._parser = options.cell_parser()
        self._matcher = complete.make_matcher(shell, self._parser)
        shell.Completer.custom_matchers.append(self._matcher)

    @no_var_expand
    @line_cell_magic
    def dwbatch(self, line: str, cell: str | None = None) -> Any:
        """See the manual that ``%%dwbatch?`` shows; it is put here when the class is made."""
        if cell is None:
            return verbs.run(self.shell, line)
        line, _, body = first_line(f"{line}\n{cell}")
        return self._run(options.parse(self._parser, line), body)

    def _run(self, chosen: Any, body: str) -> Any:
        check_names(chosen, self.shell.user_ns, self.shell.user_ns_hidden)
        keywords = {**options.keywords(chosen), "model": chosen.model or self.model or None}
        fields = options.body(chosen)
        if chosen.as_code:
            return self._as_code(chosen, body, keywords, fields)
        from dw_jupyter.job.interrupts import StoppedWaiting
        from dw_jupyter.job.submit import submit
        from dw_jupyter.job.words import Suggested

        names = " → ".join(name for name in (chosen.source, chosen.out) if name)
        keywords["label"] = chosen.label or Suggested(names)
        given: dict[str, Any] = {
            "schema": self._schema(chosen),
            "variables": {name: self._variable(name) for name in chosen.var or ()},
            **keywords,
            **fields,
        }
        try:
            job = submit(self._source(chosen.source), body, **given)
        except errors.NoColumnError as error:
            raise self._named(error) from None
        try:
            self._follow(job, chosen)
        except KeyboardInterrupt:
            raise StoppedWaiting(job.snapshot) from None
        if self.has_widgets:
            from dw_jupyter.notebook.display import leave_as_shown

            leave_as_shown(job)
        return job

    def _as_code(self, chosen: Any, body: str, keywords: dict[str, Any], fields: dict[str, Any]) -> Code:
        """The call that the cell is; nothing is run, but names have to be there."""
        from dw_jupyter.job.accounts import in_use
        from dw_jupyter.job.body import check_schema

        schema = self._schema(chosen)
        check_schema(schema)
        keywords["schema"] = schema if schema == chosen.schema else Name(chosen.schema)
        if chosen.var:
            keywords["variables"] = Name(f"{{{', '.join(f'{name!r}: {name}' for name in chosen.var)}}}")
        for name in chosen.var or ():
            self._variable(name)
        named = chosen.source is not None and not _file(chosen.source)
        source = Name(chosen.source) if named else chosen.source
        job = chosen.job or "job"
        then = f"{chosen.out} = {job}.result()" if chosen.out else f"{job}.result()" if chosen.wait else ""
        return as_code(source, body, keywords={**keywords, "account": in_use()}, body=fields, job=job, then=then)

    def _follow(self, job: Job, chosen: Any) -> None:
        """Show the job, wait for its receipt, bind the names; wait for its end if that is wanted."""
        created = job.received(VIEW_AFTER)
        if self.has_widgets:
            from dw_jupyter.notebook.display import show

            show(job)
        if not created:
            job.received(RECEIPT_WITHIN - VIEW_AFTER)
        # Names are bound only now: a job that cannot be sent leaves what they stood for.
        if chosen.job:
            self.shell.user_ns[chosen.job] = job
        if chosen.out:
            self._live().bind(chosen.out, job)
        if chosen.wait or options.waits():
            job.result()

    def _source(self, text: str | None) -> object:
        """The table that a word names: a file that exists, else an expression over the user's variables.

        Raises:
            SourceError: neither.
        """
        if text is None:
            return None
        is_file_name = text.lower().endswith(FILES)
        if path := _file(text):
            return path
        todo = "Name a DataFrame, or the path of a .csv, .parquet or .jsonl file."
        try:
            found: object = eval(text, self.shell.user_global_ns, self.shell.user_ns)  # noqa: S307 - the user's own cell
        except Exception as error:  # noqa: BLE001 - whatever the user's expression raises
            if Path(text).is_file():
                return Path(text)  # of a kind that is no table
            if is_file_name or (isinstance(error, NameError) and _FILE_LIKE.fullmatch(text)):
                raise errors.SourceError(f"There is no file {text!r}.", todo) from None
            if isinstance(error, NameError):
                if text in verbs.VERBS:
                    todo = f"The command has one sign: `%dwbatch {text}`."
                raise errors.SourceError(f"There is no {error.name!r} in this notebook.", todo) from None
            if isinstance(error, SyntaxError):
                raise errors.SourceError(f"{text!r} is neither a name nor an expression.", todo) from None
            said = f"{type(error).__name__}: {error}".splitlines()[0]
            raise errors.SourceError(f"{text!r} cannot be used: {said}"[:150], todo) from None
        if found is None:
            raise errors.SourceError(f"{text} is None.", todo)
        return found

    def _named(self, error: errors.NoColumnError) -> errors.TemplateError:
        """The error, or where the notebook has a variable of the name that no column has, one that says so."""
        if error.label not in self.shell.user_ns or is_code(self.shell.user_ns[error.label]):
            return error
        todo = f"It is a variable of the notebook: add --var {error.label}."
        return errors.TemplateError(error.what, todo)

    def _variable(self, name: str) -> object:
        if name not in self.shell.user_ns:
            raise errors.OptionError(f"--var {name}: there is no {name!r} in this notebook.", "Name a variable.")
        found: object = self.shell.user_ns[name]
        return found

    def _schema(self, chosen: Any) -> object:
        """What the user calls by that name, else the short form as it stands.

        A name that the cell itself binds is the short form: it stands for what the last run has bound.

        Raises:
            SchemaError: the name stands for something else than a schema, or looks like that of a class and is none.
        """
        text = chosen.schema
        name, *attributes = (text or "").split(".")
        own = text in (chosen.out, chosen.job)
        if name in self.shell.user_ns and not own and all(part.isidentifier() for part in attributes):
            found: object = self.shell.user_ns[name]
            for attribute in attributes:
                if not hasattr(found, attribute):
                    raise errors.SchemaError(f"{name} has no {attribute!r}.", _SCHEMA)
                found = getattr(found, attribute)
            if isinstance(found, SCHEMAS):
                return found
            what = "None" if found is None else f"of type {type(found).__name__}"
            todo = _SCHEMA if attributes else f'For a field of that name write "{text} str".'
            raise errors.SchemaError(f"{text} is no schema but {what}.", todo)
        if text in _TYPES:
            raise errors.SchemaError(f"{text} is a type, and no field.", f'Name the field: "answer {_TYPES[text]}".')
        if text is not None and text.isidentifier() and text[0].isupper():
            raise errors.SchemaError(
                f"There is no {text!r} in this notebook.", f'For a field of that name write "{text} str".'
            )
        return text

    def _live(self) -> LiveFrames:
        if self._frames is None:
            from dw_jupyter.notebook.live_frames import LiveFrames

            self._frames = LiveFrames(self.shell.user_ns)
            self.shell.events.register("pre_run_cell", self._frames.before_cell)
        return self._frames

    def unload(self) -> Bindings:
        """Leave the shell as it was; frames and jobs stay with whoever holds them.

        Returns:
            The live names, for ``go_on`` of whoever comes after.
        """
        held: Bindings = {}
        if self._frames is not None:
            self.shell.events.unregister("pre_run_cell", self._frames.before_cell)
            held, self._frames = self._frames.forget(), None
        if self._matcher in self.shell.Completer.custom_matchers:
            self.shell.Completer.custom_matchers.remove(self._matcher)
        if self in self.shell.configurables:
            self.shell.configurables.remove(self)
        return held

    def go_on(self, held: Bindings) -> None:
        """Keep names live that were so before the extension was loaded again."""
        if held:
            self._live().take_over(held)


DWBatch.dwbatch.__doc__ = manual.write(options.describe(options.cell_parser()), verbs.describe())


def _file(text: str) -> Path | None:
    """The file that a word names, where there is one."""
    return Path(text) if text.lower().endswith(FILES) and Path(text).expanduser().exists() else None
