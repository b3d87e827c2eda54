"""Ready requests: a file with one request a line is checked, and sent as a job."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from dw_jupyter import config, errors
from dw_jupyter.frames.index import save_index
from dw_jupyter.frames.ready import READABLE, Checked, check_ready, copy_ready
from dw_jupyter.job import folders, prepare
from dw_jupyter.job.again import resume
from dw_jupyter.job.disk import disk
from dw_jupyter.job.handle import Job
from dw_jupyter.job.journal import INDEX, Journal
from dw_jupyter.job.ledger import ids_in
from dw_jupyter.job.notes import attached
from dw_jupyter.job.record import JobRecord, digest, new_token
from dw_jupyter.job.shelf import open_journal
from dw_jupyter.job.words import check_tags, check_types, check_window, is_given

MIXED = "mixed"
"""What the service, too, calls the model of requests to several."""


def validate(path: str | Path, *, models: Collection[str] | None = None) -> pd.DataFrame:
    """Look at every line of a file of requests: one row a fault, with its line, its kind and what is wrong.

    No fault, no row. Nothing is sent, and nothing is asked of the service. A million lines take about a second, and
    memory that does not grow with the file. A blank line among others, and a request without messages, which the
    service takes to let it fail, are told and are no reason not to send the file; nor is its size, since a large file
    becomes several batches of one job. Of a file that is no JSONL that alone is told.

    Args:
        path: a ``.jsonl`` file in the form of the batch API.
        models: the models that there are, as :func:`dw_jupyter.models` gives them; not checked unless given.

    Raises:
        SourceError: there is no such file, or it cannot be read.
    """
    return check_ready(Path(path).expanduser(), models=models, limits=prepare.LIMITS).faults.frame("line")


def submit_ready(
    path: str | Path,
    *,
    model: str | None = None,
    window: str = "24h",
    tags: Mapping[str, str] | None = None,
    label: str = "",
    account: str | None = None,
    fresh: bool = False,
) -> Job:
    """Send the requests of a file as a job; the frame of answers has their ``custom_id`` as index.

    The file is checked and copied before this returns, so that it may change afterwards. The same lines again, on the
    same account, are the same job: nothing is sent twice. Beside the answers stands the column ``prompt``.

    Args:
        path: a ``.jsonl`` file in the form of the batch API.
        model: asked in place of the model of each line.
        window: the completion window, as the service names it.
        tags: metadata of the batches.
        label: what to call the job, also one that is there already; else a new one is called by the file's name.
        account: as in :func:`dw_jupyter.job.submit.submit`.
        fresh: send everything, also where the same requests were sent before.

    Raises:
        SourceError: a line is at fault; nothing was sent.
        OptionError: the window is empty, or a tag is reserved.
        ConfigurationError: there is no key.
    """
    path = Path(path).expanduser()
    check_types(
        texts={"window": window, "label": label}, optional={"model": model, "account": account}, flags={"fresh": fresh}
    )
    check_window(window)
    tags = check_tags(tags)
    connection = config.connect(account)
    home = config.home()
    with folders.staging(home) as folder, disk(home):
        found = check_ready(path, model=model, limits=prepare.LIMITS)
        refuse_faults(path.name, found)
        copied = copy_ready(path, folder, model=model, limits=prepare.LIMITS)
        files = [folder / f"requests-{number:03}.jsonl" for number in range(len(copied.shards))]
        ids = [custom_id or "" for file in files for custom_id in ids_in(file)]
        save_index(pd.Index(ids, dtype="object", name="custom_id"), folder / INDEX)
        record = JobRecord(
            id="",
            digest=digest(connection.account, f"ready requests {copied.digest}"),
            account=connection.account,
            key_hash=connection.key_hash,
            label=str(label) or path.name,
            endpoint=commonest(found.urls),
            window=window,
            model=only(found.models),
            rows=len(ids),
            json_schema=None,
            token=new_token(),
            tags=tags,
            shards=[],
            created=time.time(),
            foreign=True,
        )
        for shard in copied.shards:
            record.add(shard)
        journal, new = folders.publish(folder, record, fresh=fresh)
        if is_given(label) and not new:
            journal.rename(label)
    return _open(journal, new=new, window=window)


def _open(journal: Journal, *, new: bool, window: str) -> Job:
    note = "" if new else attached(journal.record, window, same="The same requests were sent")
    job = open_journal(journal, note=note, again=partial(resume, window=window, limits=prepare.LIMITS))
    job.ready()
    return job


def refuse_faults(name: str, found: Checked) -> None:
    """Whether a file of this name can be sent, and its answers read.

    Raises:
        SourceError: it cannot; the first fault is told.
    """
    first = found.faults.first()
    if first is not None:
        line = "" if first.place is None else f", line {first.place:,}"
        more = f" And {found.faults.blocking - 1:,} more." if found.faults.blocking > 1 else ""
        raise errors.SourceError(f"{name}{line}: {first.text}{more}"[:300], "`dw.validate(path)` lists every fault.")
    for url in found.urls.keys() - READABLE:
        raise errors.SourceError(
            f"{name} asks {url}, whose answers cannot be put into a frame yet.",
            "Send it with dw.Client(): upload_file, then create_batch.",
        )


def commonest(names: Counter[str]) -> str:
    """What a batch as a whole is said to ask; its lines may ask something else, and get it."""
    return names.most_common(1)[0][0]


def only(names: Counter[str]) -> str:
    """The one name there is, ``"mixed"`` where there are several."""
    return next(iter(names)) if len(names) == 1 else MIXED
