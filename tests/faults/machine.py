"""Two kernels, a service, and whatever may befall them, in any order; what must be true after each step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dw_jupyter.job.snapshot import ENDED
from tests.fault_rules import add_fault, clear_faults
from tests.faults.bench import Bench
from tests.faults.books import answered_texts
from tests.faults.desk import View
from tests.faults.program import Program
from tests.faults.stories import MEND, MENDED

CALLS = (
    "POST /v1/files",
    "POST /v1/batches",
    "GET /v1/batches",
    "GET /v1/batches/{id}",
    "GET /v1/files/{id}/content",
    "POST /v1/batches/{id}/cancel",
    "POST /v1/batches/{id}/retry",
    "*",
)
FAULTS = 4
"""That befall one life; a service that is killed counts as two."""
PAUSE = 0.1
"""Requests that wait are answered within the looks that follow a cancel."""
WORDS = ("one", "two", "three", "four", "fail 400", "wait 0.15")
kernels = st.integers(0, 1)
cells = st.tuples(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7).map(tuple), st.booleans())
whiches = st.integers(0, 9)
"""Which of the jobs that there are: what is drawn must not depend on how far they have come."""
Cell = tuple[tuple[str, ...], bool]
T = TypeVar("T")


@dataclass
class Known:
    """What is known of a job."""

    texts: tuple[str, ...]
    cancelled: bool = False
    mended: bool = False
    ended: dict[int, str] = field(default_factory=dict)
    """The state that it ended in, for each kernel that saw it and has not begun it again since."""
    seen: dict[int, list[str | None]] = field(default_factory=dict)
    """The answers that each kernel has shown."""

    def forget_kernel(self, kernel: int) -> None:
        """A kernel has begun anew, or has another handle on the job."""
        self.ended.pop(kernel, None)
        self.seen.pop(kernel, None)


class Machine(RuleBasedStateMachine):
    """One life of two kernels with one home.

    Args:
        bench: the service, which outlives many of these.
    """

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self._label = f"life {bench.next()}."
        self._programs = [self._program(), self._program()]
        self._held: list[set[str]] = [set(), set()]
        self._jobs: dict[str, Known] = {}
        self._newest: dict[Cell, str] = {}
        self._faults = 0
        self._allowed: Counter[str] = Counter()
        """How often each text may be answered: as often as one job asks it, and anew where that was asked for."""
        self._anew: Counter[str] = Counter()

    @initialize(cell=cells, other=cells)
    def begin(self, cell: Cell, other: Cell) -> None:
        """Something to work on."""
        self.submit(0, cell, fresh=False)
        self.submit(1, other, fresh=False)

    @rule(kernel=kernels, cell=cells, fresh=st.sampled_from((False, False, False, True)))
    def submit(self, kernel: int, cell: Cell, fresh: bool) -> None:
        """Run a cell; whatever was asked before is told by its texts."""
        self._submitted(kernel, cell, self._programs[kernel].ask("submit", **self._options(cell, fresh)), fresh=fresh)

    @rule(kernel=kernels, which=whiches, word=st.sampled_from((None, *WORDS)))
    def submit_once_more(self, kernel: int, which: int, word: str | None) -> None:
        """Run a cell that was run before, as it was or with one row more."""
        for texts, definite in _pick(self._newest, which):
            self.submit(kernel, (texts if word is None else (*texts, word), definite), fresh=False)

    @rule(cell=cells)
    def submit_twice_at_once(self, cell: Cell) -> None:
        """Run a cell in both kernels at the same time: one job."""
        for program in self._programs:
            program.tell("submit", **self._options(cell, fresh=False))
        found = [program.hear() for program in self._programs]
        assert found[0] == found[1]
        for kernel, job in enumerate(found):
            self._submitted(kernel, cell, job, fresh=False)

    @rule(kernel=kernels, which=whiches)
    def attach(self, kernel: int, which: int) -> None:
        """Find a job by its id."""
        for job in _pick(self._jobs, which):
            self._programs[kernel].ask("attach", job)
            self._hold(kernel, job)

    @rule(which=whiches)
    def wait(self, which: int) -> None:
        """Wait for a job's end."""
        for kernel, job in _pick(self._all_held(), which):
            view = self._programs[kernel].ask("wait", job)
            assert view["state"] in ENDED
            self._look(kernel, job, view)

    @rule(which=whiches)
    def cancel(self, which: int) -> None:
        """Ask for a job's end."""
        for kernel, job in _pick(self._all_held(), which):
            self._programs[kernel].ask("cancel", job)
            self._jobs[job].cancelled = True

    @rule(which=whiches, changed=st.booleans())
    def retry(self, which: int, changed: bool) -> None:
        """Ask again what has no answer; refused while the job runs, or where every row has one."""
        for kernel, job in _pick(self._all_held(), which):
            view = self._programs[kernel].ask("view", job)
            refused = self._programs[kernel].refuses("retry", job, **(MEND if changed else {}))
            assert refused in ("", "OptionError", "JournalError")
            if not refused:
                known = self._jobs[job]
                # Whoever retries a job that was cancelled asks anew, also where a later job has asked that meanwhile.
                rows = zip(known.texts, view["responses"], strict=True)
                self._anew += Counter(text for text, response in rows if response is None)
                known.ended.pop(kernel, None)
                known.mended, known.cancelled = known.mended or changed, False

    @rule(kernel=kernels, which=whiches)
    def forget(self, kernel: int, which: int) -> None:
        """Remove a job from the disk, which is refused while it runs; what it asked may be asked anew."""
        for job in _pick(self._jobs, which):
            refused = self._programs[kernel].refuses("forget", job)
            assert refused in ("", "JournalError")
            if refused:
                continue
            self._anew += Counter(self._jobs.pop(job).texts)
            self._newest = {cell: id_ for cell, id_ in self._newest.items() if id_ != job}
            for held in self._held:
                held.discard(job)

    @rule(call=st.sampled_from(CALLS), fault=st.sampled_from(("lose", "refuse")), skip=st.integers(0, 2))
    def lose(self, call: str, fault: str, skip: int) -> None:
        """Have an answer lost, or a call."""
        if self._busy and self._faults < FAULTS:
            self._faults += 1
            add_fault(self._bench.service, call, fault, skip=skip)

    @rule(kernel=kernels)
    def kill_kernel(self, kernel: int) -> None:
        """End a kernel with no chance to tidy up, and start another."""
        self._programs[kernel].close()
        self._programs[kernel] = self._program()
        self._held[kernel].clear()
        for known in self._jobs.values():
            known.forget_kernel(kernel)
        self._bench.kills += 1

    @rule()
    def kill_service(self) -> None:
        """End the service with no chance to tidy up, and start it again."""
        if self._busy and self._faults < FAULTS:
            self._faults += 2
            self._bench.restart()

    @invariant()
    def what_is_shown_is_true(self) -> None:
        """No kernel shows what is not so, and nothing is answered more often than it was asked for."""
        views = [(kernel, job, self._programs[kernel].ask("view", job)) for kernel, job in self._all_held()]
        answered = self._answered()
        for kernel, job, view in views:
            self._look(kernel, job, view)
            known = self._jobs[job]
            may = sum(known.mended or bool(answered[text]) for text in known.texts)
            assert view["completed"] <= may, (view, answered)
        for text, count in answered.items():
            assert text == MENDED or count <= self._allowed[text] + self._anew[text], (text, count, self._allowed)

    def teardown(self) -> None:
        """Let a last kernel bring every job to its end; each row has one fate, and the books balance."""
        try:
            clear_faults(self._bench.service)
            for program in self._programs:
                program.close()
            with self._program() as program:
                for job, known in self._jobs.items():
                    program.ask("attach", job)
                    view = program.ask("wait", job)
                    known.forget_kernel(0)
                    self._look(0, job, view)
                    assert view["state"] in ENDED, view
                    if not known.cancelled and not known.mended and view["state"] == "completed":
                        expected = ["failed" if text == "fail 400" else "completed" for text in known.texts]
                        assert view["statuses"] == expected or "cancelled" in view["statuses"], view
            for text, count in self._answered().items():
                assert text == MENDED or count <= self._allowed[text] + self._anew[text], (text, count)
        finally:
            clear_faults(self._bench.service)

    @property
    def _busy(self) -> bool:
        """Whether anything is known to be under way."""
        return any(not known.ended for known in self._jobs.values())

    def _program(self) -> Program:
        return self._bench.program(self._label, pause=PAUSE)

    def _options(self, cell: Cell, fresh: bool) -> dict[str, Any]:
        body = {"temperature": 0} if cell[1] else {}
        return {"texts": _told(cell), "label": self._label, "fresh": fresh, **body}

    def _submitted(self, kernel: int, cell: Cell, job: str, *, fresh: bool) -> None:
        texts = _told(cell)
        if fresh:
            assert job not in self._jobs
            self._anew += Counter(texts)
        elif cell in self._newest:
            assert job == self._newest[cell]
        else:
            assert job not in self._jobs
        self._newest[cell] = job
        self._jobs.setdefault(job, Known(texts=tuple(texts)))
        # Of rows that ask for one definite answer, one is sent.
        self._allowed |= Counter(set(texts)) if cell[1] else Counter(texts)
        self._hold(kernel, job)

    def _hold(self, kernel: int, job: str) -> None:
        self._held[kernel].add(job)
        self._jobs[job].forget_kernel(kernel)

    def _all_held(self) -> list[tuple[int, str]]:
        return [(kernel, job) for kernel, held in enumerate(self._held) for job in sorted(held)]

    def _answered(self) -> Counter[str]:
        return answered_texts(self._bench.http, search=self._label)

    def _look(self, kernel: int, job: str, view: View) -> None:
        known = self._jobs[job]
        rows = len(known.texts)
        assert view["index"] == list(range(100, 100 + rows))
        assert view["total"] == len(view["statuses"]) == rows
        assert view["completed"] + view["failed"] <= rows, view
        for text, status, response in zip(known.texts, view["statuses"], view["responses"], strict=True):
            assert (status == "completed") == (response is not None), view
            assert response in (None, text) or (known.mended and response == MENDED), view
        for before, now in zip(known.seen.get(kernel, [None] * rows), view["responses"], strict=True):
            assert before in (None, now), view
        known.seen[kernel] = view["responses"]
        if view["state"] in ENDED:
            assert "pending" not in view["statuses"], view
            assert known.ended.setdefault(kernel, view["state"]) == view["state"], view


def _pick(found: Iterable[T], which: int) -> list[T]:
    """One of what there is, where there is any; the newest for 0."""
    newest_first = list(found)[::-1]
    return newest_first[which % len(newest_first) :][:1] if newest_first else []


def _told(cell: Cell) -> list[str]:
    """The texts of a cell; those of definite ones are texts of their own, so that the books tell them apart."""
    texts, definite = cell
    slow = {"wait 0.15": "wait 0.16"} if definite else {}
    word = "surely" if definite else "perhaps"
    return [slow.get(text, text) if " " in text else f"{text} {word}" for text in texts]
