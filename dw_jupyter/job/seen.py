"""What this machine has seen so far: jobs, models and accounts, for whoever wants to know at once.

The tab key asks here. So it stays light (no pandas, no network), and reads without making or changing a thing.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from dw_jupyter import config

LABEL = "label"
models: dict[str, list[str]] = {}
"""Account → its models, as it last listed them to this process."""


class Seen(msgspec.Struct, kw_only=True):
    """A job, as the beginning of ``job.json`` tells it."""

    id: str
    label: str
    model: str
    created: float


def renamed(folder: Path) -> str:
    """What the job in a folder is called since it was begun, ``""`` for what it was called then."""
    try:
        return (folder / LABEL).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def seen_jobs() -> list[Seen]:
    """The jobs of this machine, newest first, without those that cannot be read."""
    found = []
    for path in (config.home() / "jobs").glob("[!.]*/job.json"):
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            job = msgspec.json.decode(path.read_bytes(), type=Seen)
            job.label = renamed(path.parent) or job.label
            found.append(job)
    return sorted(found, key=lambda job: job.created, reverse=True)


def seen_models() -> list[str]:
    """The models that were listed to this process, then those of earlier jobs."""
    listed = [name for names in models.values() for name in names]
    return list(dict.fromkeys([*listed, *(job.model for job in seen_jobs() if job.model)]))


def seen_accounts() -> list[str]:
    """What `accounts.use` takes on this machine."""
    return ["cloud", *config.account_names()]
