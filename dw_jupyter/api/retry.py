"""What is tried again, and after how long: the one policy, as pure functions.

The rules are those of the service's contract: a refusal that time can mend (429, 503 and the like) is waited for as
long as the service says; a refusal that it cannot (402, 403, the volume limit of unverified accounts) is final; and
a call that makes something is repeated only where that cannot make it twice, since the service has no idempotency
key.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

from dw_jupyter import errors

ATTEMPTS = 5
LONGEST_WAIT = 60.0
TRANSIENT = frozenset({408, 425, 429, 499, *range(500, 600)}) - {501, 505}

Effect = Literal["none", "file", "work"]
"""What a call does: nothing that a repeat would add to; a file is made, which costs nothing; work is bought."""

# Statuses by which the service itself says that it has done nothing.
_UNTOUCHED: dict[Effect, frozenset[int]] = {
    "none": TRANSIENT,
    "file": frozenset({429, 503}),
    "work": frozenset({429}),
}


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


def outcome_of(error: errors.APIError) -> Outcome:
    """How the attempt ended that this error tells of."""
    if isinstance(error, errors.APIStatusError):
        return Outcome(status=error.status_code, body=error.body, retry_after=error.retry_after)
    return Outcome(sent=error.unclear)


def passes(outcome: Outcome) -> bool:
    """Whether time may mend it: no answer, the service failing, or too much asked of it at once."""
    if outcome.status == 429:
        # How much an account may send before it is verified does not change by waiting.
        return "unverified" not in outcome.body.lower()
    return outcome.status is None or outcome.status in TRANSIENT


def decide(
    *, effect: Effect, attempt: int, outcome: Outcome, attempts: int = ATTEMPTS, chance: float | None = None
) -> float | None:
    """Seconds to wait before the next attempt, or ``None`` to give up.

    Args:
        effect: what the call does to the service.
        attempt: how many attempts there were, this one included.
        outcome: how this attempt ended.
        attempts: how many there may be.
        chance: a number from 0 to 1 that spreads the waits; random unless given.

    Conditions, first match wins:

    1. attempts are used up → give up
    2. time cannot mend it (not a transient status; 429 for unverified volume) → give up
    3. the call makes something, and may have been acted on → give up: 429 says that nothing was done, 503 says it of
       uploads, which are kept whole or not at all; a request that never left has done nothing
    4. the service named a wait → that, unless it is longer than a minute → give up
    5. otherwise 0.5 s doubling, up to 30 s, spread over its upper half
    """
    if attempt >= attempts or not passes(outcome):
        return None
    if outcome.status is None:
        if effect != "none" and outcome.sent:
            return None
    elif outcome.status not in _UNTOUCHED[effect]:
        return None
    if outcome.retry_after is not None:
        return outcome.retry_after if outcome.retry_after <= LONGEST_WAIT else None
    spread = random.random() if chance is None else chance  # noqa: S311 - it spreads load, it guards nothing
    return min(30.0, 0.5 * 2.0 ** (attempt - 1)) * (0.5 + spread / 2)
