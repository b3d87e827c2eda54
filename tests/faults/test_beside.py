"""What stands beside the columns of a frame: metadata, and the answers as objects."""

from __future__ import annotations

from typing import Literal

import httpx
import pandas as pd
import pydantic
import pytest

import dw_jupyter as dw
from dw_jupyter.frames.metadata import COLUMNS
from dw_jupyter.job import registry
from tests.faults.books import live_requests


class Note(pydantic.BaseModel):
    """An answer, which its class reads more strictly than its schema."""

    tone: Literal["warm", "cold"]
    said: str

    @pydantic.field_validator("said")
    @classmethod
    def _kind(cls, said: str) -> str:
        if said == "rude":
            raise ValueError("too rude")
        return said


TEXTS = ["one", "fail 500 once", "two", "one", "rude"]


def test_metadata_are_shown_for_a_job_that_was_begun_without(http: httpx.Client) -> None:
    """The same cell with ``meta`` is the same job, and shows them; ``attach`` does; the plain one stays plain."""
    frame = pd.DataFrame({"text": [*TEXTS, "fail 400"]}, index=list("uvwxyz"))
    plain = dw.submit(frame, "{{ text }}", keep=["text"])
    plain.result(timeout=60)
    job = dw.submit(frame, "{{ text }}", keep=["text"], meta=True)
    early = job.df
    shown = job.result(timeout=60)
    assert (job.id, live_requests(http)) == (plain.id, 6)
    assert list(shown.columns) == ["text", "response", "dw_status", "dw_error", *COLUMNS]
    assert shown.dtypes.equals(early.dtypes)
    assert shown["dw_finish_reason"].tolist()[:5] == ["stop"] * 5
    assert (shown["dw_completion_tokens"][:5] > 0).all()
    assert shown.loc["z", list(COLUMNS[1:])].isna().all()
    assert not set(COLUMNS) & set(plain.df.columns)
    job.retry().result(timeout=60)
    pd.testing.assert_frame_equal(job.df, shown)
    pd.testing.assert_frame_equal(dw.attach(job.id, meta=True).df, shown)


@pytest.mark.usefixtures("service")
def test_metadata_grow_with_the_answers_and_are_those_of_the_last_asking() -> None:
    """Asked for in the middle or at the end they are the same; a row that is asked again has what is said then."""
    texts = ["wait 0.5", "a long answer of many words", "short"]
    job = dw.submit(pd.DataFrame({"text": texts}), "{{ text }}", meta=True, max_tokens=3)
    waiting = job.df
    job.result(timeout=60)
    cut = job.df["dw_completion_tokens"]
    assert waiting["dw_custom_id"].tolist() == job.df["dw_custom_id"].tolist()
    job.retry(where="length", max_tokens=500).result(timeout=60)
    assert job.df["dw_completion_tokens"][1] > cut[1]
    assert job.df["dw_finish_reason"].tolist() == ["stop"] * 3
    registry._alive.clear()
    pd.testing.assert_frame_equal(dw.attach(job.id, meta=True).df, job.df)


def test_answers_are_objects_of_the_users_class(http: httpx.Client) -> None:
    """One a row in the order of the source, None where there is none; reused, retried and shared rows have theirs."""
    frame = pd.DataFrame({"text": TEXTS}, index=[3, 3, 1, 0, 2])
    job = dw.submit(frame, "{{ text }}", schema=Note, temperature=0)
    assert len(job.objects()) == 5
    frames = job.result(timeout=60)
    notes = [Note(tone=frames["tone"].iloc[place], said=said) for place, said in enumerate(TEXTS[:4])]
    objects = job.objects()
    assert objects == [*notes, None]
    assert objects[0] is not objects[3], "rows that share an answer share no object"
    reused = dw.submit(frame[::-1], "{{ text }}", schema=Note, temperature=0)
    reused.result(timeout=60)
    assert reused.objects() == [None, *notes[::-1]]
    assert live_requests(http) == 4
    registry._alive.clear()
    attached = dw.attach(job.id)
    assert attached.objects(Note) == [*notes, None]
    assert attached.objects() == [
        *(note.model_dump() for note in notes),
        {"tone": frames["tone"].iloc[4], "said": "rude"},
    ]


@pytest.mark.usefixtures("service")
def test_objects_follow_a_retry() -> None:
    """A row that is asked again has the object of its last answer, and none where the last asking failed."""
    frame = pd.DataFrame({"text": ["fail 400", "two"]})
    job = dw.submit(frame, "{{ text }}", schema=Note)
    job.result(timeout=60)
    first = job.objects()
    assert [note is None for note in first] == [True, False]
    job.retry(where="completed", seed=7).result(timeout=60)
    assert job.objects()[1] is not None
    with pytest.raises(dw.errors.JobFailedError):
        job.retry(where="completed", model="nobody").result(timeout=60)
    assert job.df["dw_status"].tolist() == ["failed", "missing"]
    assert job.objects() == [None, None]


class Other(pydantic.BaseModel):
    """A class that no answer fits."""

    shape: str


@pytest.mark.usefixtures("service")
def test_a_class_that_takes_no_answer_is_an_error() -> None:
    """A wrong class is said; text has no objects; before an answer there are none."""
    job = dw.submit(pd.DataFrame({"text": ["hello"]}), "{{ text }}", schema="said, size int")
    job.result(timeout=60)
    assert job.objects() == [{"said": "hello", "size": 0}]
    with pytest.raises(dw.errors.SchemaError, match=r"^No answer is a Other: .*\n"):
        job.objects(Other)
    with pytest.raises(dw.errors.SchemaError, match=r"^Answers cannot be read as int\.\n"):
        job.objects(int)
    plain = dw.submit(pd.DataFrame({"text": ["hello"]}), "{{ text }}")
    plain.result(timeout=60)
    assert plain.objects() == [None]
