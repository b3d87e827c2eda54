from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from dw_jupyter.api.types import RequestCounts
from dw_jupyter.job.publisher import Renderer
from dw_jupyter.job.snapshot import Snapshot
from dw_jupyter.notebook.live_frames import LiveFrames, fingerprint


class FillingJob:
    """A job whose rows this test answers."""

    def __init__(self) -> None:
        self.answers: list[str | None] = [None, None, None]
        self.renderers: list[Renderer] = []

    @property
    def snapshot(self) -> Snapshot:
        """The counts of now."""
        answered = sum(answer is not None for answer in self.answers)
        state = "completed" if self.done() else "running"
        return Snapshot(state=state, total=3, completed=answered)  # type: ignore[arg-type] # one of its words

    @property
    def counts(self) -> RequestCounts:
        """The same as the service would say it."""
        return RequestCounts(total=3, completed=self.snapshot.completed)

    @property
    def df(self) -> pd.DataFrame:
        """A new frame each time, as a job gives it."""
        return pd.DataFrame({"response": pd.array(self.answers, dtype="string"), "tags": [[1], [2], [3]]})

    def done(self) -> bool:
        """Whether every row is answered."""
        return None not in self.answers

    def subscribe(self, renderer: Renderer) -> None:
        """Keep the renderer, to call it as a wait would."""
        self.renderers.append(renderer)


@pytest.fixture
def job() -> Any:
    """A job of three rows."""
    return FillingJob()


@pytest.fixture
def names(job: Any) -> dict[str, Any]:
    """The user's variables, with `labels` bound to the job's frame."""
    variables: dict[str, Any] = {}
    frames = LiveFrames(variables)
    frames.bind("labels", job)
    variables["frames"] = frames
    return variables


def before(names: dict[str, Any], cell: str) -> None:
    """What the shell does before it runs a cell."""
    names["frames"].before_cell(SimpleNamespace(raw_cell=cell))


def test_a_job_that_is_retried_fills_its_frame_again(names: dict[str, Any], job: FillingJob) -> None:
    """A frame of an ended job is bound anew by the wait for its retry, and stays the user's where it was changed."""
    job.answers = ["one", "two", "three"]
    before(names, "labels")
    whole = names["labels"]
    before(names, "labels")
    assert names["labels"] is whole
    job.answers = ["one", None, "three"]
    before(names, "labels")
    assert names["labels"]["response"].isna().tolist() == [False, True, False]
    job.answers[1] = "again"
    job.renderers[0].flush(job.snapshot)
    assert names["labels"]["response"].tolist() == ["one", "again", "three"]
    names["labels"]["mine"] = 1
    job.answers[1] = None
    before(names, "labels")
    assert "mine" in names["labels"]


def test_a_cell_that_names_the_frame_finds_it_fresh(
    names: dict[str, Any], job: FillingJob, capsys: pytest.CaptureFixture[str]
) -> None:
    """The name is bound anew before a cell that names it, and only then; the cell says how far the job is."""
    first = names["labels"]
    job.answers[0] = "one"
    before(names, "x = 1")
    assert names["labels"] is first
    before(names, "%%dwbatch reviews --schema 'x' -o labels -j job\n{{ text }}")
    before(names, "%%dwbatch reviews --schema 'x' \\\n  -o labels -j job\n{{ text }}")
    assert names["labels"] is first
    before(names, "labels.head()")
    assert names["labels"]["response"].count() == 1
    assert first["response"].count() == 0
    assert capsys.readouterr().out == "labels: 1 of 3 answered\n"
    job.answers = ["one", "two", "three"]
    before(names, "labels.head()")
    last = names["labels"]
    assert last["response"].tolist() == ["one", "two", "three"]
    before(names, "labels.head()")
    assert names["labels"] is last
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.insert(0, "new", 1),
        lambda frame: frame.pop("tags"),
        lambda frame: frame.loc.__setitem__((1, "response"), "mine"),
        lambda frame: frame.__setitem__("response", frame["response"].to_numpy()[::-1]),
        lambda frame: setattr(frame, "columns", ["answer", "tags"]),
        lambda frame: setattr(frame, "index", [7, 8, 9]),
        lambda frame: frame.__setitem__("tags", [[9], [9], [9]]),
    ],
    ids=["column added", "column dropped", "value set", "reversed", "renamed", "relabelled", "objects replaced"],
)
def test_a_frame_that_was_changed_is_the_users(names: dict[str, Any], job: FillingJob, change: Any) -> None:
    """Whatever was done to the frame in place, it is never bound over."""
    job.answers[0] = "one"
    before(names, "labels")
    mine = names["labels"]
    change(mine)
    job.answers[1] = "two"
    before(names, "labels")
    assert names["labels"] is mine


def test_a_name_that_was_bound_anew_is_the_users(names: dict[str, Any], job: FillingJob) -> None:
    """A name that stands for something else now, or for nothing, is left alone."""
    names["labels"] = "mine"
    job.answers[0] = "one"
    before(names, "labels")
    assert names["labels"] == "mine"
    del names["labels"]
    before(names, "labels")
    assert "labels" not in names


def test_a_wait_that_ends_binds_the_name_in_its_own_cell(names: dict[str, Any], job: FillingJob) -> None:
    """After `await job` the next line of the same cell sees every answer."""
    job.answers = ["one", "two", "three"]
    for renderer in job.renderers:
        renderer.flush(job.snapshot)
    assert names["labels"]["response"].tolist() == ["one", "two", "three"]


def test_only_the_main_thread_binds(names: dict[str, Any], job: FillingJob) -> None:
    """The hook that a subshell fires on a thread of its own changes nothing under a running cell."""
    first = names["labels"]
    job.answers[0] = "one"
    thread = threading.Thread(target=before, args=(names, "labels"))
    thread.start()
    thread.join()
    assert names["labels"] is first


def test_an_equal_frame_has_an_equal_mark() -> None:
    """Making the same frame again gives the same mark but for its index object."""
    frame = FillingJob().df
    assert fingerprint(frame) == fingerprint(frame)
    assert fingerprint(frame)[1:3] == fingerprint(FillingJob().df)[1:3]


@pytest.mark.parametrize(
    ("values", "other"),
    [
        (pd.array(["a", "b", None], dtype="string"), "c"),
        (pd.Series([[1], [2], None], dtype=pd.ArrowDtype(pa.list_(pa.int64()))).array, None),
        (pd.array([1, 2, None], dtype="Int64"), 3),
        (pd.Categorical(["a", "b", "a"]), "b"),
    ],
    ids=["text", "Arrow lists", "numbers", "categories"],
)
def test_a_value_set_in_place_changes_the_mark(values: Any, other: Any) -> None:
    """Whatever a column is made of, the mark stays while nothing changes, and goes with the first value set."""
    frame = pd.DataFrame({"kept": values, "n": [1, 2, 3]})
    mark = fingerprint(frame)
    assert fingerprint(frame) == mark
    frame["kept"].array[0] = other  # the bluntest way: past the frame
    assert fingerprint(frame) != mark
