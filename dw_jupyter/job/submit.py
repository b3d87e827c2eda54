"""The call that a magic or a script makes to have a prompt run over a table."""

from __future__ import annotations

import time
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.frames.given_ids import take_ids
from dw_jupyter.frames.ids import BY_POSITION
from dw_jupyter.frames.kept import keep_columns
from dw_jupyter.frames.metadata import COLUMNS as METADATA
from dw_jupyter.frames.missing import OnMissing, drop_missing
from dw_jupyter.frames.remarks import remark_room
from dw_jupyter.frames.requests import RequestForm, check_requests
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
from dw_jupyter.job.notes import attached, note_prompt, note_rows
from dw_jupyter.job.prepare import Plan, write
from dw_jupyter.job.record import JobRecord
from dw_jupyter.job.snapshot import Snapshot
from dw_jupyter.job.words import (
    beginning,
    check_choice,
    check_label,
    check_tags,
    check_types,
    check_window,
    find_endpoint,
    is_given,
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
        source: a DataFrame, Series, list of dicts or texts, Arrow or Polars table, or the path of a ``.csv``,
            ``.parquet`` or ``.jsonl`` file. ``None`` renders the prompt once.
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
        label: what to call the job, also one that is there already; else a new one is called by the beginning of the
            prompt.
        account: ``"local"``, or an account of ``~/.dw``; the one in use unless given.
        fresh: send everything, also where an earlier job has asked the same.
        **body: any further field of the request body, such as ``temperature`` or ``max_tokens``.

    Raises:
        InputError: the source, the prompt, the schema or an option cannot be used; nothing was sent.
        ConfigurationError: there is no key, or no model.
    """
    check_types(
        texts={"prompt": prompt, "window": window, "endpoint": endpoint, "label": label},
        optional={"model": model, "system": system, "account": account},
        flags={"meta": meta, "fresh": fresh},
    )
    check_window(window)
    check_label("id", id)
    check_choice(on_missing)
    url = find_endpoint(endpoint, system=system)
    per_row = take_named("per_row", per_row, '{"temperature": "column"}')
    tags, columns = check_tags(tags), take_labels("keep", keep)
    variables = take_named("variables", variables, '{"name": value}')

    frame = _read(source, limit=limit, sample=sample, sample_seed=sample_seed, keep=columns)
    template = Template(prompt, variables=variables, system=system)
    template.check(frame, on_missing=on_missing)
    read = len(frame)
    frame, skipped = drop_missing(template, frame) if on_missing == "skip" else (frame, 0)
    notes = [
        note_prompt(prompt, frame, varies=source is None or bool(template.columns or per_row)),
        note_rows(sampled=read if sample is not None else None, seed=sample_seed, skipped=skipped),
    ]

    shape = parse_schema(schema) if schema is not None else None
    fields = make_body(body, shape, url=url, per_row=per_row)
    check_columns(per_row, frame)
    notes.append(remark_room(shape, fields))
    answers = list(shape.columns) if shape is not None else ["response"]
    kept = keep_columns(frame, columns, answers=[*answers, "dw_status", "dw_error", *METADATA])
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
        label=str(label) or beginning(prompt),
        labelled=is_given(label),
        kept=kept,
        tags=tags,
        fresh=fresh,
        note=" ".join(filter(None, notes)),
    )
    return _begin(plan, meta=meta)


def _read(
    source: object, *, limit: int | None, sample: float | None, sample_seed: int, keep: Sequence[Hashable]
) -> pd.DataFrame:
    """The rows to ask; without a source the one row that has nothing."""
    limit = None if limit is None else whole_number("limit", limit)
    sample = None if sample is None else rows_or_share("sample", sample)
    sample_seed = whole_number("sample_seed", sample_seed)
    if source is not None:
        return read_source(source, limit=limit, sample=sample, sample_seed=sample_seed)
    for name, value in {"limit": limit, "sample": sample, "keep": keep}.items():
        if value:
            raise errors.OptionError(f"There is no source for {name}.", "Name a frame or a file, or leave it out.")
    return pd.DataFrame(index=pd.RangeIndex(1))


def _begin(plan: Plan, *, meta: bool) -> Job:
    """The handle of a planned job, at once; its requests are written and sent in the background."""
    now = time.time()
    early = Snapshot(
        label=plan.label,
        total=len(plan.frame),
        model=plan.model,
        window=plan.window,
        account=plan.account,
        started=now,
        updated=now,
    )
    kept = [(name, plan.kept[name].array) for name in plan.kept.columns]
    layout = Layout(index=plan.frame.index, schema=plan.schema, kept=kept, meta=meta, ids=plan.ids)
    return Job(_open_planned(plan), layout=layout, early=early)


def _attached(record: JobRecord, plan: Plan) -> str:
    return attached(record, plan.window, label=plan.label, tags=plan.tags)


_HELD = "Not all of it was sent, and another kernel has the job in its hands: run the cell once more in a moment."


async def _open_planned(plan: Plan) -> Lifecycle:
    journal, new, remark = await write(plan)
    note = " ".join(filter(None, [plan.note, remark])) if new else _attached(journal.record, plan)
    taken_up = partial(resume, window=plan.window, limits=prepare.LIMITS)
    life = await registry.open_job(journal, note=note, new=new, again=taken_up)
    if life.done.done() and life.journal.record.resumable:
        life.publisher.publish(note=_HELD)
    return life
