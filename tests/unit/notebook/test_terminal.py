"""Outside of Jupyter: IPython's terminal, a script, marimo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pexpect
import pytest

import dw_jupyter as dw
from tests.service_process import ServiceProcess

SCRIPT = """
import asyncio
import dw_jupyter as dw
import pandas as pd

rows = pd.DataFrame({"text": ["wait 1", "b"]})

async def both():
    await asyncio.gather(
        dw.submit(rows, "{{ text }}", label="one"), dw.submit([{"text": "wait 2"}], "{{ text }}", label="two")
    )

asyncio.run(both())
print(dw.submit(rows, "{{ text }}", label="again").result()["response"].tolist())
"""
MARIMO = """
import marimo
app = marimo.App()

@app.cell
def _():
    import dw_jupyter as dw
    job = dw.submit([{"text": "wait 1"}, {"text": "b"}], "{{ text }}", label="rows")
    job
    return (job,)

@app.cell
async def _(job):
    answers = await job
    answers
    return (answers,)
"""


class Screen(pexpect.spawn):  # type: ignore[misc] # it has no types
    """A program in a terminal."""

    def __init__(self, *words: str) -> None:
        environment = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[3])}
        super().__init__(
            sys.executable, [*words], env=environment, encoding="utf-8", timeout=60, dimensions=(40, 100), echo=False
        )

    def enter(self, prompt: str, *lines: str) -> None:
        """Type lines, one a prompt."""
        for line in lines:
            self.expect_exact(prompt)
            self.sendline(line)


@pytest.mark.usefixtures("account")
def test_ipythons_terminal_shows_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell gives a line about its job; a wait draws one line in place, and an interrupt of it stays readable."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    screen = Screen("-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor")
    screen.enter("In [1]: ", "%load_ext dw_jupyter")
    screen.enter("In [2]: ", "rows = [{'text': 'wait 4'}, {'text': 'b'}]")
    screen.enter("In [3]: ", "%%dwbatch rows -o labels -j job")
    screen.enter("...: ", "{{ text }}", "", "")
    screen.expect(r"Out\[3\]: <Job \w+: (Queued: 2 rows waiting to start|1 of 2 answered), echo, .*>\r\n")
    screen.enter("In [4]: ", "job.result()")
    screen.expect("\rrows → labels · 1 of 2 answered · echo")
    screen.sendintr()
    screen.expect("\r\nStopped waiting; the job goes on")
    screen.enter("In [5]: ", "await job")
    screen.expect("\rrows → labels · Done: 2 of 2 answered · echo · took . s · . tokens *\r\n")
    screen.expect(r"Out\[5\]: ?\r\n +response")
    screen.enter("In [6]: ", "job")
    screen.expect(r"Out\[6\]: <Job \w+: Done: 2 of 2 answered, echo, took . s, . tokens>\r\n")
    screen.enter("In [7]: ", "exit()")
    screen.expect(pexpect.EOF)
    screen.close()


@pytest.mark.usefixtures("account")
def test_a_script_in_a_terminal_draws_one_line() -> None:
    """Jobs that are waited for at once share the line; each leaves its end standing; no wait, no line."""
    screen = Screen("-c", SCRIPT)
    screen.expect(pexpect.EOF)
    screen.close()
    assert screen.exitstatus == 0
    *lines, printed, rest = screen.before.split("\r\n")
    assert (printed, rest) == ("['wait 1', 'b']", "")
    ends = [line.rpartition("\r")[2].split(" · ")[:2] for line in lines]
    # The job that had ended before draws only where finding it again took a while.
    assert [end for end in ends if end[0] != "again"] == [
        ["one", "Done: 2 of 2 answered"],
        ["two", "Done: 1 of 1 answered"],
    ]
    assert re.search(r"\rone · [^\r]+ \| two · ", lines[0])
    assert all(len(drawn) < 100 for line in lines for drawn in line.split("\r"))


@pytest.mark.usefixtures("account")
def test_a_script_without_a_terminal_logs_the_changes() -> None:
    """What a script prints stays its own; its standard error has a line for each change of state."""
    run = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, encoding="utf-8")
    assert run.stdout == "['wait 1', 'b']\n"
    assert "\r" not in run.stderr
    # The job that had ended before draws only where finding it again took a while.
    lines = [line.split(" · ")[:2] for line in run.stderr.splitlines() if not line.startswith("again")]
    ends = [[label, said] for label, said in lines if said.startswith("Done")]
    assert ends == [["one", "Done: 2 of 2 answered"], ["two", "Done: 1 of 1 answered"]]
    assert len({(label, said.split(":")[0]) for label, said in lines}) == len(lines) <= 10


@pytest.mark.usefixtures("account")
def test_a_job_in_marimo(tmp_path: Path) -> None:
    """A job is a cell's value there as its live view, and waiting for it gives the frame and says how it goes."""
    (tmp_path / "notebook.py").write_text(MARIMO, encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "marimo", "export", "session", "notebook.py"],
        check=True, capture_output=True, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip
    session = json.loads((tmp_path / "__marimo__/session/notebook.py.json").read_text(encoding="utf-8"))
    shown, waited = session["cells"]
    assert "marimo-anywidget" in json.dumps(shown["outputs"])
    assert "wait 1" in json.dumps(waited["outputs"])
    said = "".join(message["text"] for message in waited["console"])
    assert said.splitlines()[-1].startswith("rows · Done: 2 of 2 answered")


def test_a_job_is_text_and_html_without_an_extension(account: ServiceProcess) -> None:
    """Whoever shows HTML finds it, whoever shows text finds `repr`; the kernel's own display steps aside."""
    job = dw.submit(pd.DataFrame({"text": ["a"]}), "{{ text }}")
    job.result(timeout=60)
    with pytest.raises(NotImplementedError):
        job._ipython_display_()
    assert "Done: 1 of 1 answered" in repr(job)
    assert "Done: 1 of 1 answered" in str(job._repr_html_())
    assert account.api_key not in repr(job) + str(job._repr_html_())
