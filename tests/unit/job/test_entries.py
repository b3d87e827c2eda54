from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.api.types import Analytics, Batch, BatchError, BatchErrors, RequestCounts
from dw_jupyter.job.entries import Entry, Filters, Group, merge, select, total
from dw_jupyter.job.record import JobRecord, ShardRecord
from dw_jupyter.job.send import METADATA_KEY
from dw_jupyter.job.snapshot import Snapshot


def batch(name: str, **changes: Any) -> Batch:
    """A batch of ten requests, none answered."""
    return Batch(**{"id": name, "status": "in_progress", "request_counts": RequestCounts(total=10), **changes})


def counted(name: str, completed: int, failed: int = 0, **changes: Any) -> Batch:
    """A batch of ten requests, some answered."""
    return batch(name, request_counts=RequestCounts(total=10, completed=completed, failed=failed), **changes)


def record(name: str, *batches: Batch, **changes: Any) -> JobRecord:
    """A job that has sent these batches."""
    shards = [
        ShardRecord(requests=10, bytes=0, first=0, token=f"dwj-{name}-{number:03}", batch=each)
        for number, each in enumerate(batches)
    ]
    fields: dict[str, Any] = {
        "id": name, "digest": "", "account": "acme", "key_hash": "", "label": f"label {name}", "endpoint": "",
        "window": "24h", "model": "m", "rows": 10 * max(1, len(batches)), "json_schema": None,
        "token": f"dwj-{name}", "shards": shards, "created": 5.0, "state": "running",
    }  # fmt: skip
    return JobRecord(**{**fields, **changes})


def ids(entries: list[Entry]) -> list[str]:
    """Which entries there are."""
    return [entry.id for entry in entries]


def test_a_batch_is_listed_by_itself_or_in_its_job_and_never_twice() -> None:
    """A batch that a record names, or that carries a job's token, is that job; the others stand for themselves."""
    named, tokened, foreign = (
        batch("b1"),
        batch("b2", metadata={METADATA_KEY: "dwj-j2-000.1"}),
        batch("b3", metadata={"batch_description": "nightly", "team": "x"}),
    )
    entries = merge([record("j1", named), record("j2")], {}, [named, tokened, foreign], account="acme")
    assert sorted(ids(entries)) == ["b3", "j1", "j2"]
    assert not any(entry.ours for entry in entries)
    (forgotten,) = merge([], {}, [tokened], account="acme")
    assert (forgotten.here, forgotten.ours, forgotten.tags) == (False, True, {})
    alone = next(entry for entry in entries if entry.id == "b3")
    assert (alone.here, alone.snapshot.label, alone.tags) == (False, "nightly", {"team": "x"})


@given(
    jobs=st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=4),
    others=st.sets(st.integers(0, 12)),
)
def test_merging_loses_and_doubles_nothing(jobs: list[list[int]], others: set[int]) -> None:
    """Every job is there once, and so is every listed batch that is no job's."""
    records = [record(f"j{number}", *(batch(f"b{each}") for each in own)) for number, own in enumerate(jobs)]
    entries = merge(records, {}, [batch(f"b{each}") for each in others], account="acme")
    owned = {each for own in jobs for each in own}
    assert sorted(ids(entries)) == sorted([*(r.id for r in records), *(f"b{each}" for each in others - owned)])


def test_active_ones_come_first_then_the_newest() -> None:
    """An old job that still runs stands above a new one that has ended."""
    entries = merge(
        [
            record("old", created=1.0),
            record("new", created=9.0, state="completed", finished=10.0),
            record("older", created=0.5, state="failed", finished=10.0),
        ],
        {},
        [batch("b", created_at=5.0)],
        account="acme",
    )
    assert ids(entries) == ["b", "old", "new", "older"]


@pytest.mark.parametrize(
    ("changes", "state", "group"),
    [
        ({"status": "validating"}, "queued", "active"),
        ({}, "queued", "active"),
        ({"status": "finalizing"}, "queued", "active"),
        ({"request_counts": RequestCounts(total=10, failed=1)}, "running", "active"),
        ({"status": "cancelling"}, "cancelling", "active"),
        ({"status": "cancelling", "cancelled_at": 3.0}, "cancelled", "cancelled"),
        ({"status": "completed"}, "completed", "completed"),
        ({"status": "failed"}, "failed", "failed"),
        ({"status": "expired"}, "failed", "failed"),
        ({"status": "expired", "request_counts": RequestCounts(total=10, completed=1)}, "completed", "completed"),
        ({"status": "something new"}, "queued", "active"),
    ],
)
def test_a_batch_made_elsewhere_has_the_states_of_jobs(changes: dict[str, Any], state: str, group: Group) -> None:
    """Every status of the service, and one nobody knows, is one of the states that a job may have."""
    (entry,) = merge([], {}, [batch("b", **changes)], account="acme")
    assert (entry.snapshot.state, entry.group) == (state, group)


def test_a_failed_batch_made_elsewhere_says_why() -> None:
    """The service's first reason is in its headline."""
    failed = batch("b", status="failed", errors=BatchErrors(data=[BatchError(message="Line 3 is bad.")]))
    (entry,) = merge([], {}, [failed], account="acme")
    assert entry.snapshot.headline == "Failed: Line 3 is bad."


def test_of_a_job_that_no_kernel_drives_the_service_knows_more() -> None:
    """Its counts are the service's, and when all of it has ended there, what to do is said."""
    first, second = counted("b1", 4), counted("b2", 2, 1)
    job = record("j", batch("b1"), batch("b2"), completed=1)
    (entry,) = merge([job], {}, [first, second], account="acme")
    assert (entry.snapshot.completed, entry.snapshot.failed, entry.note) == (6, 1, "")
    ended = [counted("b1", 10, status="completed"), counted("b2", 9, 1, status="completed")]
    (entry,) = merge([job], {}, ended, account="acme")
    assert (entry.snapshot.completed, entry.note) == (19, "Ended on the service; attach it to fetch its answers.")
    (alive,) = merge([job], {"j": Snapshot(job="j", completed=3, total=20)}, ended, account="acme")
    assert (alive.snapshot.completed, alive.note) == (3, "")


def test_rows_that_were_asked_again_are_not_counted_twice() -> None:
    """A job with a shard that asks rows again keeps the counts of its record."""
    job = record("j", batch("b1"), batch("b2"), rows=10, completed=7)
    job.shards[1].again = True
    (entry,) = merge([job], {}, [counted("b1", 7, 3), counted("b2", 3)], account="acme")
    assert (entry.snapshot.completed, entry.snapshot.failed) == (7, 0)


@pytest.mark.parametrize(
    ("costs", "account", "cost"),
    [
        (["0.5", "0.25"], "acme", Decimal("0.75")),
        (["0.5", "0"], "acme", None),
        (["0.5", None], "acme", None),
        (["NaN", "much"], "acme", None),
        ([], "acme", None),
        (["0.5"], "other", None),
        (["0", "0"], "local", Decimal(0)),
        ([], "local", Decimal(0)),
    ],
)
def test_a_cost_is_known_whole_or_not_at_all(costs: list[str | None], account: str, cost: Decimal | None) -> None:
    """Zero is a cost that the service does not know yet, but on this machine; another account's is not known here."""
    batches = [
        batch(f"b{number}", analytics=Analytics(total_cost=each, total_tokens=7) if each else None)
        for number, each in enumerate(costs)
    ]
    (entry,) = merge([record("j", *batches, account=account)], {}, batches, account="acme")
    assert entry.cost == cost


def test_filters_narrow_by_state_words_and_time() -> None:
    """Words are looked for in label, model, ids, account and tags; times are a half-open span.

    Failed is a job, and what has failed rows.
    """
    entries = merge(
        [
            record("j1", batch("b1"), created=10.0, label="Reviews", tags={"team": "support"}),
            record("j2", created=20.0, label="Tickets", state="completed", finished=30.0, completed=7, failed=3),
            record("j3", created=20.0, label="Tickets", state="failed", finished=30.0),
        ],
        {},
        [],
        account="acme",
    )
    for filters, wanted in {
        Filters(): ["j1", "j2", "j3"],
        Filters(group="failed"): ["j2", "j3"],
        Filters(group="completed"): ["j2"],
        Filters(text=" REVIEW "): ["j1"],
        Filters(text="b1"): ["j1"],
        Filters(text="support"): ["j1"],
        Filters(text="acme tick"): ["j2", "j3"],
        Filters(text="acme"): ["j1", "j2", "j3"],
        Filters(text="nothing"): [],
        Filters(since=10.0, until=20.0): ["j1"],
        Filters(since=11.0): ["j2", "j3"],
    }.items():
        assert ids(select(entries, filters)) == wanted


def test_totals_say_how_much_is_not_known() -> None:
    """Sums are over what is known, beside how many entries are not in them."""
    known = batch("b1", analytics=Analytics(total_cost="1.5"))
    entries = merge([], {}, [known, counted("b2", 3, 1), counted("b3", 10, status="completed")], account="acme")
    sums = total(entries)
    assert (sums.entries, sums.active, sums.completed, sums.failed) == (3, 2, 13, 1)
    assert (sums.cost, sums.unpriced) == (Decimal("1.5"), 2)


@pytest.mark.parametrize("state", ["preparing", "uploading", "queued"])
def test_a_job_that_no_kernel_drives_runs_once_its_batches_are_being_answered(state: str) -> None:
    """Its state is in keeping with its counts; before the first answer it is what the record says."""
    for answered, said in ((counted("b", 4), "running"), (counted("b", 0), state)):
        (entry,) = merge([record("j", batch("b"), state=state)], {}, [answered], account="acme")
        assert entry.snapshot.state == said
