from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.fault_rules import add_fault, clear_faults, list_faults
from tests.faults.bench import Bench
from tests.faults.books import asked_texts, live_requests

ROWS = 5
AT_ONCE = 5
CALLS = ("POST /v1/files", "POST /v1/batches", "GET *")


def test_two_kernels_that_run_a_cell_at_once_make_one_job(tmp_path: Path) -> None:
    """Whichever is first, both have the same job, one drives it, and both see it to its end."""
    cells = [[f"cell {number} {row}" for row in range(ROWS)] for number in range(8)]
    bench = Bench(tmp_path)
    try:
        with bench.program("home") as first, bench.program("home") as second:
            for texts in cells:
                first.tell("run", texts)
                second.tell("run", texts)
                mine, theirs = first.hear(), second.hear()
                assert mine["job"] == theirs["job"]
                assert mine["responses"] == theirs["responses"] == texts
            for _ in range(30):  # and once there is the job, which both find and neither makes
                first.tell("submit", cells[0])
                second.tell("submit", cells[0])
                assert first.hear() == second.hear()
        assert asked_texts(bench.http) == Counter(text for texts in cells for text in texts)
    finally:
        bench.close()


def test_many_jobs_leave_nothing_behind(tmp_path: Path, full: bool, measured: Callable[[str], None]) -> None:
    """After many small jobs, some in two kernels at once, some cancelled, some with lost answers, nothing has grown."""
    chance = random.Random(20261122)  # noqa: S311 - it keeps no secret
    jobs = 200 if full else 20
    cancels = lost = shared = 0
    bench = Bench(tmp_path)
    try:
        with bench.program("home") as first, bench.program("home") as second:
            begun = []
            for begin in range(0, jobs, AT_ONCE):
                under_way = []
                for number in range(begin, begin + AT_ONCE):
                    texts = [f"row {number} {row}" for row in range(ROWS)]
                    if number % 4 == 0:
                        add_fault(bench.service, chance.choice(CALLS), "lose")
                    first.tell("submit", texts)
                    if number % 3 == 0:
                        shared += 1
                        second.tell("submit", texts)
                        under_way.append((second, second.hear(), texts))
                    under_way.append((first, first.hear(), texts))
                    if number % 7 == 6:
                        cancels += 1
                        first.ask("cancel", under_way[-1][1])
                for program, job, texts in under_way:
                    view = program.ask("wait", job)
                    fates = {("completed", text) for text in texts} | {("cancelled", None)}
                    assert set(zip(view["statuses"], view["responses"], strict=True)) <= fates, view
                for program in (first, second):
                    program.ask("drop")
                begun.append([program.ask("measure") for program in (first, second)])
            lost = sum(rule["used"] for rule in list_faults(bench.service))
            clear_faults(bench.service)
        accepted, doubled = live_requests(bench.http), asked_texts(bench.http).total() - len(asked_texts(bench.http))
    finally:
        bench.close()
    measured(
        f"jobs {jobs}, shared {shared}, cancels {cancels}, lost answers {lost}, accepted {accepted}, doubled {doubled}"
    )
    assert doubled == 0
    assert accepted <= jobs * ROWS
    for before, after in zip(begun[1], begun[-1], strict=True):
        assert after == before
