from __future__ import annotations

import contextvars
import json
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from dw_jupyter.job.snapshot import Snapshot
from dw_jupyter.notebook import display
from dw_jupyter.notebook import view as view_module
from dw_jupyter.notebook.view import LARGE, JobView, Renderer, state_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CASES = json.loads(Path(__file__).parents[2].joinpath("view_states.json").read_text(encoding="utf-8"))
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
RUNNING = Snapshot(number=1, job="job-1", state="running", total=500, completed=142, failed=3, model="m")
DONE = replace(RUNNING, number=2, state="completed", completed=497)


class RecordingComm:
    """The wire between a widget and its browser, written down."""

    comm_id = "comm-1"

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, data: dict[str, Any], **_rest: object) -> None:
        """Writes a message down, as a comm would send it."""
        self.sent.append(data)

    def on_msg(self, callback: object) -> None:
        """A comm has this; nothing comes in here."""

    def close(self) -> None:
        """A comm has this too."""


@pytest.fixture
def outputs() -> Iterator[list[dict[str, Any]]]:
    """What a cell displays, in order, updates included."""
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.display_pub = CapturingDisplayPublisher()
    yield shell.display_pub.outputs
    InteractiveShell.clear_instance()


class Steered:
    """A job of which it is seen whether it was cancelled."""

    id = "job-1"
    reader: Any = None

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.warmed = threading.Event()

    def cancel(self) -> None:
        """Notes it."""
        self.cancelled.set()

    def retry(self) -> None:
        """Does nothing."""


def shown(job: Steered | None = None) -> tuple[Renderer, JobView, RecordingComm]:
    """A renderer that displayed a running job, its widget and the widget's wire."""
    renderer = Renderer(job or Steered())
    renderer.show(RUNNING)
    view = renderer._view
    assert view is not None
    view.comm = RecordingComm()
    return renderer, view, view.comm


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_state_is_what_the_browser_is_tested_with(case: dict[str, Any]) -> None:
    """The states that the browser tests draw are those that snapshots make."""
    assert state_of(Snapshot(**case["snapshot"]), case["now"]) == case["state"]


def test_ticks_send_the_state_alone_and_only_when_it_changed(outputs: list[dict[str, Any]]) -> None:
    """A tick is one small message, a tick that says the same is none, and neither touches the output."""
    renderer, _, comm = shown()
    renderer.update(replace(RUNNING, completed=150))
    renderer.update(replace(RUNNING, completed=150))
    (message,) = comm.sent
    assert message["method"] == "update"
    assert list(message["state"]) == ["state"]
    assert message["state"]["state"]["headline"] == "150 of 500 answered, 3 failed"
    assert len(json.dumps(message)) < 1000
    assert len(outputs) == 1


def test_nothing_is_told_while_no_page_shows_the_view(outputs: list[dict[str, Any]]) -> None:
    """After the last page has said so there are no ticks but the end; the first that looks again has the newest."""
    renderer, view, comm = shown()
    for page in ("a", "b"):
        view._handle_custom_msg({"kind": "look", "view": page}, [])
    view._handle_custom_msg({"kind": "rest", "view": "a"}, [])
    renderer.update(replace(RUNNING, number=2, completed=150))
    assert view.state["completed"] == 150
    view._handle_custom_msg({"kind": "rest", "view": "b"}, [])
    before = len(comm.sent)
    renderer.update(replace(RUNNING, number=3, completed=151))
    assert len(comm.sent) == before
    view._handle_custom_msg({"kind": "look", "view": "c"}, [])
    assert view.state["completed"] == 151
    view._handle_custom_msg({"kind": "rest", "view": "c"}, [])
    renderer.update(replace(DONE, number=4))
    assert view.state["phase"] == "completed"
    assert set(outputs[-1]["data"]) == {"text/html", "text/plain"}


def closing_badly_once(close: Callable[[Renderer], None]) -> Callable[[Renderer], None]:
    """Closes, and the first time raises all the same."""
    errors = [RuntimeError("the comm is gone")]

    def closing(renderer: Renderer) -> None:
        close(renderer)
        if errors:
            raise errors.pop()

    return closing


def test_a_cell_that_is_run_again_lets_go_of_its_older_views(
    outputs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a cell shows a job, its last run alone has widgets; another cell keeps its own.

    A view that cannot be closed keeps no other from being shown.
    """

    class Shown(Steered):
        snapshot = RUNNING

        def __init__(self) -> None:
            super().__init__()
            self.drawn: list[Renderer] = []

        def subscribe(self, renderer: Renderer) -> None:
            self.drawn.append(renderer)

        def unsubscribe(self, renderer: Renderer) -> None:
            self.drawn.remove(renderer)

    job = Shown()

    def run(cell: str, number: int, times: int = 1) -> None:
        parent = {"header": {"msg_id": f"{cell}-{number}"}, "metadata": {"cellId": cell}}
        monkeypatch.setattr(InteractiveShell, "get_parent", lambda _: parent, raising=False)
        for _ in range(times):
            display.show(job)  # type: ignore[arg-type] # as far as a view uses one

    monkeypatch.setattr(Renderer, "close", closing_badly_once(Renderer.close))
    run("other", 0)
    views: list[JobView | None] = []
    for number in range(12):
        run("cell", number, times=2)
        views += [renderer._view for renderer in job.drawn[1:]]
    assert len(job.drawn) == 1 + 2
    assert len(views) == 12 * 2
    assert [view is not None and view.comm is not None for view in views] == [False] * 22 + [True] * 2
    assert len(outputs) == 1 + 12 * 2


def test_a_job_that_is_shown_often_by_its_host_has_one_live_view() -> None:
    """As marimo does each time that it runs the cell: what draws it does not grow."""

    class Shown(Steered):
        snapshot = RUNNING
        drawn = 0

        def subscribe(self, _: Renderer) -> None:
            self.drawn += 1

    job = Shown()
    views = {id(display.live_view(job)) for _ in range(5)}  # type: ignore[arg-type] # as far as a view uses one
    assert (len(views), job.drawn) == (1, 1)


def test_a_live_view_is_displayed_with_html_and_text(outputs: list[dict[str, Any]]) -> None:
    """Places without widgets find HTML and text beside the widget, with the line that attaches again."""
    shown()
    (output,) = outputs
    assert set(output["data"]) == {WIDGET_VIEW, "text/html", "text/plain"}
    assert output["data"]["text/plain"].endswith('\ndw.attach("job-1")')
    assert "object at 0x" not in str(output)


def test_the_end_replaces_the_output_by_html_and_text(outputs: list[dict[str, Any]]) -> None:
    """Of an ended job the output keeps HTML and text only, and the widget has the last word and both of them."""
    renderer, view, comm = shown()
    renderer.update(DONE)
    first, last = outputs
    assert last["update"]
    assert last["transient"] == first["transient"]
    assert set(last["data"]) == {"text/html", "text/plain"}
    assert last["data"]["text/plain"] == "Done: 497 of 500 answered, 3 failed · m · job job-1"
    assert [message["method"] for message in comm.sent] == ["update", "update", "custom"]
    assert comm.sent[1]["state"]["state"]["ended"]
    assert comm.sent[2]["content"] == {"kind": "settled", "view": view.model_id, "data": last["data"]}


def test_nothing_wakes_a_settled_view(outputs: list[dict[str, Any]]) -> None:
    """A late tick changes nothing, a late flush and a page that asks get the settled form again."""
    renderer, view, comm = shown()
    renderer.update(DONE)
    renderer.update(RUNNING)
    renderer.update(replace(DONE, number=3))
    assert len(outputs) == 2
    renderer.flush(RUNNING)
    view._handle_custom_msg({"kind": "settle"}, [])
    assert outputs[1:] == [outputs[1]] * 3
    assert comm.sent[-1]["content"]["kind"] == "settled"


def test_a_job_that_is_taken_up_again_is_a_live_view_again(outputs: list[dict[str, Any]]) -> None:
    """A retry brings the widget back in the place of the settled form, and its end settles it anew."""
    renderer, view, _ = shown()
    renderer.update(DONE)
    renderer.update(replace(RUNNING, number=3, completed=498))
    renderer.update(replace(DONE, number=4, completed=500, failed=0))
    assert [WIDGET_VIEW in output["data"] for output in outputs] == [True, False, True, False]
    assert view.state["headline"] == "Done: 500 of 500 answered"
    assert outputs[-1]["data"]["text/plain"].startswith("Done: 500 of 500 answered")


def test_the_rows_of_a_large_job_are_ready_when_it_ends(outputs: list[dict[str, Any]]) -> None:
    """The first page of many rows does not wait for all of them to be gone through: that is done at the end."""
    job = Steered()
    job.reader = SimpleNamespace(warm=job.warmed.set)
    renderer, _, _ = shown(job)
    renderer.update(replace(RUNNING, number=2, total=LARGE))
    assert not job.warmed.is_set()
    renderer.update(replace(DONE, number=3, total=LARGE))
    assert job.warmed.wait(60)
    assert len(outputs) == 2


def test_what_the_service_counts_late_is_settled_too(outputs: list[dict[str, Any]]) -> None:
    """Tokens and cost that come behind the end stand in the settled form."""
    renderer, _, _ = shown()
    renderer.update(DONE)
    renderer.update(replace(DONE, number=3, tokens=700, cost="0.07", counted=True))
    assert "700 tokens · $0.07" in outputs[-1]["data"]["text/plain"]


def test_a_page_that_can_has_the_form_of_a_job_under_way(outputs: list[dict[str, Any]]) -> None:
    """A page that asks gets the form as of now, to be saved in place of a widget; the display itself is as it was."""
    _, view, comm = shown()
    view._handle_custom_msg({"kind": "settle"}, [])
    assert len(outputs) == 1
    (message,) = comm.sent
    form = message["content"]["data"]
    assert set(form) == {"text/html", "text/plain"}
    assert f'data-dw-view="{view.place}"' in form["text/html"]
    assert form["text/plain"].endswith('\ndw.attach("job-1")')


def test_a_page_that_keeps_the_form_gets_new_ones(
    outputs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a minute later or in another phase the page that asked is given the form as of then; the output stays."""
    renderer, view, comm = shown()

    def forms() -> list[str]:
        return [each["content"]["data"]["text/plain"] for each in comm.sent if each["method"] == "custom"]

    renderer.update(replace(RUNNING, number=2, completed=143, state="cancelling"))
    assert forms() == []
    view._handle_custom_msg({"kind": "settle"}, [])
    renderer.update(replace(RUNNING, number=3, completed=144, state="cancelling"))
    assert len(forms()) == 1
    renderer.update(replace(RUNNING, number=4, completed=145))
    monkeypatch.setattr(view_module, "FORM_SECONDS", 0.0)
    renderer.update(replace(RUNNING, number=5, completed=146))
    assert [form.partition(",")[0] for form in forms()[1:]] == ["145 of 500 answered", "146 of 500 answered"]
    assert len(outputs) == 1


def test_a_job_that_has_ended_is_shown_settled(outputs: list[dict[str, Any]]) -> None:
    """Running the cell of a finished job again shows what is kept at once, marked as the place of a view to read in."""
    renderer = Renderer(Steered())
    renderer.show(DONE)
    assert [set(output["data"]) for output in outputs] == [{"text/html", "text/plain"}]
    assert renderer._view is not None
    assert f'data-dw-view="{renderer._view.place}"' in outputs[0]["data"]["text/html"]


def test_a_click_is_passed_on_and_a_flush_of_a_running_job_draws_it_again(
    outputs: list[dict[str, Any]],
) -> None:
    """Cancel reaches the job; a wait that was interrupted leaves the live view, up to date."""
    job = Steered()
    renderer, view, _ = shown(job)
    view._handle_custom_msg({"kind": "cancel"}, [])
    assert job.cancelled.wait(60)
    renderer.flush(replace(RUNNING, completed=200))
    assert outputs[-1]["data"]["text/plain"].startswith("200 of 500 answered")
    assert WIDGET_VIEW in outputs[-1]["data"]


def test_ticks_clicks_and_flushes_of_many_threads_end_settled(outputs: list[dict[str, Any]]) -> None:
    """Whatever the order of the threads, an ended job's last output is its settled form."""
    renderer, view, _ = shown()
    context = contextvars.copy_context()
    start = threading.Barrier(4)

    def tick() -> None:
        start.wait()
        for completed in range(200):
            renderer.update(replace(RUNNING, completed=completed))
        renderer.update(DONE)

    def flush() -> None:
        start.wait()
        for _ in range(20):
            renderer.flush(RUNNING)

    def click() -> None:
        start.wait()
        for _ in range(50):
            view._handle_custom_msg({"kind": "settle"}, [])

    threads = [threading.Thread(target=context.copy().run, args=(work,)) for work in (tick, flush, click)]
    for thread in threads:
        thread.start()
    start.wait()
    for thread in threads:
        thread.join()
    assert set(outputs[-1]["data"]) == {"text/html", "text/plain"}
    assert view.state["phase"] == "completed"
