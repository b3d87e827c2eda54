from __future__ import annotations

import re
from typing import Any

import pytest

from tests.notebooks.manual import execute, printed, value


@pytest.fixture(scope="module")
def executed(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The cells of the notebook by id."""
    return execute("02_structured_outputs.ipynb", folder=tmp_path_factory.mktemp("manual"), environment=environment)


def test_most_of_what_stands_in_the_slips_is_read(executed: dict[str, Any]) -> None:
    """Every row has an answer in the end, and each field is right for more rows than not."""
    right = {field: int(count) for field, count in re.findall(r"(\w+) (\d) of 6", printed(executed["check"]))}
    assert right.keys() == {"customer", "street", "city", "express"}
    assert all(count >= 4 for count in right.values()), right


def test_answers_are_typed_columns(executed: dict[str, Any]) -> None:
    """The short form gives text and a category."""
    dtypes = re.findall(r"^(\w+) +(\w+)$", value(executed["short-dtypes"]), re.MULTILINE)
    assert dtypes[:3] == [("customer", "string"), ("city", "string"), ("express", "category")]


def test_a_row_without_room_fails_and_is_mended(executed: dict[str, Any]) -> None:
    """The cut answer is one failed row that says why; the retry fills the frame that had it."""
    assert printed(executed["misfit"]).startswith("cut off at max_tokens, does not fit the schema (not JSON): {")
    assert re.search(r"dw_finish_reason +length\ndw_completion_tokens +12\n", value(executed["misfit"]))
    assert re.search(r"schema +<NA> +cut off at max_tokens", value(executed["errors"]))
    before, after = (value(executed[cell]) for cell in ("orders-answers", "retry"))
    assert (before.count("completed"), before.count("failed")) == (5, 1)
    assert (after.count("completed"), after.count("failed")) == (6, 0)


def test_objects_and_lists_are_spread(executed: dict[str, Any]) -> None:
    """Fields of an object are columns, items of a list rows."""
    assert re.search(r"customer +address\.street +address\.city +express", value(executed["spread"]))
    assert re.search(r"S1 +Maria Silva +3 cups\nS1 +Maria Silva +6 plates", value(executed["explode"]))


def test_answers_are_objects_also_of_a_job_found_again(executed: dict[str, Any]) -> None:
    """Six instances with the method of their class; the same after ``attach``, and dicts where no class is named."""
    assert value(executed["objects"]).count("\n") == 5
    assert "'Maria Silva, 44 Harbour Street, Lisbon'" in value(executed["objects"])
    assert re.match(r"\(True,\s+\{'customer': 'Maria Silva'", value(executed["attach"]))
