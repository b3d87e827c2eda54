"""One way in for every path, in front of a model that only chats."""

from __future__ import annotations

from typing import Any

from dw_jupyter.local.backend import Answer
from dw_jupyter.local.dialects import completions, messages, responses
from dw_jupyter.local.dialects.chat import Chat
from dw_jupyter.local.limits import CHAT, COMPLETIONS, EMBEDDINGS, MESSAGES, RESPONSES
from dw_jupyter.local.refusal import Refusal

TRANSLATED = {COMPLETIONS: completions.answer, RESPONSES: responses.answer, MESSAGES: messages.answer}
"""The paths that a chat can stand in for."""


async def answer(path: str, body: dict[str, Any], *, chat: Chat, embed: Chat | None = None) -> Answer:
    """Answer a request of any path. What cannot be read is refused with 400, in OpenAI's envelope."""
    try:
        if path == CHAT:
            return await chat(body)
        if path == EMBEDDINGS and embed is not None:
            return await embed(body)
        if path in TRANSLATED:
            return await TRANSLATED[path](body, chat)
    except Refusal as refusal:
        return Answer.refusal(refusal.status_code, str(refusal))
    except (RecursionError, OverflowError) as error:
        return Answer.refusal(400, f"The request is nested too deeply, or holds too large a number: {error}")
    return Answer.refusal(400, f"This model does not answer {path}.")
