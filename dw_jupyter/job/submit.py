"""The calls that a magic, a script or a button makes: submit a job, attach to one, list them."""

from __future__ import annotations

import asyncio
import difflib
import re
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.frames.index import load_index, save_index
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.requests import RequestForm, check_requests, write_requests
from dw_jupyter.frames.results import Results
from dw_jupyter.frames.schema import Schema, parse_schema
from dw_jupyter.frames.source import read_source
from dw_jupyter.frames.template import Template
from dw_jupyter.job import journal as journals
from dw_jupyter.job.accounts import only_model
from dw_jupyter.job.handle import Job
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.lifecycle import Lifecycle
from dw_jupyter.job.record import JobRecord, digest, new_record
from dw_jupyter.job.snapshot import Snapshot
from dw_jupyter.job.tally import tally

CHAT = "/v1/chat/completions"
LIMITS = Limits()
OWN_WORDS = ("model", "window", "schema", "limit", "label", "account", "fresh")
KNOWN_FIELDS = {
    "temperature", "max_tokens", "max_completion_tokens", "top_p", "top_k", "min_p", "stop", "seed", "n", "logprobs",
    "top_logprobs", "frequency_penalty", "presence_penalty", "repetition_penalty", "logit_bias", "response_format",
    "tools", "tool_choice", "user", "reasoning_effort", "chat_template_kwargs", "messages", "stream",
}  # fmt: skip
"""Fields of a request body; others pass too, unless they look like one of these misspelt."""

_alive: dict[Path, Lifecycle] = {}
"""The jobs that are under way in this kernel, by folder; used on the background loop alone."""
_opening = asyncio.Lock()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that is needed to make the requests of one cell, checked."""

    form: RequestForm
    frame: pd.DataFrame
    schema: Schema | None
    account: str
    model: str
    window: str
    label: str
    fresh: bool
    note: str


def submit(
    source: object,
    prompt: str,
    *,
    model: str | None = None,
    window: str = "24h",
    schema: object = None,
    limit: int | None = None,
    label: str = "",
    account: str | None = None,
    fresh: bool = False,
    **body: Any,
) -> Job:
    """Run a prompt over every row of a table. Returns at once; the rest happens in the background.

    The same source, prompt and body again give the same job, in this kernel or another: nothing is sent twice.

    Args:
        source: a DataFrame, Series, list of dicts, Arrow or Polars table, or the path of a ``.csv``, ``.parquet`` or
            ``.jsonl`` file. ``None`` renders the prompt once.
        prompt: a Jinja2 template; columns are its variables, ``row["any name"]`` reaches all of them. Lines that are
            just ``system:``, ``user:`` or ``assistant:`` begin a message.
        model: a model of the account; may be left out where it offers just one.
        window: the completion window, as the service names it.
        schema: what an answer looks like: a short form such as ``"tone: warm|cold, score float"``, a Pydantic model,
            or a JSON Schema. Each field becomes a column.
        limit: use the first rows only.
        label: what to call the job.
        account: ``"local"``, or an account of ``~/.dw``; the one in use unless given.
        fresh: send everything, also where an earlier job has asked the same.
        **body: any further field of the request body, such as ``temperature`` or ``max_tokens``.

    Raises:
        InputError: the source, the prompt, the schema or an option cannot be used; nothing was sent.
        ConfigurationError: there is no key, or no model.
    """
    frame = pd.DataFrame(index=pd.RangeIndex(1)) if source is None else read_source(source, limit=limit)
    template = Template(prompt)
    template.check(frame)
    note = "" if source is None or template.columns else _unused(prompt, frame)
    shape = parse_schema(schema) if schema is not None else None
    fields = _body(body, shape)
    if not window.strip():
        raise errors.OptionError("The completion window is empty.", "Use `24h`, or `1h` where the model has it.")
    connection = config.connect(account)
    model = model or only_model(connection)
    form = RequestForm(template=template, url=CHAT, body={"model": model, **fields})
    check_requests(form, frame, limits=LIMITS)
    plan = Plan(
        form=form,
        frame=frame,
        schema=shape,
        account=connection.account,
        model=model,
        window=window,
        label=label or "dw_jupyter",
        fresh=fresh,
        note=note,
    )
    early = Snapshot(
        label=plan.label,
        total=len(frame),
        model=model,
        window=window,
        account=plan.account,
        started=time.time(),
        updated=time.time(),
    )
    empty = partial(_frame_before, Results(len(frame), shape))
    return Job(_open_planned(plan), index=frame.index, early=early, empty=empty)


def attach(job_id: str) -> Job:
    """The job of an earlier cell, live or ended, by its id (or the beginning of it).

    Raises:
        JournalError: this machine has no such job.
    """
    folder = journals.jobs_folder(config.home())
    matches = [record.id for record in journals.records(config.home()) if record.id.startswith(job_id)]
    exact = job_id if job_id in matches else matches[0] if job_id and len(matches) == 1 else None
    if exact is None:
        many = f"{len(matches)} jobs begin with" if job_id and matches else "There is no job"
        raise errors.JournalError(f"{many} {job_id!r}.", "`%dwbatch jobs`, or dw_jupyter.jobs(), lists them.")
    journal = Journal.load(folder / exact)
    record = journal.record
    try:
        index = load_index(journal.folder / "index.parquet")
    except (OSError, ValueError) as error:
        raise errors.JournalError(
            f"The index of job {exact} cannot be read: {error}"[:200], "Run its cell again."
        ) from None
    schema = Schema.from_json(record.json_schema) if record.json_schema else None
    early = Snapshot(job=record.id, label=record.label, total=record.rows, model=record.model, started=record.created)
    job = Job(
        _open_journal(journal, note="", resume=None),
        index=index,
        early=early,
        empty=partial(_frame_before, Results(record.rows, schema)),
    )
    job.ready()
    return job


def jobs() -> pd.DataFrame:
    """Every job of this machine, newest first: id, label, state, counts, model, account, when it began.

    Counts are those that the kernel which drives a job has written down last.
    """
    columns = ["job", "label", "state", "rows", "completed", "failed", "model", "window", "account", "created"]
    return pd.DataFrame([_listed(record) for record in journals.records(config.home())], columns=columns)


def _listed(record: JobRecord) -> dict[str, object]:
    now: dict[str, object] = {"state": record.state, "completed": record.completed, "failed": record.failed}
    if record.finished is None:
        uploaded = [0] * len(record.shards)
        now = tally(record, uploaded=uploaded, answered=record.completed, rejected=record.failed, cancelling=False)
    return {
        "job": record.id,
        "label": record.label,
        "state": now["state"],
        "rows": record.rows,
        "completed": now["completed"],
        "failed": now["failed"],
        "model": record.model,
        "window": record.window,
        "account": record.account,
        "created": pd.Timestamp(record.created, unit="s", tz="UTC").floor("s"),
    }


def _body(body: dict[str, Any], schema: Schema | None) -> dict[str, Any]:
    fields = {name: value for name, value in body.items() if value is not None}
    for name in fields.keys() - KNOWN_FIELDS:
        near = difflib.get_close_matches(name, (*OWN_WORDS, *KNOWN_FIELDS), n=1, cutoff=0.8)
        if near:
            raise errors.OptionError(f"There is no option {name!r}.", f"Did you mean {near[0]!r}?")
    for name in ("messages", "stream"):
        if name in fields:
            raise errors.OptionError(
                f"{name!r} is not for the body of a batch request.", "The prompt makes the messages."
            )
    if schema is not None:
        if "response_format" in fields:
            raise errors.OptionError("Both a schema and a response_format are given.", "Leave one of them out.")
        fields["response_format"] = schema.response_format
    return fields


def _frame_before(results: Results, index: pd.Index) -> pd.DataFrame:
    """The frame of a job whose requests are still being written."""
    return results.frame(index)


async def _open_planned(plan: Plan) -> Lifecycle:
    journal, new = await asyncio.to_thread(_write, plan)
    if new:
        _alive.pop(journal.folder, None)  # its folder was deleted by hand
        return await _open_journal(journal, note=plan.note, resume=plan.window)
    return await _open_journal(journal, note=_attached(journal.record, plan.window), resume=plan.window)


def _attached(record: JobRecord, window: str) -> str:
    """What to say of a cell whose job is there already."""
    begun = f"The same cell was run before, {time.strftime('%d %b %H:%M', time.localtime(record.created))}"
    if record.resumable:
        return f"{begun}: going on with what was not sent then."
    if record.state == "cancelled":
        return f"{begun}, and cancelled: nothing is sent again. --fresh sends all of it anew, answered rows too."
    if record.window != window:
        return f"{begun}, with the window {record.window}: attached to that job. --fresh makes one with {window}."
    return f"{begun}: attached to its job, nothing is sent again."


def _unused(prompt: str, frame: pd.DataFrame) -> str:
    """What to say of a prompt that is the same for every row.

    Raises:
        TemplateError: it names a column in single braces, as an f-string would.
    """
    for column in frame.columns:
        if re.search(rf"\{{\s*{re.escape(str(column))}\s*\}}", prompt):
            raise errors.TemplateError(
                f"The prompt uses no column: {{{column}}} in single braces stays text.", f"Write {{{{ {column} }}}}."
            )
    return "The prompt uses no column: every row asks the same." if len(frame) > 1 else ""


def _write(plan: Plan) -> tuple[Journal, bool]:
    """Render every row to request lines on disk; the job they belong to, and whether it is new."""
    home = config.home()
    with journals.staging(home) as folder, journals.disk(home):
        written = write_requests(plan.form, plan.frame, folder, limits=LIMITS)
        save_index(plan.frame.index, folder / "index.parquet")
        record = new_record(
            digest=digest(plan.account, written.digest),
            account=plan.account,
            label=plan.label,
            endpoint=plan.form.url,
            window=plan.window,
            model=plan.model,
            rows=written.rows,
            json_schema=plan.schema.to_json() if plan.schema is not None else None,
            shards=[(shard.requests, shard.bytes, shard.first) for shard in written.shards],
        )
        journal, new = journals.publish(folder, record, fresh=plan.fresh)
    if not new:
        # The requests are the same, the labels of the rows may be others.
        with journals.disk(home):
            save_index(plan.frame.index, journal.folder / "index.parquet")
    return journal, new


async def _open_journal(journal: Journal, *, note: str, resume: str | None) -> Lifecycle:
    """The lifecycle of a job: the one that is under way in this kernel, or a new one that goes on from the disk."""
    async with _opening:
        life = _alive.get(journal.folder)
        if life is None:
            life = Lifecycle(journal, note=note)
            await life.start(resume=resume)
            if not life.done.done():
                _alive[journal.folder] = life
                life.done.add_done_callback(lambda _: _forget(journal.folder, life))
        elif note:
            life.remark(note)
        return life


def _forget(folder: Path, life: Lifecycle) -> None:
    if _alive.get(folder) is life:  # else a new job has taken the place of a deleted one
        del _alive[folder]
