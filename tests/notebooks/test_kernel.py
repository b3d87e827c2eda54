"""The journey of a notebook in a real kernel. tests/run goes through it with IPython 8 and with IPython 9."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel import Kernel
from tests.service_process import ServiceProcess, start_service

SET_UP = """
%load_ext dw_jupyter
import IPython, threading, pandas as pd
reviews = pd.DataFrame({"text": ["good", "wait 2"], "title": ["A", "B"]})
print(IPython.version_info[0])
"""
CELL = "%%dwbatch reviews -o labels -j job\n{{ text }}"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceProcess]:
    """An echo service."""
    with start_service(tmp_path / "service", "--model", "echo") as running:
        yield running


def test_a_notebook_in_a_real_kernel(service: ServiceProcess, own_home: Path) -> None:
    """A cell, an interrupted and a whole wait, the cell again, an error that stops Run All, the tab key, unloading."""
    account = {"DOUBLEWORD_API_BASE": service.base_url, "DOUBLEWORD_API_KEY": service.api_key}
    with Kernel({**account, "DW_JUPYTER_HOME": str(own_home)}) as kernel:
        assert kernel.run(SET_UP).text.split()[-1] == os.environ.get("DW_JUPYTER_TEST_IPYTHON", "9")

        first = kernel.run(CELL)
        assert (first.status, first.text) == ("ok", "")
        (view,) = first.displays.values()
        assert "application/vnd.jupyter.widget-view+json" in view

        kernel.run("threading.Timer(0.5, print, ['it waits']).start()")
        waiting = kernel.send("await job")
        kernel.wait_for("it waits")
        kernel.interrupt()
        stopped = kernel.collect(waiting)
        assert stopped.status == "error"
        assert stopped.traceback.startswith("Stopped waiting; the job goes on")

        frame = kernel.run("await job")
        assert any("<td>wait 2</td>" in shown.get("text/html", "") for shown in frame.displays.values())
        assert kernel.run("print(*labels.response)").text == "good wait 2\n"

        assert kernel.run(CELL).status == "ok"
        assert "nothing is sent again" in kernel.run("print(job.snapshot.note)").text

        refused = kernel.run("%%dwbatch reviews\n{{ txt }}")
        assert refused.status == "error", "what stops Run All"
        assert [re.sub(r"\x1b\[[\d;]*m", "", line) for line in refused.error] == [
            'NoColumnError: There is no column "txt" in the source.',
            'Did you mean "text"? Columns: text, title',
        ]

        assert kernel.complete("%%dwbatch reviews --schema x -o labels\n{{ ti¦ }}") == ["title"]
        assert kernel.complete("x = %dwbatch status jo¦") == ["job"]
        assert kernel.run("%%dwbatch?").status == "ok"
        job = kernel.run("print(job.id)").text.strip()
        assert kernel.run("%unload_ext dw_jupyter").status == "ok"
        assert "title" not in kernel.complete("%%dwbatch reviews\n{{ ti¦ }}")
    with Kernel({**account, "DW_JUPYTER_HOME": str(own_home)}) as kernel:
        found = kernel.run(f"import dw_jupyter as dw; dw.attach({job!r})")
        assert any("data-dw-view" in shown.get("text/html", "") for shown in found.displays.values()), "it is live"
        waited = kernel.run('again = dw.submit(["wait 1"], "{{ value }}"); again.result()')
        assert "Done: 1 of 1 answered" in waited.text, "a wait that no view shows says how it goes"
        (view,) = kernel.run("again").displays.values()
        assert "data-dw-view" in view["text/html"]
    with service.http() as http:
        assert len(http.get("batches").json()["data"]) == 2
