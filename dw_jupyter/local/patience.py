"""How a request is asked again while its failure may pass: of a batch, and in the background."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from dw_jupyter.local.backend import Answer, NoAnswer, Patience
from dw_jupyter.local.outcome import is_retriable


async def persevere(ask: Callable[[], Awaitable[Answer]], patience: Patience) -> Answer:
    """The first answer that will not pass, or the last one.

    The waits between grow, and are as long as an answer asks for, within the back end's patience.

    Raises:
        NoAnswer: there was none at the last attempt.
    """
    wait = patience.first_wait
    for left in reversed(range(patience.attempts)):
        asked_wait = None
        try:
            answer = await ask()
            if not left or not is_retriable(answer.status_code):
                return answer
            asked_wait = answer.retry_after
        except NoAnswer:
            if not left:
                raise
        await asyncio.sleep(min(max(wait, asked_wait or 0), patience.longest_wait))
        wait *= 2
    raise AssertionError("the last attempt returns or raises")
