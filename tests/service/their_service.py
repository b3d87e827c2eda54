"""A batch service that somebody else wrote, in one of several manners: files, one batch, real HTTP."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "sk-theirs"
FILE, BATCH = "file-3f0b6c1e-8f0e-4a0e-9a75-6c0d3b6c9a11", "batch_b1d7c0de-8f0e-4a0e-9a75-6c0d3b6c9a12"
OUTPUT = "file-3f0b6c1e-8f0e-4a0e-9a75-6c0d3b6c9a13"
MANNERS = {
    "plain": "ids with a prefix before a UUID, no output file before the end, empty strings and zeros for nothing",
    "shouting": "statuses in capitals, no counts, lists that are bare arrays",
    "strict": "a query with a name it does not know is refused",
    "moved": "every call is redirected, an upload too",
    "zipped": "every body is gzipped",
    "old": "HTTP/1.0: the connection's end is the body's",
    "unended": "chunked, with no line feed at the end of the last line",
    "stuttering": "every line of a file comes twice",
    "pretty": "JSON over several lines, CRLF in files",
}


class Service:
    """What it holds and says. A batch ends the second time that it is looked at."""

    def __init__(self, manner: str) -> None:
        self.manner = manner
        self.lines: list[dict[str, Any]] = []
        self.looks = 0

    def batch(self) -> dict[str, Any]:
        """The batch as it is."""
        done = self.looks > 1
        shouts, plain = self.manner == "shouting", self.manner == "plain"
        count = len(self.lines)
        status = "completed" if done else "in_progress"
        return {
            "id": BATCH,
            "object": "batch",
            "status": status.upper() if shouts else status,
            "input_file_id": FILE,
            "output_file_id": OUTPUT if done else "" if plain else None,
            "error_file_id": "" if plain else None,
            "cancelled_at": 0 if plain else None,
            "request_counts": None if shouts else {"total": count, "completed": count if done else 0, "failed": 0},
            "metadata": None,
        }

    def output(self) -> bytes:
        """The lines of the output file."""
        said = [
            {"custom_id": each["custom_id"], "response": {"status_code": 200, "body": each["body"]}}
            for each in self.lines
            for _ in range(2 if self.manner == "stuttering" else 1)
        ]
        end = "\r\n" if self.manner == "pretty" else "\n"
        text = "".join(json.dumps(each) + end for each in said)
        return (text.removesuffix("\n") if self.manner in {"unended", "old"} else text).encode()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """A status, and JSON or the bytes of a file."""
        if path == "/files" and method == "POST":
            self.lines = [json.loads(each) for each in re.findall(rb"^\{.*\}", body, re.MULTILINE)]
            return 200, {"id": FILE, "object": "file", "filename": "rows.jsonl", "bytes": len(body)}
        if path == "/batches" and method == "POST":
            if json.loads(body)["input_file_id"] != FILE:
                return 400, {"error": {"message": "no such file"}}
            return 200, self.batch()
        if path in {"/batches", "/models"}:
            rows = [self.batch()] if path == "/batches" else [{"id": "their-model"}]
            return 200, rows if self.manner == "shouting" else {"object": "list", "data": rows, "has_more": False}
        if path == f"/batches/{BATCH}":
            self.looks += 1
            return 200, self.batch()
        if path == f"/files/{OUTPUT}/content":
            return 200, self.output()
        return 404, {"error": {"message": f"there is no {path}", "type": "invalid_request_error"}}


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    manner = service.manner

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0" if manner == "old" else "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def _handle(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            if manner == "moved" and not url.path.startswith("/v1/here"):
                return self._send(307, b"", Location=self.path.replace("/v1/", "/v1/here/"))
            if self.headers["Authorization"] != f"Bearer {KEY}":
                return self._send(401, b"no key")
            if manner == "strict" and set(parse_qs(url.query)) - {"after", "limit"}:
                return self._send(422, b'{"detail": [{"msg": "extra inputs are not permitted"}]}')
            path = url.path.removeprefix("/v1").removeprefix("/here")
            status, said = service.answer(self.command, path, body)
            indent = 2 if manner == "pretty" else None
            return self._send(status, said if isinstance(said, bytes) else json.dumps(said, indent=indent).encode())

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            if manner == "zipped":
                body, headers = gzip.compress(body), headers | {"Content-Encoding": "gzip"}
            if manner == "unended":
                headers["Transfer-Encoding"] = "chunked"
                pieces = [body[start : start + 50] for start in range(0, len(body), 50)]
                body = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in [*pieces, b""])
            elif manner != "old":
                headers["Content-Length"] = str(len(body))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    return Handler


@contextmanager
def serve(manner: str) -> Iterator[str]:
    """The base URL of a service with this manner."""
    listener = ThreadingHTTPServer(("127.0.0.1", 0), _handler(Service(manner)))
    listener.daemon_threads = True
    thread = Thread(target=listener.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}/v1"
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
