from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.bench import Bench
from tests.faults.books import answered_requests, live_requests
from tests.faults.machine import Machine


def test_no_order_of_events_loses_or_doubles_anything(
    tmp_path: Path, full: bool, measured: Callable[[str], None]
) -> None:
    """Cells, waits, lost answers, dead kernels, a dead service, cancels and retries, in any order: all stays true."""
    wanted = settings(
        max_examples=60 if full else 3,
        stateful_step_count=25 if full else 12,
        deadline=None,
        database=None,
        derandomize=not full,
        phases=[Phase.generate],  # a failure tells its steps; to try others would take processes by the hundred
        suppress_health_check=list(HealthCheck),
    )
    bench = Bench(tmp_path)
    try:
        # it wants a class, or whatever makes a machine
        run_state_machine_as_test(partial(Machine, bench), settings=wanted)  # type: ignore[arg-type]
        accepted, answered = live_requests(bench.http), answered_requests(bench.http)
        measured(f"kills {bench.kills}, restarts {bench.restarts}, accepted {accepted}, answered {answered}")
    finally:
        bench.close()
