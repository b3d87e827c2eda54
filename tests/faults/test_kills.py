from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.fault_rules import add_fault, clear_faults
from tests.faults.books import answered_requests, live_batches, live_requests
from tests.faults.program import Program
from tests.faults.stories import STORIES, Trial
from tests.faults.traps import STEPS, Trap
from tests.service_process import ServiceProcess

SEED = 20261122


def test_a_kill_at_any_step_costs_nothing(
    service: ServiceProcess, http: httpx.Client, tmp_path: Path, full: bool, measured: Callable[[str], None]
) -> None:
    """Wherever ``kill -9`` ends a program, the same cell run anew ends with each row asked once, and in its place."""
    numbers = itertools.count(1)
    chance = random.Random(SEED)  # noqa: S311 - it keeps no secret
    kinds = [(step, side) for step, (_, _, sides) in STEPS.items() for side in sides]
    kills = told = 0
    wrong = []
    for name, story in STORIES.items():
        for step, side in kinds if full else chance.sample(kinds, 1):
            begin = chance.randint(1, 3)
            for count in range(begin, 100, 3) if full else [begin]:
                trap = Trap(step=step, side=side, count=count)
                try:
                    died = Trial(service, http, tmp_path, next(numbers), story).run(trap)
                except AssertionError as error:
                    wrong.append(f"{name}, killed {trap}: {error}")
                    continue
                told += 1
                kills += died
                if not died:
                    break
    batches = live_batches(http)
    asked = sum(batch["request_counts"]["total"] for batch in batches)
    answered = sum(batch["request_counts"]["completed"] + batch["request_counts"]["failed"] for batch in batches)
    measured(
        f"kills {kills}, restarts {told}, accepted {asked}, answered {answered},"
        f" jobs with a row lost or doubled {len(wrong)}"
    )
    assert not wrong, "\n".join(wrong)
    assert kills
    assert asked == answered


def test_kills_at_random_moments_cost_nothing(
    service: ServiceProcess, http: httpx.Client, own_home: Path, full: bool, measured: Callable[[str], None]
) -> None:
    """However often a program is killed, running it again ends with each row asked once and answered once."""
    chance = random.Random(SEED)  # noqa: S311 - it keeps no secret
    environment = {
        "DOUBLEWORD_API_BASE": service.base_url,
        "DOUBLEWORD_API_KEY": service.api_key,
        "DW_JUPYTER_HOME": str(own_home),
    }
    kills, jobs, rows = 0, 100 if full else 3, 40
    for job in range(jobs):
        texts = [f"row {job} {number}" for number in range(rows)]
        if job % 2:
            add_fault(service, "*", "lose", skip=chance.randint(0, 12), times=2)
        for _ in range(4):
            with Program(environment=environment, rows_a_file=chance.choice((15, 40))) as program:
                program.tell("run", texts)
                kills += not program.hears(chance.uniform(0.0, 0.3))
        clear_faults(service)
        with Program(environment=environment) as program:
            view = program.run(texts)
        assert view["responses"] == texts
    asked, accepted, answered = jobs * rows, live_requests(http), answered_requests(http)
    measured(
        f"kills {kills}, restarts {jobs * 4}, asked {asked}, accepted {accepted}, answered {answered},"
        f" lost {asked - answered}, doubled {accepted - asked}"
    )
    assert kills
    assert accepted == answered == asked
