"""What a program may be doing when it is killed, told so that it can be told again until it comes to its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.fault_rules import NO_CREDIT, add_fault, clear_faults
from tests.faults.books import asked_texts, batches
from tests.faults.program import KilledError, Program
from tests.faults.traps import Trap
from tests.service_process import ServiceProcess, wait_until

MENDED = "mended"
MEND = {"messages": [{"role": "user", "content": MENDED}]}
CREATE, CONTENT = "POST /v1/batches", "GET /v1/files/{id}/content"


@dataclass(frozen=True, kw_only=True)
class Story:
    """One cell, and what is around it."""

    texts: tuple[str, ...] = ("a", "b", "c", "d", "e")
    """What is asked; each trial adds its number, but not to what orders the echo to wait or to fail."""
    verb: str = "run"
    body: dict[str, Any] = field(default_factory=dict)
    """Changed by the retry that the verb makes."""
    rows_a_file: int | None = None
    own_ids: bool = False
    """Whether a column gives the ids."""
    earlier: tuple[str, ...] = ()
    """What a cell before this one asks."""
    alive: bool | None = None
    """Whether the program of the cell before is still at it, or was killed at it; ``None``: it ended well."""
    faults: tuple[tuple[str, str | dict[str, Any], dict[str, Any]], ...] = ()


STORIES = {
    "one batch": Story(),
    "rows that take their time": Story(texts=tuple(f"wait 0.{n:03}" for n in range(100, 300, 25))),
    "several batches": Story(rows_a_file=2),
    "lost answers": Story(
        faults=((CREATE, "lose", {}), ("POST /v1/files", "lose", {}), ("GET *", "lose", {"skip": 2}))
    ),
    "reads that lag": Story(faults=((CREATE, "lose", {}), (CREATE, "stale", {"reads": 1_000_000}))),
    "several batches and reads that lag": Story(
        rows_a_file=2, faults=((CREATE, "lose", {"skip": 1}), (CREATE, "stale", {"skip": 1, "reads": 1_000_000}))
    ),
    "no credit at first": Story(verb="run_and_retry", rows_a_file=2, faults=((CREATE, NO_CREDIT, {"skip": 1}),)),
    "lines that come late": Story(faults=((CONTENT, "shuffle", {}), (CONTENT, "cut_line", {"lines": 2}))),
    "answers of an earlier job": Story(earlier=("b", "d", "z")),
    "ids of a column": Story(rows_a_file=2, own_ids=True, earlier=("b", "z"), faults=((CREATE, "lose", {}),)),
    "a retry of rows with ids of a column": Story(texts=("a", "fail 400", "c"), verb="run_and_retry", own_ids=True),
    "rows under way elsewhere": Story(
        texts=("wait 0.301", "wait 0.302", "c", "d"), earlier=("wait 0.301", "wait 0.302", "z"), alive=True
    ),
    "rows under way in a job whose kernel is gone": Story(
        texts=("wait 0.301", "b", "c", "d"), earlier=("wait 0.301", "wait 0.302", "z"), alive=False
    ),
    "a retry in place": Story(texts=("a", "fail 400", "c"), verb="run_and_retry"),
    "a retry with another body": Story(texts=("a", "fail 400", "c", "d"), verb="run_and_retry", body=MEND),
    "a cancel, and a retry": Story(texts=tuple(f"wait 0.{n:03}" for n in range(100, 500, 40)), verb="run_and_stop"),
}


@dataclass
class Trial:
    """A story, told once with a trap and then without, at a service whose books it shares with others."""

    service: ServiceProcess
    http: httpx.Client
    home: Path
    number: int
    story: Story

    def run(self, trap: Trap) -> bool:
        """Tell it, and compare the books; whether the trap was met.

        Raises:
            AssertionError: something is lost, doubled or in a wrong place.
        """
        story = self.story
        with self._program() as before:
            if story.earlier:
                self._tell_earlier(before)
            for call, fault, options in story.faults:
                add_fault(self.service, call, fault, **options)
            died = False
            with self._program(trap) as program:
                try:
                    self._tell(program)
                except KilledError:
                    died = True
            with self._program() as program:
                view = self._tell(program)
        if story.faults:
            clear_faults(self.service)
        self._compare(view)
        return died

    def _tell_earlier(self, program: Program) -> None:
        job = program.ask("submit", self._own(self.story.earlier), label=self._label)
        program.ask("receive" if self.story.alive is not None else "wait", job)
        if self.story.alive is False:
            program.kill()

    def _tell(self, program: Program) -> dict[str, Any]:
        options: dict[str, Any] = {"body": self.story.body} if self.story.verb != "run" else {}
        if self.story.own_ids:
            options["id"] = "key"
        view: dict[str, Any] = program.ask(self.story.verb, self._own(self.story.texts), label=self._label, **options)
        return view

    def _compare(self, view: dict[str, Any]) -> None:
        texts = self._own(self.story.texts)
        mended = {"fail 400": MENDED if self.story.body else None}
        assert view["responses"] == [mended.get(text, text) for text in texts], view
        assert view["statuses"] == ["failed" if text is None else "completed" for text in view["responses"]], view
        assert view["index"] == list(range(100, 100 + len(texts)))
        wait_until(lambda: all(batch["status"] in ("completed", "failed", "cancelled") for batch in self._batches()))
        asked = {*texts, *self._own(self.story.earlier), *([MENDED] if self.story.body else [])}
        assert asked_texts(self.http, search=self._label) == Counter(asked)

    def _batches(self) -> list[dict[str, Any]]:
        return list(batches(self.http, search=self._label))

    def _program(self, trap: Trap | None = None) -> Program:
        environment = {
            "DOUBLEWORD_API_BASE": self.service.base_url,
            "DOUBLEWORD_API_KEY": self.service.api_key,
            "DW_JUPYTER_HOME": str(self.home / str(self.number)),
        }
        return Program(trap=trap, environment=environment, rows_a_file=self.story.rows_a_file)

    @property
    def _label(self) -> str:
        return f"trial {self.number}."

    def _own(self, texts: tuple[str, ...]) -> list[str]:
        return [text if " " in text else f"{text} {self.number}" for text in texts]
