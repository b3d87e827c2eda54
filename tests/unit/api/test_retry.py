from __future__ import annotations

import pytest

from dw_jupyter.api.retry import ATTEMPTS, Outcome, decide

REFUSED = Outcome(status=400)
OVERLOAD = Outcome(status=503)
LIMITED = Outcome(status=429)
LOST = Outcome()
UNSENT = Outcome(sent=False)


@pytest.mark.parametrize(
    ("makes", "attempt", "outcome", "wait"),
    [
        # a read is tried again after what may pass, and not after what stays
        (False, 1, OVERLOAD, 0.5),
        (False, 2, OVERLOAD, 1.0),
        (False, 4, OVERLOAD, 4.0),
        (False, ATTEMPTS, OVERLOAD, None),
        (False, 1, LOST, 0.5),
        (False, 1, UNSENT, 0.5),
        (False, 1, LIMITED, 0.5),
        *[(False, 1, Outcome(status=status), None) for status in (400, 401, 402, 403, 404, 409, 410, 413, 422)],
        *[(False, 1, Outcome(status=status), 0.5) for status in (408, 500, 502, 504, 524)],
        # the service's own word on how long goes before ours, a wait past all patience is none
        (False, 1, Outcome(status=429, retry_after=7.0), 7.0),
        (False, 1, Outcome(status=503, retry_after=0.0), 0.0),
        (False, 1, Outcome(status=429, retry_after=3600.0), None),
        (False, 1, Outcome(status=429, body="Unverified accounts can submit at most 1000 request(s)"), None),
        # what makes something is repeated only where it surely was not acted on
        (True, 1, UNSENT, 0.5),
        (True, 1, LIMITED, 0.5),
        (True, 1, LOST, None),
        (True, 1, OVERLOAD, None),
        (True, 1, Outcome(status=500, retry_after=1.0), None),
        (True, 1, REFUSED, None),
    ],
)
def test_decision(makes: bool, attempt: int, outcome: Outcome, wait: float | None) -> None:
    """Each kind of outcome is waited for, or given up, as the table says."""
    assert decide(makes=makes, attempt=attempt, outcome=outcome, chance=1.0) == wait


def test_waits_are_spread() -> None:
    """Two clients that failed together do not come back together, nor sooner than half the wait."""
    waits = {decide(makes=False, attempt=3, outcome=LOST) for _ in range(20)}
    assert len(waits) > 1
    assert all(wait is not None and 1.0 <= wait <= 2.0 for wait in waits)
