"""The browser's end of a panel: wishes go in as messages, answers and traits are written down."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from dw_jupyter.notebook.panel import Panel

PATIENCE = 60.0


class PanelWire:
    """Stands for the page that shows a panel; it looks at once, and until it leaves."""

    comm_id = "comm-1"

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.states: list[dict[str, Any]] = []
        """What the trait was told to be, in order."""
        self.messages: list[dict[str, Any]] = []
        """What came beside the trait."""
        self._news = threading.Condition()
        self._last = 0
        panel.comm = self
        self.send_wish(kind="look", view="page")

    def send(self, data: dict[str, Any], **_: object) -> None:
        """What the widget says; a comm has this."""
        with self._news:
            if data["method"] == "custom":
                self.messages.append(data["content"])
            elif "state" in data["state"]:
                self.states.append(data["state"]["state"])
            self._news.notify_all()

    def on_msg(self, _: object) -> None:
        """A comm has this; nothing comes in here."""

    def close(self) -> None:
        """A comm has this; nothing is to be done."""

    def leave(self) -> None:
        """Leave the page, and wait until the panel knows."""
        self.ask(kind="leave", view="page")

    def send_wish(self, *, part: bytes | None = None, **wish: Any) -> int:
        """Wish for something; the number of the wish."""
        self._last += 1
        self.panel._handle_custom_msg({**wish, "request": self._last}, [] if part is None else [memoryview(part)])
        return self._last

    def ask(self, *, part: bytes | None = None, **wish: Any) -> dict[str, Any]:
        """Wish for something that can be done; what is answered."""
        answer = self.answer(self.send_wish(part=part, **wish))
        assert "done" in answer, answer
        done: dict[str, Any] = answer["done"]
        return done

    def refused(self, *, part: bytes | None = None, **wish: Any) -> str:
        """Wish for something that cannot be done; what is said of it."""
        answer = self.answer(self.send_wish(part=part, **wish))
        assert "what" in answer, answer
        return f"{answer['what']}\n{answer['todo']}".strip()

    def answer(self, request: int) -> dict[str, Any]:
        """The answer to a wish, once it is there."""
        self.wait(lambda: any(self._answers(message, request) for message in self.messages))
        return next(message for message in self.messages if self._answers(message, request))

    def row(self, **wanted: Any) -> dict[str, Any]:
        """A row of the list in which these fields are so, once there is one; it is opened."""

        def found() -> list[dict[str, Any]]:
            return [row for row in self.panel.state["rows"] if all(row[name] == wanted[name] for name in wanted)]

        self.wait(lambda: bool(found()))
        wanted = {"id": found()[0]["id"]}
        self.ask(kind="open", id=wanted["id"], open=True)
        return found()[0]

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so that the widget tells of."""
        end = time.monotonic() + PATIENCE
        with self._news:
            while not condition():
                assert self._news.wait(max(0.0, end - time.monotonic())), "the panel did not say so"

    @staticmethod
    def _answers(message: dict[str, Any], request: int) -> bool:
        return (message["kind"], message.get("request")) == ("answer", request)
