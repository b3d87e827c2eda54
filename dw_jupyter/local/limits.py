"""What the service accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CHAT: Final = "/v1/chat/completions"
COMPLETIONS: Final = "/v1/completions"
EMBEDDINGS: Final = "/v1/embeddings"
RESPONSES: Final = "/v1/responses"
MESSAGES: Final = "/v1/messages"
PATHS: Final = (CHAT, COMPLETIONS, EMBEDDINGS, RESPONSES, MESSAGES)
"""What a request line, or a batch, may name as its url."""

WINDOW_SECONDS: Final = {"24h": 86_400, "1h": 3_600}
"""The completion windows and their length."""

FILE_SECONDS: Final = 30 * 86_400
"""How long an input file lives unless its upload says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits on one input file. The defaults are those that the cloud service documents."""

    file_bytes: int = 200 * 1024 * 1024
    file_requests: int = 50_000
    body_bytes: int = 10 * 1024 * 1024
