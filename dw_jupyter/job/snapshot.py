"""What is known of a job at one moment, as a frozen record and in words.

A snapshot is made on the background loop and handed to whoever draws: the live view, the static HTML, a terminal, a
script. All of them take their words from here, so that they never disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from dw_jupyter import errors

State = Literal[
    "preparing",  # rows are being rendered to request lines
    "uploading",  # request files are on their way
    "queued",  # the batch is made, nothing has started
    "running",
    "cancelling",  # asked for, not yet confirmed by the service
    "completed",  # every row has a fate; some may have failed
    "failed",  # nothing was answered, or the job could not be sent: see ``error``
    "cancelled",
    "unreachable",  # its batches may go on, but this kernel cannot follow them: see ``error``
]
LEAST_STILLNESS = 900.0
"""Seconds without movement before a word is said of it, or this share of the window, where that is more:"""
STILL_SHARE = 0.04
LITTLE_SHARE = 0.1
"""The share of its window that is little for a job of which it is not known how fast it moves."""
ENDED: frozenset[State] = frozenset({"completed", "failed", "cancelled", "unreachable"})
"""The states that do not change in this kernel any more."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """One moment of a job. Counts are rows, times are seconds."""

    number: int = 0
    """Its place among all snapshots of this kernel: of two of one job, the one with the greater is the newer."""
    job: str = ""
    """The job's id, ``""`` until its requests are rendered."""
    label: str = ""
    """What the user would call it: ``"reviews → labels"``."""
    state: State = "preparing"
    total: int = 0
    completed: int = 0
    failed: int = 0
    reused: int = 0
    """Rows whose answer an earlier job had, or gets."""
    awaited: int = 0
    """Rows that another job is asking; sent only if they fail there."""
    merged: int = 0
    """Rows that share the answer of another row, which asks the same."""
    uploaded: float = 0.0
    """Share of the request bytes that are sent, 0 to 1."""
    rate: float | None = None
    """Rows a second of late, ``None`` while unknown."""
    pulse: tuple[float, ...] = ()
    """Rows a second in equal spans of time, the oldest first, as far as this kernel has seen them."""
    tokens: int = 0
    """Tokens used, as far as the service has counted them; 0 while it has not."""
    cost: str = ""
    """What they cost, a decimal number of US dollars; ``""`` while unknown."""
    counted: bool = False
    """Whether tokens and cost are those of every answer."""
    estimate: str = ""
    """What the service thought beforehand that the whole would cost; ``""`` where it did not know."""
    model: str = ""
    window: str = ""
    window_ends: float | None = None
    """When the completion window closes, epoch seconds; ``None`` while there is no batch."""
    account: str = ""
    """``"local"`` for the embedded service."""
    batches: tuple[str, ...] = ()
    """The service's batch ids, one a shard."""
    shards: int = 1
    """How many batches there will be, as far as is known."""
    note: str = ""
    """Something worth knowing, such as that this cell attached to an earlier job."""
    trouble: str = ""
    """What keeps the job from moving now, such as a lost connection; it goes on by itself."""
    error: str = ""
    """Why a job failed, or is out of reach: two lines, what happened and what to do."""
    started: float = 0.0
    """When the job began, epoch seconds."""
    idle: float = 0.0
    """Seconds since then in which the job had ended, before it was taken up again."""
    updated: float = 0.0
    """When the service last said this, epoch seconds."""
    pace: float = 15.0
    """Seconds within which the service is asked again."""
    moved: float = 0.0
    """When a count last changed in this kernel, or the job was opened in it, epoch seconds; 0 while unknown."""

    def failing(self, error: BaseException) -> Snapshot:
        """The moment after it: a job that could not be begun."""
        return replace(self, state="failed", error=str(error) or type(error).__name__)

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more, as far as this kernel can see."""
        return self.state in ENDED

    @property
    def waiting(self) -> int:
        """Rows without a final answer; once ended, rows that will have none."""
        return max(0, self.total - self.completed - self.failed)

    @property
    def seconds_left(self) -> float | None:
        """Time to the end at the present rate, ``None`` while that cannot be said."""
        if self.ended or not self.rate or not self.waiting:
            return None
        return self.waiting / self.rate

    def worry(self, now: float) -> str:
        """What may be wrong with a job that runs, ``""`` where nothing is. ``now`` is epoch seconds."""
        if self.state not in ("queued", "running"):
            return ""
        span = (self.window_ends or 0.0) - self.started
        still = now - self.moved
        if self.moved and still > max(LEAST_STILLNESS, STILL_SHARE * span):
            return f"nothing has moved for {duration(still)}"
        if self.window_ends is None or now > self.window_ends:
            return ""
        left = self.window_ends - now
        if self.seconds_left is not None and self.seconds_left > left:
            return f"at this rate it ends {duration(self.seconds_left - left)} after its window"
        if self.seconds_left is None and left < LITTLE_SHARE * span:
            return f"{duration(left)} of its window left, and {_rows(self.waiting)} open"
        return ""

    def failure(self) -> errors.JobError | None:
        """What whoever needs the job gets to hear, where it has failed or is out of reach."""
        kinds = {"failed": errors.JobFailedError, "unreachable": errors.JobUnreachableError}
        what, _, todo = self.error.partition("\n")
        return kinds[self.state](what, todo, job=self.job) if self.state in kinds else None

    @property
    def headline(self) -> str:
        """One short line that says it all: ``"142 of 500 answered, 3 failed"``."""
        failed = f", {self.failed:,} failed" if self.failed else ""
        answered = f"{self.completed:,} of {self.total:,} answered{failed}"
        match self.state:
            case "preparing":
                return f"Preparing {_rows(self.total)}"
            case "uploading":
                return f"Uploading {_rows(self.total)}: {int(self.uploaded * 100)} %"
            case "queued":
                return f"Queued: {_rows(self.total)} waiting to start"
            case "running":
                return answered
            case "cancelling":
                return f"Cancelling… {answered}"
            case "cancelled":
                return f"Cancelled: {answered}"
            case "failed":
                return f"Failed: {self.error.splitlines()[0]}" if self.error else f"Failed: {answered}"
            case "unreachable":
                return f"Out of reach, {answered}: {self.error.splitlines()[0]}"
            case "completed":
                lost = f", {self.waiting:,} without an answer" if self.waiting else ""
                return f"Done: {answered}{lost}"

    def details(self, now: float) -> tuple[str, ...]:
        """Short phrases beside the headline: model, rate, time left. ``now`` is epoch seconds."""
        phrases = [self.model] if self.model else []
        if self.shards > 1:
            phrases.append(f"{self.shards:,} batches")
        if self.reused or self.merged or self.awaited:
            sent = self.total - self.reused - self.merged - self.awaited
            awaited = {"waited for in another job": self.awaited}
            counts = {"reused": self.reused, "merged": self.merged, **awaited, "sent": sent}
            phrases += [f"{count:,} {word}" for word, count in counts.items() if count or word == "sent"]
        if self.ended:
            if self.updated > self.started > 0:
                phrases.append(f"took {duration(self.updated - self.started - self.idle)}")
        else:
            if self.rate and self.state == "running":
                phrases.append(f"{self.rate:.1f} rows/s")
            if self.seconds_left is not None:
                phrases.append(f"about {duration(max(1.0, self.seconds_left))} left")
            if self.window_ends is not None:
                left = self.window_ends - now
                phrases.append(
                    f"{duration(left)} left of the {self.window} window"
                    if left > 0
                    else f"past its {self.window} window, still running"
                )
            if worry := self.worry(now):
                phrases.append(worry)
        return (*phrases, *self._spending())

    def _spending(self) -> tuple[str, ...]:
        """Tokens and money. The service counts them behind the answers; a cost of zero is one that it does not know."""
        so_far = "" if self.ended and self.counted else " so far"
        phrases = [f"{self.tokens:,} tokens{so_far}"] if self.tokens else []
        if self.account == "local":
            return (*phrases, "free") if phrases else ()
        estimate = f"estimated {dollars(self.estimate)}" if self.estimate else ""
        cost = f"{dollars(self.cost)}{so_far}" if self.cost else ""
        return (*phrases, *filter(None, [", ".join(filter(None, (cost, estimate)))]))


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def dollars(amount: str) -> str:
    """A decimal number of US dollars, to the cent, or to two digits where it is less than a dollar."""
    value = Decimal(amount)
    return f"${value:,.{2 if value >= 1 else max(2, 1 - value.adjusted())}f}"


def duration(seconds: float) -> str:
    """Seconds as a person would say them: ``"8 s"``, ``"3 min"``, ``"2 h 5 min"``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
