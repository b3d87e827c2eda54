from __future__ import annotations

import asyncio
import json
import re
import threading
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from dw_jupyter.errors import OptionError
from dw_jupyter.job import loop
from dw_jupyter.job.draft import FileDraft, Look
from dw_jupyter.job.entries import Entry, Filters
from dw_jupyter.job.estimate import Estimate
from dw_jupyter.job.snapshot import Snapshot
from dw_jupyter.notebook import display
from dw_jupyter.notebook.panel import Panel, panel, show_in_panel
from dw_jupyter.notebook.panel_form import estimate_words
from dw_jupyter.notebook.panel_html import render_html, render_text
from dw_jupyter.notebook.panel_state import MAGIC, state_of
from tests.panel_wire import PATIENCE, PanelWire
from tests.unit.notebook.conftest import Notebook

CASES = json.loads(Path(__file__).parents[2].joinpath("panel_states.json").read_text(encoding="utf-8"))
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def entries_of(case: dict[str, Any]) -> list[Entry]:
    """The entries that a case describes."""
    return [
        Entry(
            **{
                **entry,
                "snapshot": Snapshot(**{**entry["snapshot"], "batches": tuple(entry["snapshot"].get("batches", ()))}),
                "cost": None if entry["cost"] is None else Decimal(entry["cost"]),
            }
        )
        for entry in case["entries"]
    ]


def faulty(count: int) -> bytes:
    """A file of so many requests, in each of which something else is wrong."""
    line = '{{"custom_id": "{0}", "method": "M{0}", "url": "/v1/completions", "body": {{"model": "m"}}}}\n'
    return "".join(line.format(number) for number in range(count)).encode()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_state_is_what_the_browser_is_tested_with(case: dict[str, Any]) -> None:
    """The states that the browser tests draw are those that entries make."""
    state = state_of(
        entries_of(case),
        Filters(**case.get("filters", {})),
        page=case.get("page", 0),
        now=case["now"],
        account=case.get("account", "default"),
        trouble=case.get("trouble", ""),
        complete=case.get("complete", True),
        line=MAGIC,
        opened={entry["id"] for entry in case["entries"]},
    )
    assert state == case["state"]


def test_a_page_of_the_list_is_a_small_trait() -> None:
    """The browser is told of one page, whatever there is, and of each job what the list shows."""
    (case,) = [case for case in CASES if case["name"] == "several"]
    entries = entries_of(case)[:9] * 120
    for page, first in ((0, 0), (99, 1075)):
        state = state_of(entries, Filters(), page=page, now=0.0, account="a", trouble="", complete=True, line=MAGIC)
        assert (state["first"], state["pages"], state["all"]) == (first, 44, 1080)
        assert len(json.dumps(state, ensure_ascii=False).encode()) < 8_000


@pytest.mark.parametrize(("opened", "most"), [((), 25_000), (("b",), 250_000)])
def test_endless_words_are_cut_short(opened: tuple[str, ...], most: int) -> None:
    """Labels, reasons and tags of a megabyte, tags and batches by the hundred, keep the trait small, all rows open too.

    What is cut from the headline of a row can be read further once the row is open.
    """
    endless = "😀" * 2**18
    snapshot = Snapshot(
        label=endless, state="failed", model=endless, error=f"{endless}\n{endless}", batches=("b" * 36,) * 500
    )
    entry = Entry(
        id="b", here=True, snapshot=snapshot, tags={f"{number}": endless for number in range(99)}, note=endless
    )
    words: Any = {"page": 0, "now": 0.0, "account": "a", "trouble": "", "complete": True, "line": MAGIC}
    state = state_of([entry] * 25, Filters(), **words, opened=opened)
    assert len(json.dumps(state, ensure_ascii=False).encode()) < most
    if opened:
        (row, *_) = state["rows"]
        assert row["error"].startswith(row["headline"].removesuffix("…"))


def test_the_static_forms_say_what_the_list_says_and_escape_it() -> None:
    """A table and lines of text hold every label, state and cost as text, the time, and the line that opens a panel."""
    for case in CASES:
        entries = entries_of(case)
        words: Any = {"now": case["now"], "trouble": case.get("trouble", ""), "again": MAGIC}
        html, text = render_html(entries, **words), render_text(entries, **words)
        assert not re.findall(r"<(?!/?(div|strong|table|thead|tbody|tr|th|td|code)\b)", html)
        assert "://" not in html
        for said in ("Jobs as of 2026-02-02 02:50 UTC", MAGIC, case.get("trouble", "")):
            assert said in text
        for entry in entries[:25]:
            assert entry.snapshot.headline[:60] in text
        assert text.count("\n") == 1 + bool(entries) + min(25, len(entries)) + bool(words["trouble"]) + (
            len(entries) > 25
        )


def test_the_display_has_a_widget_a_table_and_text_and_no_widget_where_nobody_looks_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A notebook that waits for its jobs keeps the table alone: its widget would be dead in the file."""
    data, _ = panel()._repr_mimebundle_()
    assert set(data) == {WIDGET_VIEW, "text/html", "text/plain"}
    assert "There is no API key" in data["text/plain"]
    assert data["text/plain"].endswith("To see it live: dw.panel()")
    monkeypatch.setenv("DW_JUPYTER_WAIT", "1")
    assert set(panel()._repr_mimebundle_()[0]) == {"text/html", "text/plain"}


def test_the_verb_opens_a_panel_that_knows_the_notebook_s_tables(notebook: Notebook) -> None:
    """`%dwbatch panel` gives the widget, and its form offers frames and series by name."""
    notebook.run("import pandas as pd\nreviews = pd.DataFrame({'text': ['a']})\n_hidden = reviews\nnumber = 7")
    notebook.run("p = %dwbatch panel")
    shown = notebook.shell.user_ns["p"]
    assert shown.state["again"] == MAGIC
    assert shown.state["attach"] == "%dwbatch attach {}"
    wire = PanelWire(shown)
    offer = wire.ask(kind="offer")
    assert offer["tables"] == ["reviews"]
    assert offer["models"] == []
    assert offer["trouble"].startswith("There is no API key")
    wire.leave()


def test_what_says_the_same_is_sent_once_and_wishes_are_answered_by_their_number() -> None:
    """Narrowing once more to the same sends nothing; what is no wish is refused in two lines."""
    wire = PanelWire(Panel({}))
    wire.wait(lambda: wire.panel.state["complete"])
    for _ in range(2):
        wire.ask(kind="list", group="", text="x", since=None, until=None, page=3)
    assert wire.panel.state["narrowing"]["text"] == "x"
    assert wire.panel.state["page"] == 0
    assert wire.states[-1] == wire.panel.state
    assert all(before != after for before, after in zip(wire.states, wire.states[1:], strict=False))
    assert wire.refused(kind="nonsense") == "The panel knows no wish 'nonsense'.\nReload the page."
    assert wire.refused(kind="cancel", id="gone").startswith("That job is not in the list any more.")
    assert wire.refused(kind="list", group="", text="", since="soon", until=None, page=0).startswith("ValueError")
    wire.leave()


def test_a_file_comes_in_parts_each_behind_the_one_before() -> None:
    """A part that does not fit is refused, another file takes the place of the first, and no name leads outside."""
    wire = PanelWire(Panel({}))
    good = b'{"custom_id": "a", "method": "POST", "url": "/v1/completions", "body": {"model": "m"}}\n'
    source = {"kind": "upload", "upload": "../../etc/passwd", "name": "<b>.jsonl"}
    assert wire.refused(kind="check", source=source) == "The file is not here any more.\nChoose it again."
    for number in range(3):
        part = good.replace(b'"a"', f'"{number}"'.encode())
        done = wire.ask(kind="part", upload=source["upload"], offset=number * len(good), part=part)
        assert done == {"received": (number + 1) * len(good)}
    assert wire.refused(kind="part", upload=source["upload"], offset=7, part=b"x").startswith("A part of the file was")
    assert wire.refused(kind="part", upload="other", offset=len(good), part=b"x").startswith("A part of the file was")
    found = wire.ask(kind="check", source=source)
    assert (found["requests"], found["faults"], found["sendable"]) == (3, 0, True)
    wire.ask(kind="part", upload="other", offset=0, part=b"")
    assert wire.refused(kind="check", source=source).startswith("The file is not here any more.")
    found = wire.ask(kind="check", source={**source, "upload": "other"})
    assert (found["sendable"], found["page"]) == (False, [{"place": "", "text": "The file holds no request."}])
    wire.leave()


def test_a_file_that_is_dropped_meanwhile_takes_nothing_from_the_one_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each upload has a file of its own, which goes when its last user is done; faults are those of their own check."""
    looked, go, gone = threading.Event(), threading.Event(), threading.Event()
    read: list[bytes] = []
    read_from: list[Path] = []
    look, unlink = FileDraft.look, Path.unlink

    def slowly(draft: FileDraft) -> Look:
        if draft.name == "first":
            looked.set()
            assert go.wait(PATIENCE)
            read.append(draft.path.read_bytes())
            read_from.append(draft.path)
        return look(draft)

    def watched(path: Path, *, missing_ok: bool = False) -> None:
        unlink(path, missing_ok=missing_ok)
        if path in read_from:
            gone.set()

    monkeypatch.setattr(FileDraft, "look", slowly)
    monkeypatch.setattr(Path, "unlink", watched)
    wire = PanelWire(Panel({}))
    for name, part in (("first", faulty(60)), ("second", faulty(70))):
        wire.ask(kind="part", upload=name, offset=0, part=part)
        asked = wire.send_wish(kind="check", source={"kind": "upload", "upload": name, "name": name})
        if name == "first":
            assert looked.wait(PATIENCE)
    second = wire.answer(asked)["done"]
    go.set()
    first = wire.answer(asked - 2)["done"]
    assert (first["faults"], second["faults"]) == (60, 70)
    assert read == [faulty(60)]
    assert gone.wait(PATIENCE)
    assert len(wire.ask(kind="faults", check=second["check"], offset=50)["page"]) == 20
    assert wire.refused(kind="faults", check=first["check"], offset=50).startswith("Something else was checked")
    wire.leave()


def test_every_fault_of_a_file_and_of_a_table_can_be_read(tmp_path: Path) -> None:
    """Different faults come fifty at a time with their first lines or rows; of the whole they have no place."""
    path = tmp_path / "bad.jsonl"
    path.write_bytes(faulty(120))
    frame = pd.DataFrame({"text": ["a", *[None] * 1234]})
    wire = PanelWire(Panel({"frame": frame, "number": 7}))
    found = wire.ask(kind="check", source={"kind": "path", "path": str(path)})
    assert (found["faults"], found["blocking"], found["sendable"], len(found["page"])) == (120, 120, False, 50)
    assert [fault["place"] for fault in wire.ask(kind="faults", check=found["check"], offset=100)["page"]] == [
        f"line {number}" for number in range(101, 121)
    ]
    line = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "M0"}}
    path.write_text(json.dumps(line) + "\n" + json.dumps({**line, "custom_id": "b", "url": "/v1/nope"}) + "\n")
    found = wire.ask(kind="check", source={"kind": "path", "path": str(path)})
    (note, fault), refusal = found["page"], found["refusal"]
    assert (note["text"][:20], found["blocking"], refusal) == ('A note: "messages" i', 1, "")
    assert '"/v1/nope"' in fault["text"]
    table = {"kind": "table", "name": "frame", "prompt": "{{ text }}"}
    found = wire.ask(kind="check", source=table, model="m")
    assert found["page"] == [{"place": "rows 1, 2, 3 and 1,231 more", "text": 'Column "text" has no value.'}]
    assert (found["models"], found["faults"], found["blocking"]) == ([["m", 1235]], 1, 1234)
    for changes, said in (
        ({"prompt": "{{ txt }}"}, 'There is no column "txt"'),
        ({"prompt": " "}, "The prompt is empty."),
        ({"name": "number"}, "The source is"),
    ):
        (fault,) = wire.ask(kind="check", source={**table, **changes}, model="m")["page"]
        assert fault["place"] == ""
        assert said in fault["text"]
    assert wire.refused(kind="check", source={**table, "name": "gone"}).startswith(
        "There is no 'gone' in this notebook"
    )
    assert wire.refused(kind="check", source={"kind": "path", "path": " "}).startswith("No file is named.")
    assert "cannot be read" in wire.refused(kind="check", source={"kind": "path", "path": "/nowhere.jsonl"})
    wire.leave()


def test_a_panel_that_is_looked_at_turns_to_a_job_and_no_other_does() -> None:
    """Without an open panel nothing can be shown; with several it is the one in sight, and else one out of sight."""
    with pytest.raises(OptionError, match="No panel is open"):
        show_in_panel("job-1")
    first, second = PanelWire(Panel({})), PanelWire(Panel({}))
    for wire in (first, second):
        wire.ask(kind="look", view="page")
    show_in_panel("job-1")
    second.wait(lambda: {"kind": "show", "id": "job-1"} in second.messages)
    assert {"kind": "show", "id": "job-1"} not in first.messages
    second.ask(kind="rest", view="page")
    show_in_panel("job-2")
    first.wait(lambda: {"kind": "show", "id": "job-2"} in first.messages)
    first.leave()
    show_in_panel("job-3")
    second.wait(lambda: {"kind": "show", "id": "job-3"} in second.messages)
    second.leave()
    with pytest.raises(OptionError, match="No panel is open"):
        show_in_panel("job-1")


def test_a_cell_that_runs_again_lets_go_of_its_panel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The widget of the run before is closed and follows nothing; one that another cell shows too lives on."""

    def run(cell: str, number: int, shown: Panel) -> None:
        parent = {"header": {"msg_id": f"{cell}-{number}"}, "metadata": {"cellId": cell}}
        monkeypatch.setattr(shell, "get_parent", lambda: parent)
        shown._repr_mimebundle_()

    shell = SimpleNamespace()
    monkeypatch.setattr(display, "get_ipython", lambda: shell)
    shell.get_parent = dict
    wire = PanelWire(Panel({}))
    run("one", 1, wire.panel)
    run("one", 2, wire.panel)
    run("two", 1, wire.panel)
    run("one", 3, newer := Panel({}))
    assert wire.panel.comm is not None
    wire.ask(kind="look", view="page")
    task = wire.panel._overview._task
    assert task is not None
    run("two", 2, newer)
    assert wire.panel.comm is None
    loop.run(asyncio.wait_for(asyncio.wait([task]), PATIENCE), timeout=PATIENCE)
    assert wire.panel._overview._task is None
    with pytest.raises(OptionError, match="No panel is open"):
        show_in_panel("job-1")


def test_a_closed_panel_becomes_its_table() -> None:
    """Closing sends what is to take the widget's place in the output."""
    wire = PanelWire(Panel({}))
    wire.ask(kind="close")
    wire.leave()
    (message,) = [message for message in wire.messages if message["kind"] == "settled"]
    assert message["view"] == wire.panel.model_id
    assert set(message["data"]) == {"text/html", "text/plain"}


def test_an_unknown_cost_is_not_free() -> None:
    """An estimate without a price says so; only this machine's is free."""
    assert estimate_words(Estimate(requests=1)).startswith("The service does not know the cost. 1 request,")
    assert estimate_words(Estimate(cost=Decimal(0), requests=2)).startswith("Free: it runs on this machine. 2 requests")
    assert estimate_words(Estimate(cost=Decimal("0.5"))).startswith("About $0.50, by the service's rough guess.")


def test_a_word_behind_the_verb_is_an_error(notebook: Notebook) -> None:
    """The verb takes nothing more."""
    assert notebook.fail("%dwbatch panel now").startswith("`%dwbatch panel` takes nothing more.")
