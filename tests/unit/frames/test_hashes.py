from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dw_jupyter.frames.hashes import is_definite, load_keys, make_keys, match, rehash, save_keys
from dw_jupyter.frames.requests import RequestForm, write_requests
from dw_jupyter.frames.template import Template
from tests.unit.frames.awkward import AWKWARD

ASKED = st.lists(st.sampled_from([bytes([n]) * 16 for n in (0, 1, 2, 255)]), max_size=9)


@given(ours=ASKED, theirs=ASKED)
def test_each_draw_finds_one_draw_and_a_definite_answer_finds_the_one(ours: list[bytes], theirs: list[bytes]) -> None:
    """As many draws of a request are found as both jobs have, each once; a definite request is found where both ask."""
    for definite in (False, True):
        mine, shares = make_keys(b"".join(ours), definite=definite)
        here, there = match(mine, make_keys(b"".join(theirs), definite=definite)[0])
        assert len(set(here.tolist())) == len(here) == len(set(there.tolist()))
        assert [ours[row] for row in here] == [theirs[row] for row in there]
        for request in set(ours):
            both = min(ours.count(request), theirs.count(request))
            assert [ours[row] for row in here].count(request) == (min(both, 1) if definite else both)
        assert [ours[row] for row in shares] == ours
        assert len(set(shares.tolist())) == (len(set(ours)) if definite else len(ours))


@given(texts=st.lists(AWKWARD, min_size=1, max_size=6))
def test_keys_made_again_from_request_files_are_the_same(
    texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The hashes of the lines on disk are those that were made while they were written, whatever the text."""
    folder = tmp_path_factory.mktemp("requests")
    form = RequestForm(template=Template("system:\nx\nuser:\n[{{ text }}]"), body={"model": "m", "temperature": 0})
    written = write_requests(form, pd.DataFrame({"text": pd.Series(texts, dtype=object)}), folder)
    again = rehash((shard.path.read_bytes() for shard in written.shards), definite=False)
    np.testing.assert_array_equal(again, make_keys(written.hashes, definite=False)[0])


def test_a_row_that_was_asked_in_two_ways_has_no_key() -> None:
    """A row whose second request differs from its first is no answer to either; the same request twice is one."""
    line = b'{"custom_id":"row-%09d","method":"POST","url":"/v1/x","body":{"a":%d}}\n'
    keys = rehash([line % (0, 1) + line % (1, 1), line % (0, 2) + line % (1, 1)], definite=False)
    assert keys["row"].tolist() == [1]


def test_keys_come_back_from_disk_or_not_at_all(tmp_path: Path) -> None:
    """Keys are read back as they were written; what is torn, missing or something else is no keys."""
    keys, _ = make_keys(bytes(range(64)), definite=True)
    save_keys(keys, tmp_path / "keys")
    loaded = load_keys(tmp_path / "keys")
    assert loaded is not None
    np.testing.assert_array_equal(loaded, keys)
    whole = (tmp_path / "keys").read_bytes()
    for content in (b"", whole[:20], whole[:-7], b"text"):
        (tmp_path / "torn").write_bytes(content)
        assert load_keys(tmp_path / "torn") is None
    assert load_keys(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("url", "body", "definite"),
    [
        ("/v1/chat/completions", {}, False),
        ("/v1/chat/completions", {"temperature": 0}, True),
        ("/v1/chat/completions", {"temperature": 0.0}, True),
        ("/v1/chat/completions", {"temperature": 0.1}, False),
        ("/v1/chat/completions", {"temperature": False}, False),
        ("/v1/chat/completions", {"seed": 0, "temperature": 1}, True),
        ("/v1/embeddings", {}, True),
    ],
)
def test_which_requests_have_one_definite_answer(url: str, body: dict[str, float], definite: bool) -> None:
    """Temperature 0, a seed, or embeddings: anything else is a draw."""
    assert is_definite(url, body) is definite


def test_matching_does_not_care_which_job_is_larger() -> None:
    """A few requests are found in many, and many in a few."""
    many = b"".join(bytes([a, b]) * 8 for a, b in itertools.product(range(40), range(40)))
    large, small = make_keys(many, definite=False)[0], make_keys(many[16 * 100 : 16 * 103], definite=False)[0]
    assert sorted(match(small, large)[1].tolist()) == sorted(match(large, small)[0].tolist()) == [100, 101, 102]
