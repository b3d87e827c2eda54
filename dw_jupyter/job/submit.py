"""The call that a magic or a script makes to have a prompt run over a table."""

from __future__ import annotations

import asyncio
import difflib
import re
import time
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.frames.kept import keep_columns
from dw_jupyter.frames.requests import RequestForm, check_requests
from dw_jupyter.frames.results import Results
from dw_jupyter.frames.schema import Schema, parse_schema
from dw_jupyter.frames.source import read_source
from dw_jupyter.frames.template import Template
from dw_jupyter.job import prepare, registry
from dw_jupyter.job.accounts import only_model
from dw_jupyter.job.again import resume
from dw_jupyter.job.handle import Job
from dw_jupyter.job.lifecycle import Lifecycle
from dw_jupyter.job.prepare import Plan, write
from dw_jupyter.job.record import JobRecord
from dw_jupyter.job.send import METADATA_KEY
from dw_jupyter.job.snapshot import Snapshot

CHAT = "/v1/chat/completions"
# The first two are ours, the others the service drops without a word.
RESERVED_TAGS = frozenset(
    {METADATA_KEY, "batch_description"}
    | {"created_by_email", "context_name", "context_type", "request_source", "created_by", "dw_user_agent"}
)
OWN_WORDS = ("system", "keep", "tags", "model", "window", "schema", "limit", "label", "account", "fresh")
KNOWN_FIELDS = {
    "temperature", "max_tokens", "max_completion_tokens", "top_p", "top_k", "min_p", "stop", "seed", "n", "logprobs",
    "top_logprobs", "frequency_penalty", "presence_penalty", "repetition_penalty", "logit_bias", "response_format",
    "tools", "tool_choice", "user", "reasoning_effort", "chat_template_kwargs", "messages", "stream",
}  # fmt: skip
"""Fields of a request body; others pass too, unless they look like one of these misspelt."""


def submit(
    source: object,
    prompt: str,
    *,
    model: str | None = None,
    window: str = "24h",
    schema: object = None,
    limit: int | None = None,
    system: str | None = None,
    keep: Sequence[Hashable] = (),
    tags: Mapping[str, str] | None = None,
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
        system: a system message, in place of one in the prompt; a template too.
        keep: columns of the source that the frame of answers carries along, before its own.
        tags: metadata of the batches, to find them by in the console and in ``list_batches(search=…)``.
        label: what to call the job.
        account: ``"local"``, or an account of ``~/.dw``; the one in use unless given.
        fresh: send everything, also where an earlier job has asked the same.
        **body: any further field of the request body, such as ``temperature`` or ``max_tokens``.

    Raises:
        InputError: the source, the prompt, the schema or an option cannot be used; nothing was sent.
        ConfigurationError: there is no key, or no model.
    """
    frame = pd.DataFrame(index=pd.RangeIndex(1)) if source is None else read_source(source, limit=limit)
    template = Template(prompt if system is None else _with_system(prompt, system))
    template.check(frame)
    note = "" if source is None or template.columns else _unused(prompt, frame)
    shape = parse_schema(schema) if schema is not None else None
    fields = _body(body, shape)
    columns = list(shape.columns) if shape is not None else ["response"]
    kept = keep_columns(frame, list(keep), answers=[*columns, "dw_status", "dw_error"])
    tags = _checked_tags(tags or {})
    if not window.strip():
        raise errors.OptionError("The completion window is empty.", "Use `24h`, or `1h` where the model has it.")
    connection = config.connect(account)
    model = model or only_model(connection)
    form = RequestForm(template=template, url=CHAT, body={"model": model, **fields})
    check_requests(form, frame, limits=prepare.LIMITS)
    plan = Plan(
        form=form,
        frame=frame,
        schema=shape,
        account=connection.account,
        key_hash=connection.key_hash,
        model=model,
        window=window,
        label=label or "dw_jupyter",
        kept=kept,
        tags=tags,
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
    return Job(
        _open_planned(plan),
        index=frame.index,
        kept=[(name, kept[name].array) for name in kept.columns],
        early=early,
        empty=Results(len(frame), shape).frame,
    )


def _with_system(prompt: str, system: str) -> str:
    """The prompt behind a system message.

    Raises:
        OptionError: it begins with one of its own.
    """
    roles = re.findall(r"^(system|user|assistant):[ \t]*$", prompt, re.MULTILINE)
    if "system" in roles:
        raise errors.OptionError("There is a system message in the prompt already.", "Leave one of the two out.")
    rest = prompt if roles else f"user:\n{prompt}"
    return f"system:\n{system}\n\n{rest}"


def _checked_tags(tags: Mapping[str, str]) -> dict[str, str]:
    for name, text in tags.items():
        if name.lower().replace("-", "_") in RESERVED_TAGS:
            raise errors.OptionError(f"The tag {name!r} is reserved.", "Choose another name.")
        if not isinstance(text, str):
            raise errors.OptionError(f"The tag {name!r} is of type {type(text).__name__}.", "Tags are text.")
    return dict(tags)


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


async def _open_planned(plan: Plan) -> Lifecycle:
    journal, new = await asyncio.to_thread(write, plan)
    note = plan.note if new else _attached(journal.record, plan.window)
    return await registry.open_job(journal, note=note, new=new, again=partial(resume, window=plan.window))


def _attached(record: JobRecord, window: str) -> str:
    """What to say of a cell whose job is there already."""
    begun = f"The same cell was run before, {time.strftime('%d %b %H:%M', time.localtime(record.created))}"
    if record.resumable:
        return f"{begun}: going on with what was not sent then."
    if record.state == "cancelled":
        return f"{begun}, and cancelled: nothing is sent again. job.retry() sends the rest, --fresh all of it anew."
    if record.window != window:
        return f"{begun}, with the window {record.window}: attached to that job. --fresh makes one with {window}."
    lost = record.rows - record.completed if record.finished is not None else 0
    rest = f" job.retry() asks again the {lost:,} without an answer." if lost else ""
    return f"{begun}: attached to its job, nothing is sent again.{rest}"


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
