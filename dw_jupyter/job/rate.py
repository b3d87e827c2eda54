"""How fast rows are answered: of late, and over the life of a job."""

from __future__ import annotations

from collections import deque

SPAN = 60.0
PIECES = 40
LEAST_PIECE = 1.0


class Rate:
    """Rows a second over the last minute of movement, and over the whole time in pieces."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()
        self._pulse = Pulse()

    def see(self, now: float, done: int) -> tuple[float | None, tuple[float, ...]]:
        """Take note that ``done`` rows were final at ``now`` (seconds).

        Returns:
            the rate of late, ``None`` while it cannot be told, and what `Pulse.see` gives. A count that shrinks, as
            when failed rows are retried, starts afresh.
        """
        pulse = self._pulse.see(now, done)
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()
        self._seen.append((now, done))
        while len(self._seen) > 2 and now - self._seen[1][0] >= SPAN:
            self._seen.popleft()
        since, before = self._seen[0]
        return (done - before) / (now - since) if done > before and now > since else None, pulse


class Pulse:
    """Rows a second in at most ``PIECES`` equal pieces of time, which grow longer as a job goes on."""

    def __init__(self) -> None:
        self._piece = LEAST_PIECE
        self._rows: list[float] = []
        self._began = 0.0
        self._last: tuple[float, int] | None = None

    def see(self, now: float, done: int) -> tuple[float, ...]:
        """Take note of a count; the rates so far, the oldest first.

        What came between two looks is spread over the time between them. The piece that is not over is left out.
        """
        if self._last is None:
            self._began, self._last = now, (now, done)
        before, counted = self._last
        self._last = (now, done)
        while (now - self._began) / self._piece >= PIECES:
            self._rows = [sum(self._rows[place : place + 2]) for place in range(0, len(self._rows), 2)]
            self._piece *= 2
        for place in range(self._place(before), self._place(now) + 1):
            start, end = (self._began + self._piece * edge for edge in (place, place + 1))
            self._rows += [0.0] * (place + 1 - len(self._rows))
            if now > before:
                inside = max(0.0, min(now, end) - max(before, start))
                self._rows[place] += max(0, done - counted) * inside / (now - before)
        return tuple(round(rows / self._piece, 2) for rows in self._rows[: self._place(now)])

    def _place(self, moment: float) -> int:
        return int((moment - self._began) / self._piece)
