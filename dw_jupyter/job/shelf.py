"""The jobs of this machine: found again, and listed."""

from __future__ import annotations

import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.frames.index import load_index
from dw_jupyter.frames.results import Results
from dw_jupyter.frames.schema import Schema
from dw_jupyter.job import journal as journals
from dw_jupyter.job import registry
from dw_jupyter.job.handle import Job
from dw_jupyter.job.journal import Journal
from dw_jupyter.job.record import JobRecord
from dw_jupyter.job.snapshot import Snapshot


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
        registry.open_job(journal),
        index=index,
        early=early,
        empty=Results(record.rows, schema).frame,
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
    return {
        "job": record.id,
        "label": record.label,
        "state": record.state,
        "rows": record.rows,
        "completed": record.completed,
        "failed": record.failed,
        "model": record.model,
        "window": record.window,
        "account": record.account,
        "created": pd.Timestamp(record.created, unit="s", tz="UTC").floor("s"),
    }
