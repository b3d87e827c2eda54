"""What answers requests: the one seam between the service and a model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

from dw_jupyter.local.refusal import envelope


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model on offer. ``kind`` is CHAT or EMBEDDINGS, ``None`` where it does both or it is not known."""

    id: str
    created: int = 0
    kind: Literal["CHAT", "EMBEDDINGS"] | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a back end says to one request: a status, a body in bytes, and how many seconds it asks to wait."""

    status_code: int
    body: bytes
    retry_after: float | None = None

    @classmethod
    def of(cls, content: Any) -> Answer:
        """A good answer: 200, ``content`` as JSON."""
        return cls(status_code=200, body=msgspec.json.encode(content))

    @classmethod
    def refusal(cls, status_code: int, message: str, *, code: str | None = None) -> Answer:
        """An answer that says no, in OpenAI's envelope."""
        return cls(status_code=status_code, body=envelope(status_code, message, code=code))


@dataclass(frozen=True, kw_only=True)
class Stream:
    """A good answer that comes in pieces: server-sent events, to be passed on as they come.

    ``pieces`` may raise `NoAnswer`. Whoever takes the stream calls ``close`` in the end, read or not. ``whole`` is the
    answer that is told in pieces, where it was there before them.
    """

    pieces: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]] | None = None
    whole: Answer | None = None


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
        """Answer one request as a whole, whatever it says of streams.

        ``path`` is one of `limits.PATHS`; ``body["model"]`` is one that `find` knows.

        Raises:
            NoAnswer: the model could not be reached; the request may be tried again.
        """

    async def stream(self, path: str, body: dict[str, Any]) -> Answer | Stream:
        """Answer one request in pieces, or as a whole where it is refused.

        Raises:
            NoAnswer: as `complete`.
        """
