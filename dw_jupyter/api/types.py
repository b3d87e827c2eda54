"""The objects of the batch API as they stand on the wire.

Fields and their absence follow the service: optional ones are omitted rather than null, ids are bare UUIDs, times
are epoch seconds. Reading is tolerant: unknown fields are ignored, missing and null ones get a default, statuses are
open strings, since the service grows faster than its clients.
"""

from __future__ import annotations

from typing import Any

import msgspec

TERMINAL = frozenset({"completed", "failed", "cancelled", "expired"})


class RequestCounts(msgspec.Struct, frozen=True):
    """How many requests of a batch are done. ``failed`` counts final failures only; there is no count of cancelled."""

    total: int | None = 0
    completed: int | None = 0
    failed: int | None = 0


class BatchError(msgspec.Struct, frozen=True, omit_defaults=True):
    """One reason why a batch failed as a whole."""

    message: str | None = None
    code: str | None = None
    line: int | None = None
    param: str | None = None


class BatchErrors(msgspec.Struct, frozen=True):
    """The reasons why a batch failed as a whole."""

    data: list[BatchError] | None = None
    object: str | None = "list"


class Batch(msgspec.Struct, frozen=True, omit_defaults=True):
    """A batch: requests of one input file, answered within a window."""

    id: str
    status: str = ""
    endpoint: str = ""
    input_file_id: str | None = None
    completion_window: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: float | None = None
    in_progress_at: float | None = None
    finalizing_at: float | None = None
    completed_at: float | None = None
    failed_at: float | None = None
    expires_at: float | None = None
    expired_at: float | None = None
    cancelling_at: float | None = None
    cancelled_at: float | None = None
    request_counts: RequestCounts | None = None
    errors: BatchErrors | None = None
    metadata: dict[str, Any] | None = None

    @property
    def total(self) -> int:
        """Requests in the batch, 0 while the service has not said."""
        return (self.request_counts and self.request_counts.total) or 0

    @property
    def completed(self) -> int:
        """Requests answered."""
        return (self.request_counts and self.request_counts.completed) or 0

    @property
    def failed(self) -> int:
        """Requests that failed for good."""
        return (self.request_counts and self.request_counts.failed) or 0

    @property
    def ended(self) -> bool:
        """Whether the batch will not move by itself any more.

        A batch cancelled while it is being populated can report ``cancelling`` for ever, so ``cancelled_at`` counts
        as an end too; ``expired_at`` does not, since the service sets it on batches that go on.
        """
        return self.status in TERMINAL or self.cancelled_at is not None


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file on the service. ``bytes`` of an output file is an estimate until its batch has ended."""

    id: str
    bytes: int | None = 0
    created_at: float | None = None
    filename: str | None = None
    purpose: str | None = None
    expires_at: float | None = None


class Model(msgspec.Struct, frozen=True):
    """A model that the key may use."""

    id: str
    created: float | None = None
    owned_by: str | None = None


class Deleted(msgspec.Struct, frozen=True):
    """What the service says after a file was deleted."""

    id: str
    deleted: bool = True


class BatchPage(msgspec.Struct, frozen=True):
    """One page of batches, newest first."""

    data: list[Batch]
    has_more: bool = False
    first_id: str | None = None
    last_id: str | None = None


class FilePage(msgspec.Struct, frozen=True):
    """One page of files, newest first."""

    data: list[File]
    has_more: bool = False
    first_id: str | None = None
    last_id: str | None = None


class ModelList(msgspec.Struct, frozen=True):
    """The models that the key may use."""

    data: list[Model]
