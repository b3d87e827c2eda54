from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter import config
from dw_jupyter.errors import ConfigurationError


class Models(http.server.BaseHTTPRequestHandler):
    """A service that offers some models and nothing else."""

    offered: tuple[str, ...] = ()

    def do_GET(self) -> None:
        """Answer the list of models, and an error to all else."""
        known = self.path == "/v1/models"
        body = json.dumps({"object": "list", "data": [{"id": name} for name in self.offered]}).encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def offers(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Models]]:
    """The account in use; set ``offered`` to what it offers."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Models)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("DOUBLEWORD_API_BASE", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("DOUBLEWORD_API_KEY", "opens-nothing")
    yield Models
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("offered", "what", "todo"),
    [
        (("a", "b"), "No model is chosen, and 127.0.0.1:PORT offers 2.", "Add -m: a, b"),
        (tuple("abcdefghij"), "No model is chosen, and 127.0.0.1:PORT offers 10.", "Add -m: a, b, c, d, e, f, g, h, …"),
        ((), "127.0.0.1:PORT offers no model.", "Check the key's permissions."),
    ],
)
def test_without_a_model_the_choice_is_shown(
    offers: type[Models], offered: tuple[str, ...], what: str, todo: str
) -> None:
    """An account that offers several models, or none, is an error before anything is written or sent."""
    offers.offered = offered
    with pytest.raises(ConfigurationError) as caught:
        dw.submit(pd.DataFrame({"text": ["x"]}), "{{ text }}")
    host = config.connect().account
    assert (caught.value.what, caught.value.todo) == (what.replace("127.0.0.1:PORT", host), todo)
    assert dw.models() == list(offered)
