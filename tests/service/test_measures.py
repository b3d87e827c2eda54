from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from tests.service.rows import ended, jsonl, line, read, start_batch, upload
from tests.service_process import start_service, wait_until


def estimate(http: httpx.Client, file_id: str, **query: Any) -> dict[str, Any]:
    """The cost estimate of a file."""
    told: dict[str, Any] = http.get(f"files/{file_id}/cost-estimate", params=query).raise_for_status().json()
    return told


def embed(custom_id: str) -> dict[str, Any]:
    """One request for an embedding."""
    body = {"model": "echo", "input": "words"}
    return {"custom_id": custom_id, "method": "POST", "url": "/v1/embeddings", "body": body}


def test_cost_estimate_goes_by_bytes_and_by_the_last_answers(tmp_path: Path) -> None:
    """Input is bytes by four; output a tenth more, until the model has answered: then the mean of its last hundred."""
    rows = [line(f"{number}", "one two three") for number in range(40)]
    embeddings = [embed("e1"), embed("e2")]
    size = sum(len(json.dumps(row["body"], separators=(",", ":"))) for row in rows)
    embed_size = sum(len(json.dumps(row["body"], separators=(",", ":"))) for row in embeddings)
    with start_service(tmp_path, "--model", "echo") as service, service.http() as http:
        first = upload(http, jsonl(*rows, *embeddings)).json()["id"]
        told = {
            "request_count": 42,
            "estimated_input_tokens": size // 4 + embed_size // 4,
            "estimated_output_tokens": int(size // 4 * 1.1) + 2,
            "estimated_cost": "0",
        }
        assert estimate(http, first) == {
            "file_id": first,
            "total_requests": 42,
            "total_estimated_input_tokens": told["estimated_input_tokens"],
            "total_estimated_output_tokens": told["estimated_output_tokens"],
            "total_estimated_cost": "0",
            "models": [{"model": "echo"} | told],
        }
        assert estimate(http, first, completion_window="any") == estimate(http, first)
        batch = start_batch(http, jsonl(*rows))
        ended(http, batch)
        assert estimate(http, first)["total_estimated_output_tokens"] == 40 * 3 + 2
        ended(http, start_batch(http, jsonl(*(line(f"{number}", "one " * 5) for number in range(100)))))
        assert estimate(http, first)["total_estimated_output_tokens"] == 40 * 5 + 2
        nothing = estimate(http, batch["output_file_id"])
        assert (nothing["total_requests"], nothing["total_estimated_cost"], nothing["models"]) == (0, "0", [])
        assert http.get("files/file-1/cost-estimate").text == "Invalid file ID format"
        assert http.get(f"files/{batch['id']}/cost-estimate").status_code == 404


def test_analytics_are_the_sums_of_the_answers(tmp_path: Path) -> None:
    """Tokens and time of a batch's answers are summed as they come, also in the list where it is asked for."""
    rows = [line(f"{number}", "one two three") for number in range(30)]
    with start_service(tmp_path, "--model", "echo", "--echo-delay", "0.1") as service:
        with service.http() as http:
            batch = start_batch(http, jsonl(*rows, line("bad", "fail 400")))
            path = f"batches/{batch['id']}/analytics"
            wait_until(lambda: read(http, batch)["status"] == "completed")
            told = http.get(path).json()
            duration = told.pop("avg_duration_ms")
            assert duration >= 100
            assert told == {
                "total_requests": 31,
                "total_prompt_tokens": 90,
                "total_completion_tokens": 90,
                "total_tokens": 180,
                "total_cost": "0",
                "total_list_cost": "0",
            }
            plain = http.get("batches").json()["data"][0]
            measured = http.get("batches", params={"include": "other, analytics"}).json()["data"][0]
            assert measured == plain | {"analytics": told | {"avg_duration_ms": duration}}
            empty = start_batch(http, jsonl(line("a", "wait 5")))
            http.post(f"batches/{empty['id']}/cancel")
            assert http.get(f"batches/{empty['id']}/analytics").json() == {
                "total_requests": 0,
                "total_prompt_tokens": 0,
                "total_completion_tokens": 0,
                "total_tokens": 0,
            }
            assert http.get(f"batches/{batch['input_file_id']}/analytics").status_code == 404
        service.kill()
        with start_service(tmp_path, "--model", "echo") as again, again.http() as http:
            assert http.get(path).json() == told | {"avg_duration_ms": duration}
