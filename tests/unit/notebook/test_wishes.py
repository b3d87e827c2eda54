from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from dw_jupyter import load_ipython_extension
from dw_jupyter.errors import OptionError
from dw_jupyter.job.reader import Reader
from dw_jupyter.job.search import SupersededError
from dw_jupyter.notebook import panel, wishes
from dw_jupyter.notebook.wishes import Wishes
from tests.read_job import job, lines, reader

SHARED = json.loads(Path(__file__).parents[2].joinpath("view_replies.json").read_text(encoding="utf-8"))


class Steered:
    """A job that notes what is done with it, and on which thread."""

    id = "job-1"

    def __init__(self, reader: Reader | None = None) -> None:
        self.reader = reader
        self.done: queue.Queue[tuple[str, str]] = queue.Queue()
        self.refusal: Exception | None = None

    def cancel(self) -> None:
        """Note it."""
        self._note("cancel")

    def retry(self) -> None:
        """Note it, or refuse."""
        self._note("retry")

    def _note(self, what: str) -> None:
        self.done.put((what, threading.current_thread().name))
        if self.refusal:
            raise self.refusal


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """What reads the job of ``view_replies.json``."""
    files = {f"{kind}-000.jsonl": lines(*SHARED[kind]) for kind in ("requests", "output", "error")}
    journal = job(tmp_path_factory.mktemp("shared") / "job", files, rows=len(SHARED["labels"]))
    return reader(journal, pd.Index(SHARED["labels"]))


def ask(job: Steered, *asked: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers to some wishes, one after the other."""
    answers: queue.Queue[dict[str, Any]] = queue.Queue()
    made = Wishes(job, answers.put)
    heard = []
    for wish in asked:
        made.hear(wish)
        heard.append(answers.get(timeout=60))
    return heard


def test_replies_are_those_that_the_browser_is_tested_with(read: Reader) -> None:
    """Every reply that the browser tests draw is the one that this job gives, with the id of its question."""
    wished = [{**case["wish"], "id": number} for number, case in enumerate(SHARED["asked"])]
    expected = [{**case["answer"], "id": number} for number, case in enumerate(SHARED["asked"])]
    answers = ask(Steered(read), *wished)
    assert answers == expected
    assert json.loads(json.dumps(answers)) == answers


def test_a_wish_is_handed_on_and_never_holds_up_the_kernel() -> None:
    """Cancel and retry are called on a thread of their own: the one that hears them goes on at once."""
    steered = Steered()
    made = Wishes(steered, lambda _: None)
    for kind in ("cancel", "retry"):
        made.hear({"kind": kind})
        what, thread = steered.done.get(timeout=60)
        assert what == kind
        assert thread != threading.current_thread().name


@pytest.mark.parametrize(
    ("wish", "refusal", "why"),
    [
        ({"kind": "retry"}, OptionError("No row is left.", "Look at it."), "No row is left.\nLook at it."),
        ({"kind": "cancel"}, RuntimeError("unforeseen"), "This is a bug of dw_jupyter."),
        ({"kind": "row", "id": 7, "row": 99}, None, "There is no row 99."),
        ({"kind": "row", "id": 7, "row": "<script>"}, None, "invalid literal"),
        ({"kind": "rows", "id": 7, "start": "x"}, None, "invalid literal"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(read: Reader, wish: dict[str, Any], refusal: Exception | None, why: str) -> None:
    """A wish that fails is answered in words, with the id of its question."""
    steered = Steered(read)
    steered.refusal = refusal
    (answer,) = ask(steered, wish)
    assert (answer["kind"], answer["wish"], answer["id"]) == ("refused", wish["kind"], wish.get("id"))
    assert answer["why"].startswith(why)


def test_what_is_not_understood_is_passed_over(read: Reader) -> None:
    """Wishes of no kind that there is get no answer and do no harm."""
    heard: list[Any] = []
    for wish in ({}, {"kind": "format"}, {"kind": ["rows"]}):
        Wishes(Steered(), heard.append).hear(wish)
    (answer,) = ask(Steered(read), {"kind": "rows", "id": 2, "start": -5, "status": None, "unknown": {}})
    assert heard == []
    assert answer["rows"]["start"] == 0


def test_rows_that_are_still_prepared_are_refused_by_the_id_of_the_question() -> None:
    """A reader that asks too early is told so, and does not wait for ever."""
    (answer,) = ask(Steered(), {"kind": "rows", "id": 1})
    assert (answer["kind"], answer["wish"], answer["id"]) == ("refused", "rows", 1)


def test_two_views_of_one_job_do_not_supersede_each_other() -> None:
    """A view's question ends its own earlier one, which is refused by its id, and no other view's."""
    asked = {view: {"kind": "rows", "id": view, "view": view} for view in ("a", "b")}
    answers: list[dict[str, Any]] = []

    class Slow:
        def page(self, *, wanted: Any, **_: object) -> dict[str, Any]:
            if not wanted():
                raise SupersededError
            return {}

    made = Wishes(Steered(Slow()), answers.append)  # type: ignore[arg-type] # as far as a page is asked for
    made._newest = {**asked}
    made._newest["a"] = {"kind": "rows", "id": "newer", "view": "a"}
    for wish in asked.values():
        made._fulfil("rows", wish)
    assert [(each["kind"], each["id"]) for each in answers] == [("refused", "a"), ("rows", "b")]


def test_the_panel_is_opened_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open passes the job's id to the panel, and says that it has."""
    opened: queue.Queue[str] = queue.Queue()

    def open_panel(job_id: str, shown: Callable[[], None]) -> None:
        opened.put(job_id)
        shown()

    monkeypatch.setattr(wishes, "open_panel", open_panel)
    assert ask(Steered(), {"kind": "open"}) == [{"kind": "opened"}]
    assert opened.get(timeout=60) == "job-1"


@pytest.mark.parametrize(("loaded", "line"), [(True, "%dwbatch panel"), (False, "dw.panel()")])
def test_where_no_panel_is_open_the_line_that_opens_one_is_told(
    monkeypatch: pytest.MonkeyPatch, line: str, *, loaded: bool
) -> None:
    """The refusal has the line apart, as it is to be pasted: the magic where the extension is loaded."""
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    if loaded:
        load_ipython_extension(shell)
    monkeypatch.setattr(wishes, "get_ipython", lambda: shell)
    monkeypatch.setattr(panel, "_open", set())
    (answer,) = ask(Steered(), {"kind": "open"})
    assert answer == {
        "kind": "refused", "wish": "open", "id": None, "why": "No panel is open. Run this in a cell:", "line": line,
    }  # fmt: skip
