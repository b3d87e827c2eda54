from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import httpx
import psutil

from tests.service.rows import ended, jsonl, line
from tests.service_process import start_service

ROWS, TEXT = 2_500, "x" * 24_000
"""Some 60 MB of requests, and as much again of answers."""
ROOM = 40 * 1024 * 1024
"""What the service may take on top of what it takes at rest."""


class Peak:
    """The most memory that a process has held since it was watched."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.bytes = self._process.memory_info().rss

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            self.bytes = max(self.bytes, self._process.memory_info().rss)


def form() -> Iterator[bytes]:
    """The upload, made as it is sent."""
    yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    for number in range(ROWS):
        yield jsonl(line(f"{number}", TEXT))
    yield b"\r\n--b--\r\n"


def count(http: httpx.Client, path: str) -> int:
    """The lines of a body, read as it comes."""
    with http.stream("GET", path) as answer:
        return sum(block.count(b"\n") for block in answer.iter_raw())


def test_memory_stays_flat(tmp_path: Path) -> None:
    """A file several times as large as the service's memory is uploaded, run, read back in every form, and deleted."""
    with start_service(tmp_path, "--model", "echo") as service, service.http() as http:
        http.get("models").raise_for_status()
        rest = psutil.Process(service.process.pid).memory_info().rss
        with Peak(service.process.pid) as peak:
            headers = {"content-type": "multipart/form-data; boundary=b"}
            file_id = http.post("files", content=form(), headers=headers).raise_for_status().json()["id"]
            body = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
            batch = http.post("batches", json=body).raise_for_status().json()
            http.get(f"files/{file_id}/cost-estimate").raise_for_status()
            assert ended(http, batch)["request_counts"] == {"total": ROWS, "completed": ROWS, "failed": 0}
            output = f"files/{batch['output_file_id']}"
            for path in (f"files/{file_id}/content", f"{output}/content", f"batches/{batch['id']}/results"):
                assert count(http, path) == ROWS
            for path in (f"files/{file_id}", output, f"batches/{batch['id']}"):
                http.delete(path).raise_for_status()
        print(f"at rest {rest >> 20} MB, at most {peak.bytes >> 20} MB")
        assert peak.bytes < rest + ROOM
