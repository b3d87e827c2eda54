"""What is tried again, and after how long: the one policy, as a pure function.

The rules are those of the service's contract: a refusal that time can mend (429, 503 and the like) is waited for as
long as the service says; a refusal that it cannot (402, 403, the volume limit of unverified accounts) is final; and
a call that *makes* something is repeated only when it surely never arrived, since the service has no idempotency key.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

ATTEMPTS = 5
LONGEST_WAIT = 60.0
TRANSIENT = frozenset({408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one attempt ended, when it did not end well."""

    status: int | None = None
    """The status of the answer, ``None`` when none came."""
    sent: bool = True
    """``False`` only where the request surely never left: no connection could be made."""
    body: str = ""
    retry_after: float | None = None
    """Seconds, from the ``Retry-After`` header, else from the body's ``retry_after_seconds``."""


def decide(*, makes: bool, attempt: int, outcome: Outcome, chance: float | None = None) -> float | None:
    """Seconds to wait before the next attempt, or ``None`` to give up.

    Args:
        makes: whether the call makes something (a file, a batch), so that a repeat could make it twice.
        attempt: how many attempts there were, this one included.
        outcome: how this attempt ended.
        chance: a number from 0 to 1 that spreads the waits; random unless given.

    Conditions, first match wins:

    1. attempts are used up → give up
    2. the refusal cannot be mended by time (not a transient status; 429 for unverified volume) → give up
    3. it makes something and may have been acted on (sent, and the answer is not 429) → give up
    4. the service named a wait → that, unless it is longer than a minute → give up
    5. otherwise 0.5 s doubling, up to 30 s, spread over its upper half
    """
    if attempt >= ATTEMPTS:
        return None
    if outcome.status is not None and outcome.status not in TRANSIENT:
        return None
    if outcome.status == 429 and "unverified" in outcome.body.lower():
        return None
    if makes and outcome.sent and outcome.status != 429:
        return None
    if outcome.retry_after is not None:
        return outcome.retry_after if outcome.retry_after <= LONGEST_WAIT else None
    spread = random.random() if chance is None else chance  # noqa: S311 - it spreads load, it guards nothing
    return min(30.0, 0.5 * 2.0 ** (attempt - 1)) * (0.5 + spread / 2)
