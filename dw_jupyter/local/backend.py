"""What answers requests: the one seam between the service and a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model on offer. ``kind`` is CHAT or EMBEDDINGS, ``None`` where it is not known."""

    id: str
    created: int = 0
    kind: Literal["CHAT", "EMBEDDINGS"] | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a back end says to one request: a status, a body in bytes, and how long it asks to wait."""

    status_code: int
    body: bytes
    retry_after: float | None = None


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often a request of a batch is tried, and the seconds between, doubled each time."""

    attempts: int
    first_wait: float
    longest_wait: float


class NoAnswer(Exception):  # noqa: N818 - it is not an error of ours: the request is tried again
    """A back end could not be reached, or did not answer in time. ``kind`` is the engine's word for it."""

    def __init__(self, kind: Literal["NetworkError", "Timeout"], text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Backend(Protocol):
    """A model, or a server with several."""

    @property
    def concurrency(self) -> int:
        """How many requests may be under way at once."""

    @property
    def patience(self) -> Patience:
        """How often its passing failures are tried again."""

    async def start(self) -> None:
        """Get ready to answer.

        Raises:
            LocalServiceError: it cannot.
        """

    async def stop(self) -> None:
        """Let go of everything that was started."""

    async def models(self) -> Sequence[Model]:
        """What it offers now, the first one first."""

    def find(self, name: str) -> Model | None:
        """The model that a request means by ``name``, an alias included."""

    async def complete(self, path: str, body: dict[str, Any]) -> Answer:
        """Answer one request. ``path`` begins with ``/v1/``; ``body["model"]`` is one that `find` knows.

        Raises:
            NoAnswer: the model could not be reached; the request may be tried again.
        """
