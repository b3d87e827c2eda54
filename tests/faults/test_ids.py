from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pandas as pd

import dw_jupyter as dw
from dw_jupyter.job import cache, registry
from tests.faults.books import live_requests

TEXTS = ["one", "fail 500 once", "two", "one", "fail 400"]
IDS = ["sku/1", 'q"\\', "7", "row-000000003", "z"]


def source(**changes: Any) -> pd.DataFrame:
    """A frame with ids that a template, a regular expression or a position could mistake."""
    return pd.DataFrame({"text": TEXTS, "sku": IDS, **changes}, index=list("aabcd"))


def asked(home: Path, job: dw.Job) -> dict[str, str]:
    """What each id asks in a job's request files."""
    lines = [
        json.loads(line)
        for path in sorted((home / "jobs" / job.id).glob("requests-*.jsonl"))
        for line in path.read_bytes().split(b"\n")
        if line
    ]
    return {line["custom_id"]: line["body"]["messages"][0]["content"] for line in lines}


def test_rows_are_known_by_their_ids(http: httpx.Client, own_home: Path) -> None:
    """Answers, failures, a retry and another kernel find the rows by the ids; the service has them as they are."""
    job = dw.submit(source(), "{{ text }}", id="sku", keep=["sku"])
    frame = job.result(timeout=60)
    assert asked(own_home, job) == dict(zip(IDS, TEXTS, strict=True))
    assert frame["sku"].tolist() == IDS
    assert frame.index.tolist() == list("aabcd")
    assert frame["response"].tolist()[0::2][:2] == ["one", "two"]
    assert frame["dw_status"].tolist() == ["completed", *["completed"] * 3, "failed"]
    assert job.retry().result(timeout=60)["dw_status"].tolist()[-1] == "failed"
    registry._alive.clear()
    again = dw.attach(job.id)
    pd.testing.assert_frame_equal(again.df, job.df)
    file = http.get(f"files/{job.batches[0].output_file_id}/content").text
    assert {json.loads(line)["custom_id"] for line in file.splitlines()} == set(IDS[:-1])


def test_the_same_requests_with_other_ids_take_over_the_answers(http: httpx.Client, own_home: Path) -> None:
    """Other ids make another job, which asks nothing that was answered; the same ids find the job again."""
    texts = TEXTS[:1] + TEXTS[2:4]
    frame = pd.DataFrame({"text": texts, "a": ["x", "y", "z"], "b": [1, 2, 3]})
    plain = dw.submit(frame, "{{ text }}")
    plain.result(timeout=60)
    first = dw.submit(frame, "{{ text }}", id="a")
    assert first.result(timeout=60)["response"].tolist() == texts
    (own_home / "jobs" / first.id / cache.KEYS).unlink()
    second = dw.submit(frame[::-1], "{{ text }}", id="b")
    assert second.result(timeout=60)["response"].tolist() == texts[::-1]
    assert dw.submit(frame, "{{ text }}", id="a").result(timeout=60)["response"].tolist() == texts
    assert live_requests(http) == 3
    assert len({plain.id, first.id, second.id}) == 3
    assert len(dw.jobs()) == 3
    attached = dw.attach(second.id).df
    assert attached["response"].tolist() == texts[::-1]


def test_rows_that_share_an_answer_keep_their_own_ids(http: httpx.Client, own_home: Path) -> None:
    """Of rows that ask the same one is sent, under its own id, and all have the answer."""
    job = dw.submit(source(text="same"), "{{ text }}", id="sku", temperature=0)
    assert job.result(timeout=60)["response"].tolist() == ["same"] * 5
    assert (live_requests(http), list(asked(own_home, job))) == (1, IDS[:1])
