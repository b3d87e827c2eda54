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


class Analytics(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens, times and money of a batch so far: zeros until the books catch up. Costs are decimal strings."""

    total_requests: int | None = 0
    total_prompt_tokens: int | None = 0
    total_completion_tokens: int | None = 0
    total_reasoning_tokens: int | None = 0
    total_tokens: int | None = 0
    avg_duration_ms: float | None = None
    avg_ttfb_ms: float | None = None
    total_cost: str | None = None
    """What is billed, after discounts."""
    total_list_cost: str | None = None


_UNSET_WHEN_EMPTY = ("output_file_id", "error_file_id", "cancelling_at", "cancelled_at", "expired_at", "failed_at")


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
    model: str | None = None
    """The one model of its requests, or ``"mixed"``; newer services only."""
    analytics: Analytics | None = None
    """Only where a list was asked to include it."""

    def __post_init__(self) -> None:
        """Write things as the service does, where another one writes ``COMPLETED``, ``canceled``, ``0`` or ``""``."""
        status = self.status.lower().replace("canceled", "cancelled")
        if status != self.status:
            msgspec.structs.force_setattr(self, "status", status)
        for name in _UNSET_WHEN_EMPTY:
            if not getattr(self, name):
                msgspec.structs.force_setattr(self, name, None)

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


class ModelEstimate(msgspec.Struct, frozen=True, omit_defaults=True):
    """The part of an estimate that one model has."""

    model: str = ""
    request_count: int | None = 0
    estimated_input_tokens: int | None = 0
    estimated_output_tokens: int | None = 0
    estimated_cost: str | None = None


class CostEstimate(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a file would cost as a batch, roughly. A cost of ``"0"`` means that the service does not know."""

    file_id: str = ""
    total_requests: int | None = 0
    total_estimated_input_tokens: int | None = 0
    total_estimated_output_tokens: int | None = 0
    total_estimated_cost: str | None = None
    models: list[ModelEstimate] | None = None


class BatchPage(msgspec.Struct, frozen=True):
    """One page of batches, newest first."""

    data: list[Batch] | None = None
    has_more: bool | None = False
    last_id: str | None = None


class FilePage(msgspec.Struct, frozen=True):
    """One page of files, newest first."""

    data: list[File] | None = None
    has_more: bool | None = False
    last_id: str | None = None


class ModelList(msgspec.Struct, frozen=True):
    """The models that the key may use."""

    data: list[Model] | None = None
