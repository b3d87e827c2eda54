from __future__ import annotations

import pytest

from dw_jupyter.api.retry import ATTEMPTS, Effect, Outcome, decide

REFUSED = Outcome(status=400)
OVERLOAD = Outcome(status=503)
LIMITED = Outcome(status=429)
LOST = Outcome()
UNSENT = Outcome(sent=False)


@pytest.mark.parametrize(
    ("effect", "attempt", "outcome", "wait"),
    [
        # a read is tried again after what may pass, and not after what stays
        ("none", 1, OVERLOAD, 0.5),
        ("none", 2, OVERLOAD, 1.0),
        ("none", 4, OVERLOAD, 4.0),
        ("none", ATTEMPTS, OVERLOAD, None),
        ("none", 1, LOST, 0.5),
        ("none", 1, UNSENT, 0.5),
        ("none", 1, LIMITED, 0.5),
        *[("none", 1, Outcome(status=status), None) for status in (400, 401, 402, 403, 404, 409, 410, 413, 422)],
        *[("none", 1, Outcome(status=status), 0.5) for status in (408, 500, 502, 504, 524)],
        # the service's own word on how long goes before ours, a wait past all patience is none
        ("none", 1, Outcome(status=429, retry_after=7.0), 7.0),
        ("none", 1, Outcome(status=503, retry_after=0.0), 0.0),
        ("none", 1, Outcome(status=429, retry_after=3600.0), None),
        ("none", 1, Outcome(status=429, body="Unverified accounts can submit at most 1000 request(s)"), None),
        # what makes something is repeated only where it surely was not acted on
        *[(effect, 1, outcome, 0.5) for effect in ("file", "work") for outcome in (UNSENT, LIMITED)],
        *[(effect, 1, outcome, None) for effect in ("file", "work") for outcome in (LOST, REFUSED)],
        *[("file", 1, Outcome(status=status), None) for status in (500, 502, 504, 524)],
        *[("work", 1, Outcome(status=status, retry_after=1.0), None) for status in (500, 502, 503, 504, 524)],
        # an upload is kept whole or not at all, and 503 says not
        ("file", 1, Outcome(status=503, retry_after=30.0), 30.0),
    ],
)
def test_decision(effect: Effect, attempt: int, outcome: Outcome, wait: float | None) -> None:
    """Each kind of outcome is waited for, or given up, as the table says."""
    assert decide(effect=effect, attempt=attempt, outcome=outcome, chance=1.0) == wait


def test_waits_are_spread() -> None:
    """Two clients that failed together do not come back together, nor sooner than half the wait."""
    waits = {decide(effect="none", attempt=3, outcome=LOST) for _ in range(20)}
    assert len(waits) > 1
    assert all(wait is not None and 1.0 <= wait <= 2.0 for wait in waits)
