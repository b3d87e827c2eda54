"""What a person is about to send: looked at, priced and sent, each only when it is asked for."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dw_jupyter import config, errors
from dw_jupyter.frames.faults import Faults, Finding
from dw_jupyter.frames.faulty_rows import find_faulty_rows
from dw_jupyter.frames.ready import READABLE, check_ready, copy_ready
from dw_jupyter.frames.request_line import URLS
from dw_jupyter.frames.requests import RequestForm, write_requests
from dw_jupyter.frames.shards import Shard
from dw_jupyter.frames.source import read_source
from dw_jupyter.frames.template import Template
from dw_jupyter.job import accounts, prepare
from dw_jupyter.job.estimate import Estimate, Progress, estimate
from dw_jupyter.job.handle import Job
from dw_jupyter.job.ready import submit_ready
from dw_jupyter.job.submit import submit
from dw_jupyter.job.words import CHAT, Suggested


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was found in a draft, with all its faults."""

    place: str
    """What the place of a fault is: a ``"line"`` of a file or a ``"row"`` of a table."""
    requests: int
    models: Mapping[str, int]
    """How many requests ask each model."""
    faults: Faults
    refusal: str = ""
    """Why it cannot be sent although nothing is at fault."""

    @property
    def sendable(self) -> bool:
        """Whether it can be sent."""
        return not self.faults.blocking and not self.refusal

    def told(self, start: int, count: int) -> list[tuple[str, str]]:
        """Some of the different faults: where, and what is wrong. Where is ``""`` for the whole."""
        found = self.faults.findings(start, count)
        return [(self._where(each), each.text if each.blocking else f"A note: {each.text}") for each in found]

    def _where(self, finding: Finding) -> str:
        """``"line 3"``, or ``"lines 3, 4, 5 and 17 more"``."""
        if not finding.places:
            return ""
        more = finding.count - len(finding.places)
        named = ", ".join(f"{place:,}" for place in finding.places)
        return f"{self.place}{'s' if finding.count > 1 else ''} {named}{f' and {more:,} more' if more else ''}"


@dataclass(frozen=True, kw_only=True)
class Draft(ABC):
    """Something to send. All but ``estimate`` is for a worker thread."""

    name: str
    """What the person calls it."""
    model: str = ""
    """For all of it; ``""`` leaves the choice to what is sent, or to the account."""
    window: str = "24h"
    label: str = ""

    @abstractmethod
    def look(self) -> Look:
        """Find every fault. Nothing is sent, but for asking which models there are.

        Raises:
            SourceError: it cannot be read at all.
        """

    @abstractmethod
    def submit(self) -> Job:
        """Send it; the job has its id. What was sent before is that job, and is not sent again."""

    @abstractmethod
    def write(self, folder: Path) -> tuple[Shard, ...]:
        """Write its requests into files."""

    async def estimate(self, *, progress: Progress | None = None) -> Estimate:
        """What the service thinks it would cost. It is uploaded for that, and deleted again; no batch is made."""
        connection = await asyncio.to_thread(config.connect)  # where the service is ours, that may start it
        return await estimate(connection, self.write, window=self.window, progress=progress)


@dataclass(frozen=True, kw_only=True)
class FileDraft(Draft):
    """A file of ready requests; a model takes the place of those in the file."""

    path: Path

    def look(self) -> Look:
        """As in `Draft`."""
        found = check_ready(self.path, models=_known_models(), model=self.model or None, limits=prepare.LIMITS)
        unread = ", ".join(sorted(found.urls.keys() & (set(URLS) - READABLE)))
        refusal = f"It asks {unread}, whose answers cannot be put into a frame yet." if unread else ""
        return Look(place="line", requests=found.requests, models=found.models, faults=found.faults, refusal=refusal)

    def submit(self) -> Job:
        """As in `Draft`."""
        label = self.label or Suggested(self.name)
        return submit_ready(self.path, model=self.model or None, window=self.window, label=label)

    def write(self, folder: Path) -> tuple[Shard, ...]:
        """As in `Draft`."""
        return copy_ready(self.path, folder, model=self.model or None, limits=prepare.LIMITS).shards


@dataclass(frozen=True, kw_only=True)
class TableDraft(Draft):
    """A table, and the prompt to run over it; without a model the account's only one is asked."""

    table: object
    prompt: str

    def look(self) -> Look:
        """As in `Draft`."""
        faults, models, rows = Faults(), dict[str, int](), 0
        try:
            frame = read_source(self.table)
            rows = len(frame)
            form = self._form()
            models = {str(form.body["model"]): rows}
            faults = find_faulty_rows(form, frame, limits=prepare.LIMITS)
        except (errors.InputError, errors.ConfigurationError) as error:
            faults.add(None, "whole", f"{error.what} {error.todo}".strip())
        return Look(place="row", requests=rows, models=models, faults=faults)

    def submit(self) -> Job:
        """As in `Draft`."""
        label = self.label or Suggested(self.name)
        job = submit(self.table, self.prompt, model=self.model or None, window=self.window, label=label)
        job.ready()
        return job

    def write(self, folder: Path) -> tuple[Shard, ...]:
        """As in `Draft`."""
        return write_requests(self._form(), read_source(self.table), folder, limits=prepare.LIMITS).shards

    def _form(self) -> RequestForm:
        model = self.model or accounts.only_model(config.connect())
        return RequestForm(template=Template(self.prompt), url=CHAT, body={"model": model})


def _known_models() -> list[str] | None:
    """The models of the account in use; None where they cannot be had, and so not be checked."""
    try:
        return accounts.models()
    except errors.DoublewordError:
        return None
