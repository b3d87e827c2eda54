"""Stops a job whose first rows nearly all fail: what is wrong with them is likely wrong with the rest."""

from __future__ import annotations

FIRST = 100
"""Rows that are looked at."""
NEARLY_ALL = 0.9


class Breaker:
    """Looks at the first rows of a job, once there are enough of them."""

    def __init__(self) -> None:
        self._looked = False

    def trips(self, *, answered: int, failed: int, left: int) -> bool:
        """Whether the job should be stopped.

        Args:
            answered: rows that this job has asked and that are answered.
            failed: rows that have failed.
            left: rows without a fate: where there are none, there is nothing to stop.
        """
        done = answered + failed
        if self._looked or done < FIRST or not left:
            return False
        self._looked = True
        return failed >= NEARLY_ALL * done


def explain(first: int, failed: int, reason: str) -> str:
    """Why a job was stopped: two lines."""
    what = f"Stopped, since {failed:,} of the first {first:,} rows failed: {reason}"
    return f"{what[:240]}\n`job.errors()` says why. Mend the prompt, or go through with `job.retry()`."
