"""What ten jobs that are live at once cost: messages to the browser, and time of the processors."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING

import psutil
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from playwright.sync_api import Browser

    from tests.browser.lab import Lab

SUBMIT = """%load_ext dw_jupyter
import os, dw_jupyter as dw
for job in [dw.submit([{"text": f"{n}: {row}"} for row in range(ROWS)], "{{ text }}") for n in range(JOBS)]:
    display(job)
print("kernel", os.getpid())"""
JOBS = 10
UPDATES_A_SECOND = 2


def test_a_view_is_told_at_most_twice_a_second(
    browser: Browser, lab: Lab, full: bool, measured: Callable[[str], None]
) -> None:
    """Ten views, and none hears more than that; what it costs is printed."""
    rows = 100 if full else 30
    path = lab.write("ten.ipynb", f"JOBS, ROWS = {JOBS}, {rows}\n{SUBMIT}")
    with lab.open(browser, path.name) as notebook:
        notebook.run(0)
        views = notebook.page.locator(".dw-job")
        expect(views).to_have_count(JOBS)
        said = notebook.output(0).filter(has_text="kernel ").last.inner_text()
        kernel = psutil.Process(int(said.split()[-1]))
        begin, busy = time.monotonic(), (_cpu(kernel), _renderers(browser))
        expect(views.filter(has_text=f"Done: {rows} of {rows} answered")).to_have_count(JOBS, timeout=180_000)
        seconds = time.monotonic() - begin
        spent = [after - before for after, before in zip((_cpu(kernel), _renderers(browser)), busy, strict=True)]
        told = updates(notebook.heard)

    assert len(told) == JOBS
    for times in told.values():
        # Three do not wait for their turn: the first, the end, and the end once more, since a busy server drops some.
        assert len(times) <= 4 + UPDATES_A_SECOND * (times[-1] - times[0]).total_seconds()
    number = sum(map(len, told.values()))
    measured(
        f"{JOBS} jobs live for {seconds:.0f} s: {number / seconds:.1f} updates a second to the browser;"
        f" of one processor, kernel {spent[0] / seconds:.0%} and page {spent[1] / seconds:.0%}"
    )


def updates(heard: Iterable[bytes]) -> dict[bytes, list[datetime]]:
    """When the kernel sent each widget a new state, by its own clock."""
    told = defaultdict(list)
    for frame in heard:
        if b'"comm_msg"' in frame and re.search(rb'"method": ?"update"', frame):
            widget, date = (re.search(rb'"%b": ?"([^"]+)"' % name, frame) for name in (b"comm_id", b"date"))
            assert widget
            assert date
            told[widget[1]].append(datetime.fromisoformat(date[1].decode()))
    return told


def _cpu(process: psutil.Process) -> float:
    """Seconds that it has had of a processor."""
    times = process.cpu_times()
    return float(times.user + times.system)


def _renderers(browser: Browser) -> float:
    """The same of all that draws pages."""
    session = browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return float(sum(process["cpuTime"] for process in processes if process["type"] == "renderer"))
