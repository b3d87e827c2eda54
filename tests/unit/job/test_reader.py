from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest

from dw_jupyter.api.types import Batch
from dw_jupyter.frames.index import save_index
from dw_jupyter.frames.reasons import Reasons
from dw_jupyter.job import search
from dw_jupyter.job.journal import INDEX
from dw_jupyter.job.ledger import Ledger
from dw_jupyter.job.reader import PAGE, Reader
from dw_jupyter.job.record import ShardRecord
from dw_jupyter.job.search import SupersededError
from tests.read_job import answer, failure, job, lines, reader, request


def rows_of(page: Any) -> list[int]:
    """The rows of a page."""
    return [row["row"] for row in page["rows"]]


def said(made: Reader, row: int) -> str:
    """What one row was answered, in the list."""
    found = [each for start in range(0, row + 1, PAGE) for each in made.page(start=start)["rows"] if each["row"] == row]
    return found[0]["answer"]


def test_pages_follow_the_source_whatever_the_order_of_the_answers(tmp_path: Path) -> None:
    """Pages come in the order of the rows, each row with its own prompt and answer, over several files."""
    rows = 130
    order = [37 * row % rows for row in range(rows)]
    files = {
        "requests-000.jsonl": lines(*(request(row, f"ask {row}") for row in range(70))),
        "requests-001.jsonl": lines(*(request(row, f"ask {row}") for row in range(70, rows))),
        "output-000.jsonl": lines(*(answer(row, f"say {row}") for row in order if row < 70)),
        "output-001.jsonl": lines(*(answer(row, f"say {row}") for row in order if row >= 70)),
    }
    made = reader(job(tmp_path / "job", files, rows=rows), pd.Index([f"label {row}" for row in range(rows)]))
    pages = [made.page(start=start) for start in (0, 50, 100, 150)]
    assert [(page["start"], page["total"], len(page["rows"])) for page in pages] == [
        (0, 130, 50), (50, 130, 50), (100, 130, 30), (100, 130, 30),
    ]  # fmt: skip
    assert [(row["prompt"], row["answer"], row["label"]) for page in pages[:3] for row in page["rows"]] == [
        (f"ask {row}", f"say {row}", f"label {row}") for row in range(rows)
    ]


@pytest.mark.parametrize("ids", ["row-00000000{}", "their {}"])
def test_rows_are_found_by_status_and_by_reason(tmp_path: Path, ids: str) -> None:
    """A status or a group of reasons narrows the list, for ids of ours and of somebody else."""
    asks = [request(row, f"ask {row}") | {"custom_id": ids.format(row)} for row in range(6)]
    fails = [failure(row, f"too long by {row} tokens") for row in (1, 4)] + [failure(2, "no such model")]
    says = [answer(row, "yes") for row in (0, 3)]
    for line in (*fails, *says):
        line["custom_id"] = ids.format(int(line["custom_id"][-9:]))
    files = {"requests-000.jsonl": lines(*asks), "output-000.jsonl": lines(*says), "error-000.jsonl": lines(*fails)}
    journal = job(tmp_path / "job", files, rows=6, foreign="their" in ids)
    save_index(pd.Index([ids.format(row) for row in range(6)]), journal.folder / INDEX)
    made = reader(journal)
    assert rows_of(made.page(status="failed")) == [1, 2, 4]
    assert rows_of(made.page(status="missing")) == [5]
    first, *_ = reasons = made.page()["reasons"]
    assert [(each["message"], each["rows"]) for each in reasons] == [
        ("too long by N tokens", 2),
        ("no such model", 1),
        ("the batch has ended, and the service gave no line for it", 1),
    ]
    assert rows_of(made.page(group=first["kind"], code=first["code"], message=first["message"])) == [1, 4]


TEXTS = ["Grüße aus ZÜRICH", "grüsse", 'say "no"', "a\\b\nnext", "😀 emoji", "content", "plain"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("zürich", [0]), ("GRÜ", [0, 1]), ('"no"', [2]), ("b\nnext", [3]), ("a\\b", [3]), ("😀", [4]),
        ("content", [5]), ("role", []), ("row-0", []), ("answer to plain", [6]), ("ANSWER TO", [*range(7)]),
        ("  ", [*range(7)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("escaped", [True, False])
def test_search_finds_what_a_person_reads(tmp_path: Path, text: str, rows: list[int], *, escaped: bool) -> None:
    """A word is found in prompts and answers however JSON writes it, and never in the JSON around them."""
    files = {
        "requests-000.jsonl": lines(*(request(row, each) for row, each in enumerate(TEXTS)), escaped=escaped),
        "output-000.jsonl": lines(
            *(answer(row, f"Answer to {each}") for row, each in enumerate(TEXTS)), escaped=escaped
        ),
    }
    assert rows_of(reader(job(tmp_path / "job", files, rows=7)).page(text=text)) == rows


def test_a_common_word_is_found_in_the_few_rows_that_are_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that ends at so many rows counts those alone that the status and the reason leave."""
    monkeypatch.setattr(search, "MOST_FOUND", 3)
    files = {
        "requests-000.jsonl": lines(*(request(row, "the common word") for row in range(20))),
        "output-000.jsonl": lines(*(answer(row, "fine") for row in range(18))),
        "error-000.jsonl": lines(*(failure(row, "no") for row in (18, 19))),
    }
    made = reader(job(tmp_path / "job", files, rows=20))
    assert made.page(text="common")["more"]
    narrow = made.page(text="common", status="failed")
    assert (rows_of(narrow), narrow["more"]) == ([18, 19], False)


def test_rows_that_share_an_answer_or_have_one_from_elsewhere_read_like_all(tmp_path: Path) -> None:
    """A merged row shows the request and answer that it shares; a reused one those that were kept of another job."""
    files = {
        "requests-000.jsonl": lines(request(0, "asked")),
        "output-000.jsonl": lines(answer(0, "answered")),
        "reused-requests.jsonl": lines(request(2, "asked before")),
        "reused-000.jsonl": lines(answer(2, "answered before")),
    }
    made = reader(job(tmp_path / "job", files, rows=4, shares=[0, 0, 2, 2]))
    shown = [(row["prompt"], row["answer"]) for row in made.page()["rows"]]
    assert shown == [("asked", "answered")] * 2 + [("asked before", "answered before")] * 2
    assert rows_of(made.page(text="before")) == [2, 3]
    assert made.whole(3)["request"][0]["text"] == "asked before"


def test_a_reason_is_told_in_its_own_words_where_all_say_the_same(tmp_path: Path) -> None:
    """What differs from row to row has its sign only where something does; the error is laid out to its last level."""
    alike = json.dumps({"type": "NonRetriableHttpStatus", "details": {"status": 400, "body": "fail 400, as asked"}})
    failures = [failure(0, alike), failure(1, alike), *(failure(row, f"{row} tokens too many") for row in (2, 3, 4))]
    files = {
        "requests-000.jsonl": lines(*(request(row, "a") for row in range(5))),
        "error-000.jsonl": lines(*failures),
    }
    made = reader(job(tmp_path / "job", files, rows=5))
    assert [(each["rows"], each["said"]) for each in made.page()["reasons"]] == [
        (3, "N tokens too many"), (2, "400: fail 400, as asked"),
    ]  # fmt: skip
    (error,) = made.whole(0)["answer"]
    assert json.loads(error["text"])["message"]["details"]["body"] == "fail 400, as asked"
    assert json.loads(error["exact"])["message"] == alike


def test_a_request_that_asks_nothing_is_not_one_that_is_not_kept(tmp_path: Path) -> None:
    """An empty prompt or answer is there to be read as one; of a request that is not on the disk nothing is."""
    files = {"requests-000.jsonl": lines(request(0, "")), "output-000.jsonl": lines(answer(0, ""), answer(1, "kept"))}
    made = reader(job(tmp_path / "job", files, rows=2))
    assert [(row["prompt"], row["answer"]) for row in made.page()["rows"]] == [("", ""), (None, "kept")]
    empty, lost = made.whole(0), made.whole(1)
    assert [(block["title"], block["text"]) for block in (*empty["request"], *empty["answer"])] == [
        ("user", ""),
        ("assistant", ""),
    ]
    assert lost["request"] == []


def test_a_row_that_is_asked_again_shows_what_it_was_asked_last(tmp_path: Path) -> None:
    """Until a retry apart is answered its rows wait; then the new request and answer are shown, not the old."""
    files = {
        "requests-000.jsonl": lines(request(0, "first"), request(1, "good")),
        "output-000.jsonl": lines(answer(0, "cut", finish_reason="length"), answer(1, "fine")),
        "requests-001.jsonl": lines(request(0, "second")),
        "output-001.jsonl": b"",
    }
    journal = job(tmp_path / "job", files, rows=2, finished=None, state="running")
    journal.record.shards[1].again = True
    ledger = Ledger(journal)
    ledger.reread = lambda: None  # type: ignore[method-assign] # the record of this test is not the one on the disk
    with ledger._lock:
        ledger._take_in()
    made = Reader(journal, ledger, pd.RangeIndex(2))
    waiting, good = made.page()["rows"]
    assert (waiting["status"], waiting["prompt"], waiting["answer"]) == ("pending", "second", "")
    assert made.whole(0)["answer"] == []
    assert good["answer"] == "fine"
    ledger.append(journal.path("output", 1), lines(answer(0, "whole")))
    assert made.page()["rows"][0]["answer"] == "whole"
    assert rows_of(made.page(text="cut")) == []


def test_a_file_that_was_fetched_anew_is_read_anew(tmp_path: Path) -> None:
    """Where a file takes the place of another, offsets of the old one are forgotten."""
    files = {
        "requests-000.jsonl": lines(*(request(row, f"ask {row}") for row in range(3))),
        "output-000.jsonl": lines(*(answer(row, f"say {row}") for row in (0, 1, 2))),
    }
    journal = job(tmp_path / "job", files, rows=3)
    made = reader(journal)
    assert said(made, 2) == "say 2"
    newer = tmp_path / "newer"
    newer.write_bytes(lines(*(answer(row, f"say {row}") for row in (2, 0, 1))))
    journal.replace(journal.path("output", 0), newer)
    assert [said(made, row) for row in range(3)] == ["say 0", "say 1", "say 2"]


@pytest.mark.parametrize(
    "around",
    [
        lambda line: line,
        lambda line: b" " + line,
        lambda line: b"\n" + line,
        lambda line: line.replace(b'{"id":"', b'{"id":"x'),
        lambda line: line.replace(b'{"id":"batch_req_00000001"', b'{"id":"a\\"custom_id\\":\\"row-00000"'),
        lambda line: b'{"custom_id":"row-000000002"}\n' + line,
        lambda line: line.replace(b"row-000000001", b"row-00000000x"),
        lambda line: b"{broken\n" + line,
    ],
)
def test_places_are_those_of_the_frame(tmp_path: Path, around: Any) -> None:
    """However lines are written, a row reads the line that gave its answer in the frame; the quick way errs never."""
    answers = b"".join(around(lines(answer(row, f"say {row}"))) for row in range(4))
    files = {"requests-000.jsonl": lines(*(request(row, "x") for row in range(4))), "output-000.jsonl": answers}
    journal = job(tmp_path / "job", files, rows=4)
    ledger = Ledger(journal)
    ledger.reread()
    made = Reader(journal, ledger, pd.RangeIndex(4))
    frame = ledger.results.frame(pd.RangeIndex(4))
    shown = [row["answer"] if row["status"] == "completed" else None for row in made.page()["rows"]]
    assert shown == [None if pd.isna(text) else text for text in frame["response"]]


def test_a_megabyte_is_cut_in_a_list_and_whole_when_it_is_opened(tmp_path: Path) -> None:
    """Long prompts and answers cost a page little; the opened row has every character."""
    long = "word " * 210_000
    files = {"requests-000.jsonl": lines(request(0, long)), "output-000.jsonl": lines(answer(0, long))}
    made = reader(job(tmp_path / "job", files, rows=1))
    (row,) = made.page()["rows"]
    assert len(row["prompt"] or "") == len(row["answer"]) == 300
    whole = made.whole(0)
    assert whole["request"][0]["text"] == whole["answer"][0]["text"] == long
    assert rows_of(made.page(text="word word")) == [0]
    with pytest.raises(IndexError, match="no row 1"):
        made.whole(1)


def test_json_that_is_nested_without_end_is_not_laid_out_without_end(tmp_path: Path) -> None:
    """Its lines would be as long as it is deep: it is shown on one, and so takes the room that it has."""
    deep = "[" + ",".join(["[" * 300 + "]" * 300] * 300) + "]"
    files = {
        "requests-000.jsonl": lines(request(0, "a", deep=json.loads(deep))),
        "output-000.jsonl": lines(answer(0, deep)),
    }
    whole = reader(job(tmp_path / "job", files, rows=1)).whole(0)
    (said,), (rest,) = whole["answer"], [block for block in whole["rest"] if "deep" in block["text"]]
    assert (said["form"], said["exact"]) == ("code", deep)
    assert json.loads(said["text"]) == json.loads(deep)
    assert max(len(said["text"]), len(rest["text"])) < 2 * len(deep)


def test_a_search_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    """Whoever types on does not wait for the search before."""
    made = reader(job(tmp_path / "job", {"requests-000.jsonl": lines(request(0, "first second"))}, rows=1))
    with pytest.raises(SupersededError):
        made.page(text="first", wanted=lambda: False)
    assert rows_of(made.page(text="first")) == [0]


def test_rows_come_in_while_one_reads(tmp_path: Path) -> None:
    """A page shows what has been fetched by now, and what is fetched later at the next look."""
    files = {"requests-000.jsonl": lines(*(request(row, f"ask {row}") for row in range(2)))}
    journal = job(tmp_path / "job", files, rows=2, finished=None, state="running")
    journal.record.shards[0] = ShardRecord(requests=2, bytes=1, first=0, token="t", batch=Batch(id="b"))
    ledger = Ledger(journal)
    made = Reader(journal, ledger, pd.RangeIndex(2))
    assert [row["status"] for row in made.page()["rows"]] == ["pending", "pending"]
    ledger.append(journal.path("output", 0), lines(answer(1, "yes")))
    assert [(row["status"], row["answer"]) for row in made.page()["rows"]] == [("pending", ""), ("completed", "yes")]
    assert rows_of(made.page(status="pending")) == [0]


def test_the_reason_that_a_row_shows_is_searched(tmp_path: Path) -> None:
    """Words of ours that stand in no file are found, and a row that shares the answer of another has its reason too."""
    said = json.dumps({"type": "Timeout", "details": {}})
    files = {
        "requests-000.jsonl": lines(*(request(row, f"ask {row}") for row in range(3))),
        "output-000.jsonl": lines(answer(0, "within reason")),
        "error-000.jsonl": lines(failure(1, said)),
    }
    made = reader(job(tmp_path / "job", files, rows=4, shares=[0, 1, 2, 1]))
    assert [row["answer"] for row in made.page()["rows"]][1:3] == [
        "timed out: {}", "the batch has ended, and the service gave no line for it",
    ]  # fmt: skip
    assert rows_of(made.page(text="timed OUT")) == [1, 3]
    assert rows_of(made.page(text="gave no line")) == [2]
    assert rows_of(made.page(text="within", status="failed")) == []


def test_who_reads_does_not_wait_for_who_searches(tmp_path: Path) -> None:
    """While a search goes on, pages are turned and rows opened, on other threads and on what came in since."""
    files = {"requests-000.jsonl": lines(request(0, "find me"), request(1, "and me"))}
    journal = job(tmp_path / "job", files, rows=2, finished=None, state="running")
    ledger = Ledger(journal)
    made = Reader(journal, ledger, pd.RangeIndex(2))
    seen: list[str] = []

    def meanwhile() -> bool:
        ledger.append(journal.path("output", 0), lines(answer(1, "me too")))
        with ThreadPoolExecutor(1) as other:
            seen.append(other.submit(made.page).result(60)["rows"][1]["answer"])
            seen.append(other.submit(made.whole, 1).result(60)["status"])
        return True

    assert rows_of(made.page(text="me", wanted=meanwhile)) == [0, 1]
    assert seen == ["me too", "completed"]


def test_reasons_are_grouped_once_for_each_change(tmp_path: Path) -> None:
    """Turning pages groups nothing anew; a failure that comes in does."""
    files = {"requests-000.jsonl": lines(request(0, "a"), request(1, "b"))}
    journal = job(tmp_path / "job", files, rows=2, finished=None, state="running")
    ledger = Ledger(journal)
    made = Reader(journal, ledger, pd.RangeIndex(2))
    with patch("dw_jupyter.job.reader.Reasons", wraps=Reasons) as grouping:
        made.warm()
        assert made.page()["reasons"] == made.page(start=50)["reasons"] == []
        assert grouping.call_count == 1
        ledger.append(journal.path("error", 0), lines(failure(1, "too long")))
        assert [each["message"] for each in made.page()["reasons"]] == ["too long"]
        assert grouping.call_count == 2
