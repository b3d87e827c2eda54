"""A server of somebody else: says what a test has put down, and notes what it is asked."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODELS = {"object": "list", "data": [{"id": "org/model", "object": "model"}]}
CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "org/model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "from afar"}, "finish_reason": "stop"}],
}


@dataclass(frozen=True)
class Said:
    """One answer. ``content`` is sent as JSON, bytes as they are."""

    status: int
    content: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class OtherServer:
    """A server whose answers ``answer`` makes from a path and a body; POSTs are noted in ``asked``."""

    answer: Callable[[str, dict[str, Any]], Said]
    models: Any = field(default_factory=lambda: MODELS)
    url: str = ""
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    under_way: int = 0
    most_at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextlib.contextmanager
def serve(server: OtherServer) -> Iterator[OtherServer]:
    """The server, on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._say(Said(200, server.models))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with server.lock:
                server.asked.append((self.path, body))
                server.under_way += 1
                server.most_at_once = max(server.most_at_once, server.under_way)
            said = server.answer(self.path, body)
            with server.lock:
                server.under_way -= 1
            self._say(said)

        def _say(self, said: Said) -> None:
            content = said.content if isinstance(said.content, bytes) else json.dumps(said.content).encode()
            self.send_response(said.status)
            headers = {"Content-Type": "application/json", "Content-Length": str(len(content))} | said.headers
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content)

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
