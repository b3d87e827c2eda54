from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.service.rows import ended, jsonl, line, start_batch
from tests.service_process import start_service


def listed(http: httpx.Client, **query: Any) -> list[str]:
    """The ids on one page of the list."""
    page = http.get("batches", params=query).raise_for_status().json()
    ids = [batch["id"] for batch in page["data"]]
    assert (page.get("first_id"), page.get("last_id")) == ((ids[0], ids[-1]) if ids else (None, None))
    return ids


def walked(http: httpx.Client, *, limit: int, **query: Any) -> list[str]:
    """The ids of the whole list, a page at a time."""
    found: list[str] = []
    while True:
        page = http.get("batches", params=query | {"limit": limit}).raise_for_status().json()
        found += [batch["id"] for batch in page["data"]]
        if not page["has_more"]:
            return found
        query["after"] = page["last_id"]


def test_every_filter_and_order_can_be_paged(tmp_path: Path) -> None:
    """Whatever is filtered, in either order, pages of any size put together are the list that the filter means."""
    dice = random.Random(7)  # noqa: S311 - a test's dice
    with start_service(tmp_path, "--model", "echo") as service, service.http() as http:
        made: list[dict[str, Any]] = []
        for number in range(16):
            text = dice.choice(["hello", "fail 400", "wait 100"])
            window = dice.choice(["24h", "1h"])
            name = dice.choice(["Émile", "other"])
            batch = start_batch(
                http, jsonl(line(f"{number}", text)), completion_window=window, metadata={"token": name}
            )
            words = {{"hello": "completed", "fail 400": "failed", "wait 100": "in_progress"}[text]}
            if "in_progress" not in words:
                ended(http, batch)
            if dice.random() < 0.2:
                http.post(f"batches/{batch['id']}/cancel")
                words = words - {"in_progress"} | {"cancelled"}
            made.append({"id": batch["id"], "words": words, "window": window, "name": name})
        made.reverse()
        assert {word for each in made for word in each["words"]} == {"completed", "failed", "in_progress", "cancelled"}
        for status, windows, search, active_first in itertools.product(
            [None, "in_progress", "completed", "failed", "cancelled"],
            [None, "1h", " 1h,24h,", "9h"],
            ["", "éMI"],
            [False, True],
        ):
            meant = [
                each
                for each in made
                if (status is None or status in each["words"])
                and (windows is None or each["window"] in windows)
                and (not search or each["name"] == "Émile")
            ]
            if active_first:
                meant.sort(key=lambda each: "in_progress" not in each["words"])
            query: dict[str, Any] = {"active_first": "true" if active_first else "false"}
            query |= {"status": status} if status else {}
            query |= {"completion_window": windows} if windows else {}
            query |= {"search": search} if search else {}
            assert walked(http, limit=dice.choice([1, 3, 101]), **query) == [each["id"] for each in meant], query
        # A batch that was deleted meanwhile is still a place in the list.
        cursor = made[5]["id"]
        http.delete(f"batches/{cursor}")
        assert listed(http, after=cursor) == [each["id"] for each in made[6:]]
        assert listed(http, after=cursor.upper().replace("-", "")) == [each["id"] for each in made[6:]]


def test_batches_are_found_by_the_time_of_their_creation(http: httpx.Client) -> None:
    """``created_after`` and ``created_before`` part the list at a moment, in any time zone, to the fraction."""
    old = start_batch(http, jsonl(line("a", "x")))["id"]
    moment = datetime.now(UTC)
    new = start_batch(http, jsonl(line("a", "x")))["id"]
    for hours in (0, 5.5, -8):
        text = moment.astimezone(timezone(timedelta(hours=hours))).isoformat()
        assert listed(http, created_after=text, limit=100) == [new]
        assert listed(http, created_before=text, limit=1) == [old]
    later = (moment + timedelta(days=1)).isoformat()
    assert listed(http, created_after=later) == []


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ({"created_after": "yesterday"}, "created_after: input contains invalid characters"),
        ({"created_before": "2026-01-01T00:00:00"}, "created_before: premature end of input"),
        ({"active_first": "yes"}, "active_first: provided string was not `true` or `false`"),
        ({"limit": "1.5"}, "limit: invalid digit found in string"),
        ({"completion_window": "24h,background"}, None),
        ({"status": "lost"}, None),
    ],
)
def test_filter_that_cannot_be_read_is_refused(http: httpx.Client, query: dict[str, str], text: str | None) -> None:
    """A filter that says nothing sensible is refused with 400, in plain text."""
    refused = http.get("batches", params=query)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert text is None or refused.text == f"Failed to deserialize query string: {text}"


def test_filters_for_organisations_change_nothing(http: httpx.Client) -> None:
    """``own`` and ``member_id`` are taken and passed over: there is one user."""
    ended(http, start_batch(http, jsonl(line("a", "x"))))
    several = {"own": "true", "member_id": "b1d70000-0000-0000-0000-000000000000"}
    assert http.get("batches", params=several).json() == http.get("batches").json()
    assert http.get("files", params=several).json() == http.get("files").json()
