from __future__ import annotations

import re

from tests.faults.books import live_requests
from tests.kernel import Kernel
from tests.service_process import ServiceProcess, wait_until

SET_UP = """
%load_ext dw_jupyter
import asyncio, threading, pandas as pd
rows = pd.DataFrame({"text": [f"row {n}" for n in range(40)]})
"""
CELL = "%%dwbatch rows -o answers -j job\n{{ text }}"


def test_an_interrupt_stops_the_waiting_and_not_the_job(
    environment: dict[str, str], slow_service: ServiceProcess
) -> None:
    """Interrupting any kind of wait ends the cell, as an error that says how to go on."""
    with Kernel(environment) as kernel:
        assert kernel.run(SET_UP).status == "ok"
        assert kernel.run(CELL).status == "ok"
        for wait in ("await job", "job.result()", "await asyncio.gather(job, job)", CELL.replace("-j", "--wait -j")):
            kernel.run("threading.Timer(0.5, print, ['it waits']).start()")
            cell = kernel.send(wait)
            kernel.wait_for("it waits")
            kernel.interrupt()
            ended = kernel.collect(cell)
            assert ended.status == "error", wait
            assert re.match(r"Stopped waiting; the job goes on", ended.traceback), ended.traceback
            assert "%dwbatch attach " in ended.traceback
        assert len(kernel.run("job").displays) == 1, "a job that is a cell's value shows its view"
        timeout = kernel.run("try:\n    await asyncio.wait_for(job, 0.3)\nexcept TimeoutError:\n    print('timeout')")
        assert timeout.text == "timeout\n"
        assert kernel.run("job.cancel()").status == "ok"
        assert "cancelled" in kernel.run("await job").traceback + kernel.run("print(job.status.lower())").text
    with slow_service.http() as http:
        assert len(http.get("batches").json()["data"]) == 1


def test_a_killed_kernel_loses_nothing(environment: dict[str, str], slow_service: ServiceProcess) -> None:
    """After `kill -9` the same cell in a new kernel attaches, shows what was answered, and ends with every row."""
    with Kernel(environment) as kernel:
        kernel.run(SET_UP)
        kernel.run(CELL)
        wait_until(lambda: kernel.run("print(job.counts.completed > 0)").text == "True\n")
        kernel.kill()
    with Kernel(environment) as kernel:
        kernel.run(SET_UP)
        again = kernel.run(CELL)
        assert again.status == "ok"
        assert "nothing is sent again" in kernel.run("print(job.snapshot.note)").text
        waited = kernel.run("await job\nprint(answers.response.tolist() == rows.text.tolist())")
        assert re.fullmatch(r"(answers: \d+ of 40 answered\n)?True\n", waited.text)
        assert kernel.run("print((answers.dw_status == 'completed').all())").text == "True\n"
    with slow_service.http() as http:
        assert live_requests(http) == 40


def test_a_busy_kernel_holds_up_nothing(environment: dict[str, str]) -> None:
    """While a cell computes without a pause, rows are collected behind it, and its own output stays its own."""
    with Kernel(environment) as kernel:
        kernel.run(SET_UP)
        first = kernel.run(CELL)
        (view,) = first.displays
        busy = kernel.run("while not job.counts.completed: sum(range(1000))\nprint(job.status)")
        assert re.fullmatch(r"\d+ of 40 answered\n", busy.text)
        assert set(busy.displays) <= {view}
        partial = kernel.run("print(answers.dw_status.value_counts()['completed'])")
        told, answered = partial.text.splitlines()
        assert re.fullmatch(r"answers: \d+ of 40 answered", told)
        assert 0 < int(answered) < 40
