"""The call that a magic or a script makes to have a prompt run over a table."""

from __future__ import annotations

import re
import time
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any, get_args

import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.frames.given_ids import take_ids
from dw_jupyter.frames.ids import BY_POSITION
from dw_jupyter.frames.kept import keep_columns
from dw_jupyter.frames.metadata import COLUMNS as METADATA
from dw_jupyter.frames.missing import OnMissing, drop_missing
from dw_jupyter.frames.remarks import remark_room
from dw_jupyter.frames.requests import RequestForm, check_requests
from dw_jupyter.frames.roles import near_role
from dw_jupyter.frames.schema import parse_schema
from dw_jupyter.frames.source import read_source
from dw_jupyter.frames.template import Template
from dw_jupyter.job import prepare, registry
from dw_jupyter.job.accounts import only_model
from dw_jupyter.job.again import resume
from dw_jupyter.job.body import make_body
from dw_jupyter.job.fields import check_columns
from dw_jupyter.job.handle import Job
from dw_jupyter.job.layout import Layout
from dw_jupyter.job.lifecycle import Lifecycle
from dw_jupyter.job.prepare import Plan, write
from dw_jupyter.job.record import JobRecord
from dw_jupyter.job.snapshot import Snapshot
from dw_jupyter.job.words import (
    CHAT,
    check_flags,
    check_label,
    check_tags,
    check_texts,
    check_window,
    find_endpoint,
    rows_or_share,
    take_labels,
    take_named,
    whole_number,
)


def submit(
    source: object,
    prompt: str,
    *,
    model: str | None = None,
    window: str = "24h",
    schema: object = None,
    limit: int | None = None,
    sample: float | None = None,
    sample_seed: int = 0,
    variables: Mapping[str, object] | None = None,
    on_missing: OnMissing = "error",
    endpoint: str = "chat",
    per_row: Mapping[str, Hashable] | None = None,
    system: str | None = None,
    keep: Sequence[Hashable] = (),
    tags: Mapping[str, str] | None = None,
    id: Hashable = None,  # noqa: A002 - the word of the cell
    meta: bool = False,
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
            a dataclass, a TypedDict, a msgspec Struct, or a JSON Schema. Each field becomes a column.
        limit: use the first rows only.
        sample: use so many rows at random, or, below 1, such a share; of the first ``limit`` rows, where there is one.
        sample_seed: which ones: the same seed gives the same rows.
        variables: further names for the prompt: text, numbers, lists, dicts, tables.
        on_missing: what a missing value in a used column does: ``"error"``; ``"skip"`` its row; ``"blank"`` is nothing.
        endpoint: ``"chat"``, ``"completions"``, or the path of one of the two.
        per_row: fields of the request body that a column gives, row by row: ``{"temperature": "column"}``.
        system: a system message, in place of one in the prompt; a template too.
        keep: columns of the source that the frame of answers carries along, before its own.
        tags: metadata of the batches, to find them by in the console and in ``list_batches(search=…)``.
        id: a column with the ``custom_id`` of each request, to know answers by elsewhere: unique, 64 visible ASCII
            signs at most; numbers become text. The row's position unless given. Other ids make another job, which
            takes over the answers that the same requests had.
        meta: add to the frame ``dw_custom_id``, ``dw_finish_reason``, ``dw_prompt_tokens``, ``dw_completion_tokens``
            and ``dw_model``. It changes nothing that is sent.
        label: what to call the job.
        account: ``"local"``, or an account of ``~/.dw``; the one in use unless given.
        fresh: send everything, also where an earlier job has asked the same.
        **body: any further field of the request body, such as ``temperature`` or ``max_tokens``.

    Raises:
        InputError: the source, the prompt, the schema or an option cannot be used; nothing was sent.
        ConfigurationError: there is no key, or no model.
    """
    check_texts({"prompt": prompt, "window": window, "endpoint": endpoint, "label": label})
    optional = {"model": model, "system": system, "account": account}
    check_texts({name: value for name, value in optional.items() if value is not None})
    check_flags({"meta": meta, "fresh": fresh})
    check_window(window)
    check_label("id", id)
    url, kept_labels = find_endpoint(endpoint), take_labels("keep", keep)
    limit = None if limit is None else whole_number("limit", limit)
    sample = None if sample is None else rows_or_share("sample", sample)
    sample_seed = whole_number("sample_seed", sample_seed)
    variables = take_named("variables", variables, '{"name": value}')
    per_row = take_named("per_row", per_row, '{"temperature": "column"}')
    tags = check_tags(tags)
    if on_missing not in get_args(OnMissing):
        raise errors.OptionError(f"There is no choice {on_missing!r} for missing values.", "Give error, skip or blank.")
    if system is not None and url != CHAT:
        raise errors.OptionError("A system message is for chat, not for completions.", "Leave one of the two out.")
    if source is None:
        _check_sourceless({"limit": limit, "sample": sample, "keep": keep})
        frame = pd.DataFrame(index=pd.RangeIndex(1))
    else:
        frame = read_source(source, limit=limit, sample=sample, sample_seed=sample_seed)
    template = Template(prompt, variables=variables, system=system)
    template.check(frame, on_missing=on_missing)
    skipped = 0
    if on_missing == "skip":
        frame, skipped = drop_missing(template, frame)
    notes = ["" if source is None or template.columns or per_row else _unused(prompt, frame)]
    if near := near_role(prompt):
        role = near.rstrip(":").lower()
        notes.append(f"{near} is plain text: a message begins with a line that is just {role}: in small letters.")
    if sample is not None:
        notes.append(f"A sample of {len(frame) + skipped:,} rows, seed {sample_seed}.")
    if skipped:
        notes.append(f"{skipped:,} {'row' if skipped == 1 else 'rows'} without a value left out.")
    shape = parse_schema(schema) if schema is not None else None
    fields = make_body(body, shape, url=url, per_row=per_row)
    check_columns(per_row, frame)
    notes.append(remark_room(shape, fields))
    columns = list(shape.columns) if shape is not None else ["response"]
    kept = keep_columns(frame, kept_labels, answers=[*columns, "dw_status", "dw_error", *METADATA])
    ids = take_ids(frame, id) if id is not None else BY_POSITION
    connection = config.connect(account)
    model = model or only_model(connection)
    form = RequestForm(
        template=template, url=url, body={"model": model, **fields}, per_row=per_row, on_missing=on_missing
    )
    check_requests(form, frame, limits=prepare.LIMITS)
    plan = Plan(
        form=form,
        frame=frame,
        ids=ids,
        schema=shape,
        account=connection.account,
        key_hash=connection.key_hash,
        model=model,
        window=window,
        label=label or "dw_jupyter",
        kept=kept,
        tags=tags,
        fresh=fresh,
        note=" ".join(filter(None, notes)),
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
    return Job(
        _open_planned(plan),
        layout=Layout(
            index=frame.index,
            schema=shape,
            kept=[(name, kept[name].array) for name in kept.columns],
            meta=meta,
            ids=ids,
        ),
        early=early,
    )


_HELD = "Not all of it was sent, and another kernel has the job in its hands: run the cell once more in a moment."


async def _open_planned(plan: Plan) -> Lifecycle:
    journal, new, remark = await write(plan)
    note = " ".join(filter(None, [plan.note, remark])) if new else attached(journal.record, plan.window)
    taken_up = partial(resume, window=plan.window, limits=prepare.LIMITS)
    life = await registry.open_job(journal, note=note, new=new, again=taken_up)
    if life.done.done() and life.journal.record.resumable:
        life.publisher.publish(note=_HELD)
    return life


def attached(record: JobRecord, window: str, *, same: str = "The same cell was run") -> str:
    """What to say of a cell, or of whatever else is the ``same``, whose job is there already."""
    begun = f"{same} before, {time.strftime('%d %b %H:%M', time.localtime(record.created))}"
    if record.resumable:
        return f"{begun}: going on with what was not sent then."
    if record.state == "cancelled":
        return f"{begun}, and cancelled: nothing is sent again. job.retry() sends the rest, --fresh all of it anew."
    if record.window != window:
        return f"{begun}, with the window {record.window}: attached to that job. --fresh makes one with {window}."
    lost = record.rows - record.completed if record.finished is not None else 0
    rest = f" job.retry() asks again the {lost:,} without an answer." if lost else ""
    return f"{begun}: attached to its job, nothing is sent again.{rest}"


def _check_sourceless(words: Mapping[str, object]) -> None:
    """Nothing that needs a source is asked for where there is none.

    Raises:
        OptionError: something is.
    """
    for name, value in words.items():
        if value:
            raise errors.OptionError(f"There is no source for {name}.", "Name a frame or a file, or leave it out.")


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
