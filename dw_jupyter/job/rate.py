"""How fast rows are answered of late."""

from __future__ import annotations

from collections import deque

SPAN = 60.0


class Rate:
    """Rows a second over the last minute of movement."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, now: float, done: int) -> float | None:
        """Take note that ``done`` rows were final at ``now`` (seconds); the rate, ``None`` while it cannot be told.

        A count that shrinks, as when failed rows are retried, starts afresh.
        """
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[1][0] >= SPAN:
            self._seen.popleft()
        since, before = self._seen[0]
        return (done - before) / (now - since) if done > before and now > since else None
