from __future__ import annotations

import pytest

import dw_jupyter as dw
from dw_jupyter.job.handle import Job
from dw_jupyter.job.seen import seen_jobs
from tests.unit.notebook.conftest import Notebook

ROWS = [{"t": "wait 60"}]


def called(job: Job) -> set[str]:
    """What a job is called: in its view, in the list of jobs, and by the tab key."""
    job.ready()
    (listed,) = dw.jobs(search=job.id)["label"]
    (offered,) = (each.label for each in seen_jobs() if each.id == job.id)
    return {job.snapshot.label, listed, offered}


@pytest.mark.usefixtures("account")
def test_a_job_is_called_by_the_beginning_of_its_prompt() -> None:
    """A call without a label, and a cell without a source, tell their jobs apart; role lines are no words of theirs."""
    prompt = "system:\nBe  brief.\n\nuser:\nSay {{ t }}, and go on until the very end."
    job = dw.submit([{"t": "x"}], prompt)
    job.result(timeout=30)
    assert called(job) == {"Be brief. Say {{ t }}, and go on until the very…"}


@pytest.mark.usefixtures("account")
def test_a_cell_calls_its_job_by_source_and_frame(notebook: Notebook) -> None:
    """Without a source it is called as a call would call it."""
    notebook.shell.user_ns["rows"] = [{"t": "x"}]
    assert called(notebook.value("%%dwbatch rows -o labels --wait\n{{ t }} by name")) == {"rows → labels"}
    assert called(notebook.value("%%dwbatch --wait\nHello there")) == {"Hello there"}


@pytest.mark.usefixtures("account")
def test_the_label_that_was_given_last_stays(notebook: Notebook) -> None:
    """A job keeps its label where it is run again without one, and takes a new one while it runs and after its end."""
    notebook.shell.user_ns["rows"] = ROWS
    cell = "%%dwbatch rows{}\n{{{{ t }}}}"
    first = notebook.value(cell.format(""))
    again = notebook.value(cell.format(" -o others"))
    assert again.id == first.id
    assert ", as rows: attached to its job" in again.snapshot.note
    assert called(first) == {"rows"}
    tagged = notebook.value(cell.format(" --tag team=one"))
    assert ", with other tags, which its batches keep: attached to its job" in tagged.snapshot.note
    notebook.value(cell.format(" --label Pilot"))
    assert called(first) == {"Pilot"}
    first.cancel()
    with pytest.raises(dw.errors.JobError):
        first.result(timeout=30)
    assert called(dw.submit(ROWS, "{{ t }}")) == called(first) == {"Pilot"}
    assert called(dw.submit(ROWS, "{{ t }}", label="Grün 😀")) == {"Grün 😀"}
