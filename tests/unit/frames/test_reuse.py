from __future__ import annotations

import json

import numpy as np

from dw_jupyter.frames.results import Results
from dw_jupyter.frames.reuse import Gleaner
from dw_jupyter.frames.schema import parse_schema
from tests.unit.frames.test_results import answer, block, failure, frame_of


def test_answers_move_to_the_rows_that_ask_the_same() -> None:
    """Each wanted row takes the first answer there is; failures, strangers, misfits and broken lines are left."""
    schema = parse_schema("n int")
    gleaner = Gleaner(np.array([7, -1, 2, 0, 5]), schema)
    lines = [
        answer(0, '{"n": 1}'),
        answer(1, '{"n": 2}'),
        failure(2, "no"),
        answer(3, '{"n": "three"}'),
        answer(99, '{"n": 9}'),
        answer(0, '{"n": 8}'),
    ]
    taken = gleaner.take(block(*lines) + b"{broken\n\n")
    results = Results(8, schema)
    results.add(taken)
    assert frame_of(results)["n"].dropna().to_dict() == {7: 1}
    assert gleaner.wanted.tolist() == [2, 0, 5]
    later = gleaner.take(block(answer(4, '{"n": 4}'), answer(2, '{"n": 3}')))
    assert [json.loads(line)["custom_id"] for line in later.splitlines()] == ["row-000000005", "row-000000002"]
    assert gleaner.wanted.tolist() == [0]


def test_a_row_that_stays_in_its_place_keeps_its_line() -> None:
    """An answer to the row of the same number is passed on byte for byte, odd text and all."""
    lines = block(answer(0, "a\u2028é😀"), answer(1, "b"))
    assert Gleaner(np.array([0, 1]), None).take(lines) == lines
