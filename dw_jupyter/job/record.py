"""What ``job.json`` says: what was asked for, and how far each of its batches has come."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import Any

import msgspec

from dw_jupyter.api.types import Analytics, Batch
from dw_jupyter.frames.schema import Schema
from dw_jupyter.frames.shards import Shard
from dw_jupyter.job.snapshot import State

VERSION = 1


class ShardRecord(msgspec.Struct, kw_only=True):
    """One batch of the job: what it holds, and how far it has come."""

    requests: int
    bytes: int
    first: int
    """Position of its first row."""
    token: str
    """Goes with the upload as the file's name and with the batch as metadata, and is on disk before either."""
    uploading: bool = False
    """An upload was begun; with no ``input_file_id``, whether it arrived is not known."""
    input_file_id: str = ""
    creating: bool = False
    """A create was begun; with no ``batch``, whether it arrived is not known."""
    again: bool = False
    """Its rows were asked before, and are asked again: what they had is taken back."""
    superseded: bool = False
    """It was never sent, and never will be: its rows are asked in other shards."""
    retrying: bool = False
    """A retry on the service was begun; whether it arrived is not known."""
    retried: Batch | None = None
    """The batch as it was before it was run again in place: a read that shows it so is stale."""
    epoch: int = 0
    """How often the service was asked to run its failed requests again, in place."""
    waits_for: str = ""
    """The job that these rows are under way in; they are sent if they fail there."""
    batch: Batch | None = None
    """The batch as it was last seen."""
    analytics: Analytics | None = None
    """What the service has counted of it so far."""
    estimate: str = ""
    """What the service thought that it would cost, US dollars; ``"0"`` where it does not know."""
    error: str = ""
    """Why it will not be sent, or not be answered: two lines."""

    @property
    def unsent(self) -> bool:
        """Whether it holds requests that nobody has sent, and that are not under way in another job."""
        return self.batch is None and self.requests > 0 and not self.superseded and not self.waits_for

    @property
    def settled(self) -> bool:
        """Whether it is known what becomes of it: a batch is made, it is refused, or there is nothing to send."""
        known = bool(self.batch or self.error) or (not self.requests and not self.waits_for)
        return known and not self.retrying

    @property
    def ended(self) -> bool:
        """Whether no more answers can come."""
        return bool(self.error) or (self.settled and (self.batch is None or self.batch.ended))


class JobRecord(msgspec.Struct, kw_only=True):
    """The content of ``job.json``."""

    id: str
    digest: str
    account: str
    key_hash: str
    """Of the key that it was sent with: another one may not see its batches."""
    label: str
    endpoint: str
    window: str
    model: str
    rows: int
    json_schema: dict[str, Any] | None
    token: str
    """What all batches of the job share in their metadata."""
    shards: list[ShardRecord]
    created: float
    tags: dict[str, str] = {}
    """Metadata of its batches, beside what this package writes."""
    definite: bool = False
    """Whether the model was asked for one definite answer, so that requests that are the same have the same one."""
    reused: int = 0
    """Rows whose answer an earlier job had."""
    foreign: bool = False
    """Whether its requests, or its batch, were made elsewhere: its rows have the ids that somebody else gave them."""
    named: bool = False
    """Whether a column of the source gives the ids of its requests."""
    fresh: bool = False
    """Whether everything is asked anew, also what other jobs have asked."""
    unbroken: bool = False
    """Whether the job goes on however many of its rows fail."""
    stopped: str = ""
    """Why the job was stopped before its end, without the user: two lines."""
    merged: int = 0
    """Rows that ask what another row asks, and share its answer."""
    version: int = VERSION
    state: State = "uploading"
    error: str = ""
    finished: float | None = None
    idle: float = 0.0
    """Seconds between an end and the retry that took the job up again."""
    completed: int = 0
    """Rows answered, as of the last save."""
    failed: int = 0

    @property
    def schema(self) -> Schema | None:
        """What its answers promise to be; None for plain text."""
        return Schema.from_json(self.json_schema) if self.json_schema else None

    def add(self, shard: Shard, *, again: bool = False, waits_for: str = "") -> ShardRecord:
        """Take a request file in as the next shard; its token follows from its number."""
        added = ShardRecord(
            requests=shard.requests,
            bytes=shard.bytes,
            first=shard.first,
            token=f"{self.token}-{len(self.shards):03}",
            again=again,
            waits_for=waits_for,
        )
        self.shards.append(added)
        return added

    @property
    def stem(self) -> str:
        """What its id begins with: jobs with the same requests differ in what follows."""
        return self.digest[:12]

    @property
    def resumable(self) -> bool:
        """Whether the job ended with something that was never sent, for a reason that may be gone by now.

        What a cancel kept from being sent stays unsent, unless it kept all of it: then nothing has begun.
        """
        if self.stopped:
            return False
        unsent = [shard for shard in self.shards if shard.unsent]
        if self.state == "cancelled" and any(shard.batch for shard in self.shards):
            return False
        return self.finished is not None and bool(unsent)

    def reopen(self) -> None:
        """Begin again: the job has ended, and some of its rows are to be asked. The time in between does not count."""
        if self.finished is not None:
            self.idle += time.time() - self.finished
        self.finished, self.state, self.error, self.stopped = None, "uploading", "", ""


def digest(account: str, requests: str) -> str:
    """What makes two cells the same job: the account, and the digest over the requests in order."""
    return hashlib.blake2b(f"{account}\n{requests}".encode(), digest_size=16).hexdigest()


def new_token() -> str:
    """What all batches of a job share in their metadata."""
    return f"dwj-{secrets.token_hex(8)}"
