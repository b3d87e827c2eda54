from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from dw_jupyter.local.database import STEPS, TABLES, Database
from tests.service.rows import ended, jsonl, line, lines, read, results, start_batch
from tests.service_process import start_service, wait_until

ID = "00000000-0000-0000-0000-%012d"
ROWS = [line(f"{number}", "x" * 2000) for number in range(300)]


def kept(home: Path) -> dict[str, int]:
    """How much of templates, requests and answers there is in the state."""
    with sqlite3.connect(home / "service.sqlite") as state:
        (templates,) = state.execute("SELECT count(*) FROM templates").fetchone()
        (requests, answers) = state.execute("SELECT count(*), count(line) FROM requests").fetchone()
    state.close()
    return {"templates": templates, "requests": requests, "answers": answers}


def test_deleted_content_is_purged_and_its_room_used_again(tmp_path: Path) -> None:
    """What nothing shows any more leaves the state, in whatever order it was deleted; the state stops growing."""
    with start_service(tmp_path, "--model", "echo") as service, service.http() as http:
        sizes: list[int] = []
        for order in (("input", "output", "error", "batch"), ("batch", "error", "output", "input")) * 2:
            batch = start_batch(http, jsonl(*ROWS))
            ended(http, batch)
            for kind in order:
                path = f"batches/{batch['id']}" if kind == "batch" else f"files/{batch[f'{kind}_file_id']}"
                http.delete(path).raise_for_status()
            assert kept(tmp_path) == {"templates": 0, "requests": 0, "answers": 0}
            with sqlite3.connect(tmp_path / "service.sqlite") as state:
                sizes.append(state.execute("PRAGMA page_count").fetchone()[0])
            state.close()
        assert max(sizes) <= sizes[0] * 1.1


def test_what_is_still_shown_stays(tmp_path: Path) -> None:
    """A deleted batch keeps its files, a deleted output file keeps the errors, a shared input file its other batch."""
    with start_service(tmp_path, "--model", "echo") as service, service.http() as http:
        batch = start_batch(http, jsonl(line("good", "hello"), line("bad", "fail 400")))
        body = {"input_file_id": batch["input_file_id"], "endpoint": batch["endpoint"], "completion_window": "1h"}
        other = http.post("batches", json=body).json()
        ended(http, batch)
        ended(http, other)
        shown = lines(http, batch["output_file_id"])
        http.delete(f"batches/{batch['id']}")
        assert lines(http, batch["output_file_id"]) == shown
        http.delete(f"files/{batch['output_file_id']}")
        assert [each["custom_id"] for each in lines(http, batch["error_file_id"])] == ["bad"]
        assert kept(tmp_path) == {"templates": 2, "requests": 4, "answers": 3}
        http.delete(f"files/{batch['error_file_id']}")
        assert kept(tmp_path) == {"templates": 2, "requests": 2, "answers": 2}
        http.delete(f"files/{other['input_file_id']}")
        assert [each["input_body"] for each in results(http, other)[0]] == [None, None]
        assert kept(tmp_path) == {"templates": 0, "requests": 2, "answers": 2}
        assert http.get(f"files/{other['input_file_id']}/content").status_code == 404


def test_input_of_a_running_batch_is_deleted(tmp_path: Path) -> None:
    """Its batch is cancelled in the same moment, a kill in between changes nothing; it cannot be run again."""
    arguments = ("--model", "echo", "--echo-delay", "0.2")
    with start_service(tmp_path, *arguments) as service, service.http() as http:
        batch = start_batch(http, jsonl(*ROWS))
        wait_until(lambda: read(http, batch)["request_counts"]["completed"] > 0)
        http.delete(f"files/{batch['input_file_id']}").raise_for_status()
        service.kill()
    with start_service(tmp_path, *arguments) as service, service.http() as http:
        now = read(http, batch)
        assert (now["status"], now["input_file_id"]) == ("cancelled", "")
        assert len(lines(http, batch["output_file_id"])) == now["request_counts"]["completed"] > 0
        assert http.post(f"batches/{batch['id']}/retry").status_code == 400
        assert read(http, batch) == now


def test_files_of_a_running_batch_are_deleted(tmp_path: Path) -> None:
    """A batch whose output file is deleted while it runs goes on to its end, and then lets its answers go."""
    with start_service(tmp_path, "--model", "echo", "--echo-delay", "0.05") as service, service.http() as http:
        batch = start_batch(http, jsonl(*ROWS[:40]))
        http.delete(f"files/{batch['output_file_id']}").raise_for_status()
        assert ended(http, batch)["request_counts"] == {"total": 40, "completed": 40, "failed": 0}
        assert "output_file_id" not in read(http, batch)
        wait_until(lambda: kept(tmp_path)["answers"] == 0)


def make_first_state(path: Path) -> None:
    """A state as the first version left it: one file, one batch with an answer, a failure and a request that waits."""
    state = sqlite3.connect(path)
    state.executescript(TABLES)
    bodies = [json.dumps({"model": "echo", "messages": [{"role": "user", "content": f"{n}"}]}) for n in range(3)]
    state.execute(
        "INSERT INTO files (id, purpose, filename, bytes, created_at) VALUES (?, 'batch', 'old.jsonl', 9, 1)", (ID % 1,)
    )
    for number, body in enumerate(bodies):
        values = (ID % 1, f"row-{number}", "/v1/chat/completions", body.encode())
        state.execute("INSERT INTO templates (file_id, custom_id, url, body) VALUES (?, ?, ?, ?)", values)
    state.execute(
        "INSERT INTO batches (id, source_id, input_file_id, output_file_id, error_file_id, endpoint,"
        " completion_window, metadata, created_at, expires_at, in_progress_at, total, completed, failed, position)"
        " VALUES (?, ?, ?, ?, ?, '/v1/chat/completions', '24h', '{}', 1, 9, 1, 3, 1, 1, 2)",
        (ID % 2, ID % 1, ID % 1, ID % 3, ID % 4),
    )
    state.executemany(
        "INSERT INTO files (id, purpose, filename, created_at, batch) VALUES (?, ?, ?, 1, 1)",
        [(ID % 3, "batch_output", "output.jsonl"), (ID % 4, "batch_error", "error.jsonl")],
    )
    answer = {"id": "batch_req_a", "custom_id": "row-0", "response": {"status_code": 200, "body": {"a": 1}}}
    failure = {"id": "batch_req_b", "custom_id": "row-1", "response": None, "error": {"code": None, "message": "no"}}
    state.executemany(
        "INSERT INTO requests (uuid, batch, template, state, position, line) VALUES (?, 1, ?, ?, ?, ?)",
        [
            (ID % 5, 1, "completed", 1, json.dumps(answer).encode() + b"\n"),
            (ID % 6, 2, "failed", 2, json.dumps(failure).encode() + b"\n"),
            (ID % 7, 3, "pending", None, None),
        ],
    )
    state.execute("PRAGMA user_version = 1")
    state.commit()
    state.close()


def test_state_of_the_first_version_goes_on(tmp_path: Path) -> None:
    """A state that an older version left is opened, its batch goes on, and everything of it can be read."""
    make_first_state(tmp_path / "service.sqlite")
    with start_service(tmp_path, "--model", "echo") as service, service.http() as http:
        batch = {"id": ID % 2}
        assert ended(http, batch)["request_counts"] == {"total": 3, "completed": 2, "failed": 1}
        shown, _ = results(http, batch)
        assert [(each["custom_id"], each["model"], each["status"]) for each in shown] == [
            ("row-0", "echo", "completed"),
            ("row-1", "echo", "failed"),
            ("row-2", "echo", "completed"),
        ]
        assert [each["custom_id"] for each in lines(http, ID % 3, search="row-0")] == ["row-0"]
        assert http.get(f"batches/{ID % 2}/analytics").json()["total_requests"] == 1
        assert http.get(f"files/{ID % 1}/cost-estimate").json()["total_requests"] == 3
        assert http.post(f"batches/{ID % 2}/retry").json()["request_counts"]["failed"] == 0


@pytest.mark.parametrize("version", range(len(STEPS)))
def test_steps_lead_from_any_version_to_the_same_state(tmp_path: Path, version: int) -> None:
    """A state brought up from any version has the tables of one made anew."""

    def schema(path: Path) -> list[Any]:
        database = Database(path)
        with sqlite3.connect(path) as state:
            found = state.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
        state.close()
        database.close()
        return found

    old = sqlite3.connect(tmp_path / "old.sqlite")
    old.executescript(f"BEGIN;{''.join(STEPS[:version])}PRAGMA user_version = {version};COMMIT;")
    old.close()
    assert schema(tmp_path / "old.sqlite") == schema(tmp_path / "new.sqlite")
