from __future__ import annotations

import os
import re
import subprocess
import sys

from tests.faults.books import live_requests
from tests.faults.test_kernel import CELL, SET_UP
from tests.kernel import Kernel
from tests.service_process import ServiceProcess, wait_until

BEGIN = """
import os, pandas as pd, dw_jupyter as dw
job = dw.submit(pd.DataFrame({"text": [f"row {n}" for n in range(40)]}), "{{ text }}")
job.received()
"""


def run(program: str, environment: dict[str, str]) -> str:
    """Run a program to its end; all that it said."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=os.environ | environment,
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ).stdout


def test_a_program_that_ends_in_order_says_nothing_of_failure(environment: dict[str, str]) -> None:
    """A job under way when its interpreter ends is drawn as it was last known, and goes on in the next one."""
    program = """
class Draws:
    def update(self, snapshot): os.write(1, f"{snapshot.state}\\n".encode())
    def flush(self, snapshot): pass
job.subscribe(Draws())
job.look(10)
"""
    said = run(BEGIN + program, environment)
    assert set(said.split()) <= {"uploading", "queued", "running"}
    assert run(BEGIN + "print(job.result(60)['dw_status'].eq('completed').all())", environment).endswith("True\n")


def test_a_script_that_submits_and_ends_has_submitted(
    environment: dict[str, str], slow_service: ServiceProcess
) -> None:
    """`dw.submit` returns at once, and the interpreter does not end before the batch is made."""
    run(BEGIN.replace("job.received()", ""), environment)
    with slow_service.http() as http:
        assert live_requests(http) == 40


def test_a_cancel_outlives_the_program_that_asked_for_it(
    environment: dict[str, str], slow_service: ServiceProcess
) -> None:
    """The wish is on the disk when `cancel` returns: whoever opens the job next carries it out."""
    run(BEGIN + "job.cancel(); os._exit(0)", environment)
    ended = (
        "job = dw.attach(dw.jobs().job[0]); job.done() or loop.wait(job._ended, timeout=30); print(job.snapshot.state)"
    )
    assert run(f"import dw_jupyter as dw\nfrom dw_jupyter.job import loop\n{ended}", environment) == "cancelled\n"
    with slow_service.http() as http:
        assert live_requests(http) == 0


def test_another_kernel_watches_and_may_cancel(environment: dict[str, str], slow_service: ServiceProcess) -> None:
    """A second kernel that runs the same cell shows the first one's progress, sends nothing, and can cancel it."""
    with Kernel(environment) as owner, Kernel(environment) as other:
        for kernel in (owner, other):
            kernel.run(SET_UP)
            assert kernel.run(CELL).status == "ok"
        assert "Another kernel drives this job" in other.run("print(job.snapshot.note)").text
        wait_until(lambda: other.run("print(job.counts.completed > 0)").text == "True\n")
        other.run("job.cancel()")
        wait_until(lambda: owner.run("print(job.snapshot.state)").text == "cancelled\n")
        wait_until(lambda: other.run("print(job.snapshot.state)").text == "cancelled\n")
        said = other.run("print(answers.dw_status.isin(['completed', 'cancelled']).all())").text
        assert re.fullmatch(r"answers: cancelled: \d+ of 40 answered\nTrue\n", said)
    with slow_service.http() as http:
        assert len(http.get("batches").json()["data"]) == 1


def test_another_kernel_takes_over(environment: dict[str, str], slow_service: ServiceProcess) -> None:
    """When the kernel that drives a job is killed, the one that watches brings it to its end."""
    with Kernel(environment) as owner, Kernel(environment) as other:
        for kernel in (owner, other):
            kernel.run(SET_UP)
            kernel.run(CELL)
        owner.kill()
        assert other.run("await job").status == "ok"
        assert other.run("print(answers.response.tolist() == rows.text.tolist())").text == "True\n"
    with slow_service.http() as http:
        assert live_requests(http) == 40
