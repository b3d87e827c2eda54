from __future__ import annotations

import json
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.service.rows import jsonl, line, lines, read, upload
from tests.service_process import ServiceProcess, start_service, wait_until

SERVICE = ("--model", "echo", "--echo-delay", "0.02")


@dataclass
class Batch:
    """What a client was told of one batch. ``cancelled`` is ``None`` after a call whose answer never came."""

    id: str
    rows: list[dict[str, Any]]
    cancelled: bool | None = False
    seen: list[bytes] = field(default_factory=list)
    """The lines of its output file, as far as the client has read them."""


class Client:
    """A client that does one thing after another, and writes down what it tried and what it was told."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.tried: list[list[dict[str, Any]]] = []
        self.files: dict[str, list[dict[str, Any]]] = {}
        self.tokens: dict[str, list[dict[str, Any]]] = {}
        self.batches: list[Batch] = []

    def act(self, http: httpx.Client) -> None:
        """Do some one thing."""
        kinds = ["upload", "upload many"] + ["create"] * 2 * bool(self.files)
        kinds += ["read", "read", "cancel", "retry", "retry some"] * bool(self.batches)
        kind = self._dice.choice(kinds)
        if kind.startswith("upload"):
            self._upload(http, 2500 if kind == "upload many" else self._dice.randint(1, 80))
        elif kind == "create":
            self._create(http)
        else:
            self._touch(http, self._dice.choice(self.batches), kind)

    def _upload(self, http: httpx.Client, size: int) -> None:
        number = len(self.tried)
        rows = [line(f"{number}-{n}", "fail 400" if n % 20 == 7 else f"{number}-{n}") for n in range(size)]
        self.tried.append(rows)
        self.files[upload(http, jsonl(*rows)).raise_for_status().json()["id"]] = rows

    def _create(self, http: httpx.Client) -> None:
        small = {file_id: rows for file_id, rows in self.files.items() if len(rows) <= 80}
        if not small:
            return
        file_id = self._dice.choice(list(small))
        token = f"token {len(self.tokens)}"
        self.tokens[token] = small[file_id]
        body = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        made = http.post("batches", json=body | {"metadata": {"token": token}}).raise_for_status().json()
        self.batches.append(Batch(id=made["id"], rows=small[file_id]))

    def _touch(self, http: httpx.Client, batch: Batch, kind: str) -> None:
        if kind == "read":
            self.read(http, batch)
            return
        before, batch.cancelled = batch.cancelled, None
        if kind == "cancel":
            http.post(f"batches/{batch.id}/cancel").raise_for_status()
            batch.cancelled = True
        elif kind == "retry":
            answer = http.post(f"batches/{batch.id}/retry")
            assert answer.status_code in {200, 400}
            batch.cancelled = False
        else:
            failed = http.get(f"batches/{batch.id}/results", params={"status": "failed"}).content.split(b"\n")[:-1]
            ids = [json.loads(each)["id"] for each in failed]
            answer = http.post(f"batches/{batch.id}/retry-requests", json={"request_ids": ids})
            assert answer.status_code == (200 if ids else 400)
            batch.cancelled = False if ids else before

    def read(self, http: httpx.Client, batch: Batch) -> None:
        """Read the output file of a batch: it begins with what has been read of it before."""
        file_id = read(http, {"id": batch.id})["output_file_id"]
        now = http.get(f"files/{file_id}/content").raise_for_status().content.split(b"\n")[:-1]
        assert now[: len(batch.seen)] == batch.seen, "what was read once stays"
        batch.seen = now

    def check(self, http: httpx.Client) -> None:
        """See that everything promised is there, and nothing half."""
        files = {file["id"] for file in walk(http, "files") if file["purpose"] == "batch"}
        assert files >= self.files.keys(), "an accepted file is lost"
        for file_id in files:
            assert lines(http, file_id) in ([self.files[file_id]] if file_id in self.files else self.tried)
        batches = {batch["id"]: batch for batch in walk(http, "batches")}
        assert batches.keys() >= {batch.id for batch in self.batches}, "a batch is lost"
        assert {batch["metadata"]["token"] for batch in batches.values()} <= self.tokens.keys()
        for batch in self.batches:
            self.read(http, batch)
            if batch.cancelled is not None:
                assert ("cancelled_at" in batches[batch.id]) == batch.cancelled
        for batch_id, shown in batches.items():
            check_books(http, batch_id, self.tokens[shown["metadata"]["token"]])
        for batch in self.batches:
            batch.cancelled = False


def walk(http: httpx.Client, kind: str) -> list[dict[str, Any]]:
    """All files or batches."""
    found: list[dict[str, Any]] = []
    while True:
        after = {"after": found[-1]["id"]} if found else {}
        page = http.get(kind, params={"limit": 101} | after).raise_for_status().json()
        found += page["data"]
        if not page["has_more"]:
            return found


def check_books(http: httpx.Client, batch_id: str, rows: list[dict[str, Any]]) -> None:
    """See that a batch that goes on to its end has answered every row once, and counts what its files hold."""
    http.post(f"batches/{batch_id}/retry")
    wait_until(lambda: read(http, {"id": batch_id})["status"] in {"completed", "failed"})
    done = read(http, {"id": batch_id})
    output, errors = lines(http, done["output_file_id"]), lines(http, done["error_file_id"])
    assert done["request_counts"] == {"total": len(rows), "completed": len(output), "failed": len(errors)}
    assert Counter(each["custom_id"] for each in output + errors) == Counter(row["custom_id"] for row in rows)
    assert len({each["id"] for each in output + errors}) == len(rows)
    for kind, shown in (("output", output), ("error", errors)):
        size = http.get(f"files/{done[f'{kind}_file_id']}").json()["bytes"]
        assert size == len(http.get(f"files/{done[f'{kind}_file_id']}/content").content)
        assert all((each["error"] is None) == (kind == "output") for each in shown)


def test_service_killed_at_any_moment(tmp_path: Path, full: bool) -> None:
    """However often a service is killed: what it has said stands, and every row of its batches is answered once."""
    dice = random.Random(11)  # noqa: S311 - a test's dice
    client = Client(dice)
    kills = 60 if full else 6
    for number in range(kills):
        service = ServiceProcess(tmp_path, *SERVICE)
        killer = threading.Timer(dice.uniform(0.02, 0.7), service.process.kill)
        with service.http() as http:
            killer.start()
            try:
                while True:
                    client.act(http)
            except httpx.TransportError:
                killer.join()
                service.kill()
        if full and number % 10 == 9:
            with start_service(tmp_path, *SERVICE) as again, again.http() as http:
                client.check(http)
    with start_service(tmp_path, *SERVICE) as again, again.http() as http:
        client.check(http)
        assert "Traceback" not in again.log()
    print(f"{kills} kills, {len(client.files)} of {len(client.tried)} files, {len(client.batches)} batches")
