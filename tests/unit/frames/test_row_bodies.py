from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dw_jupyter.errors import InputError
from dw_jupyter.frames.bodies import HASH_BYTES
from dw_jupyter.frames.requests import RequestForm, Written, check_requests, preview_requests, write_requests
from dw_jupyter.frames.template import Template

COMPLETIONS = "/v1/completions"
FRAME = pd.DataFrame(
    {
        "text": ["a", "b", "c"],
        "heat": [0.5, None, 1.0],
        "most": [10, None, 30],
        "stops": [["x"], None, [np.str_("y")]],
        "which": pd.array(["m1", None, "m2"], dtype="string"),
        "far": [1.0, np.inf, 1.0],
        "when": pd.to_datetime(["2024-01-01"] * 3),
    }
)


def form(prompt: str = "{{ text }}", **options: Any) -> RequestForm:
    """A form of this prompt."""
    return RequestForm(template=Template(prompt), **options)


def hashes(written: Written) -> list[bytes]:
    """The hash of each row."""
    return [written.hashes[start : start + HASH_BYTES] for start in range(0, len(written.hashes), HASH_BYTES)]


def test_fields_come_from_columns(tmp_path: Path) -> None:
    """A row's values go into its body as JSON; where it has none, its request is that of the form without them."""
    per_row = {"temperature": "heat", "max_tokens": "most", "stop": "stops", "model": "which"}
    body = {"model": "m", "seed": 1}
    written = write_requests(form(body=body, per_row=per_row), FRAME, tmp_path)
    bodies = [json.loads(line)["body"] for line in written.shards[0].path.read_bytes().splitlines()]
    assert [{key: body[key] for key in body if key != "messages"} for body in bodies] == [
        {"max_tokens": 10, "model": "m1", "seed": 1, "stop": ["x"], "temperature": 0.5},
        {"model": "m", "seed": 1},
        {"max_tokens": 30, "model": "m2", "seed": 1, "stop": ["y"], "temperature": 1},
    ]
    assert type(bodies[0]["max_tokens"]) is int
    (tmp_path / "plain").mkdir()
    assert hashes(written)[1] == hashes(write_requests(form(body=body), FRAME, tmp_path / "plain"))[1]


def test_a_field_of_one_row_is_not_in_the_next(tmp_path: Path) -> None:
    """Each body is the row's own: the rows around it ask what they ask without it, byte for byte."""
    shared = {"model": "m", "temperature": 0.1}
    alone = pd.DataFrame({"text": list("abc"), "heat": [None, 0.9, None]})
    written = write_requests(form(body=shared, per_row={"temperature": "heat"}), alone, tmp_path)
    (tmp_path / "plain").mkdir()
    plain = write_requests(form(body=shared), alone, tmp_path / "plain")
    mixed, same = (each.shards[0].path.read_bytes().splitlines() for each in (written, plain))
    assert (mixed[0], mixed[2]) == (same[0], same[2])
    assert json.loads(mixed[1])["body"] == {**json.loads(same[1])["body"], "temperature": 0.9}
    assert shared == {"model": "m", "temperature": 0.1}


def test_a_row_hashes_as_a_form_of_its_own_fields(tmp_path: Path) -> None:
    """Fields by column and by option make one and the same request."""
    by_column = write_requests(form(body={"a": 1, "z": 2}, per_row={"m": "heat"}), FRAME, tmp_path)
    (tmp_path / "own").mkdir()
    by_option = write_requests(form(body={"z": 2, "m": 0.5, "a": 1}), FRAME, tmp_path / "own")
    assert hashes(by_column)[0] == hashes(by_option)[0]


def test_many_values_do_not_mix() -> None:
    """Each of thousands of rows keeps its own value, in messages that begin alike."""
    frame = pd.DataFrame({"n": range(2500)})
    made = preview_requests(form("system:\nAdd.\nuser:\n{{ n }}", per_row={"seed": "n"}), frame, 2500)
    assert [line["body"]["seed"] for line in made] == list(range(2500))
    assert [line["body"]["messages"][1]["content"] for line in made] == [str(n) for n in range(2500)]


@pytest.mark.parametrize(
    ("per_row", "url", "what", "todo"),
    [
        ({"a": "heit"}, COMPLETIONS, 'There is no column "heit" in the source.', None),
        ({"a": "far"}, COMPLETIONS, 'Column "far" of row 1 holds inf.', None),
        ({"a": "when"}, COMPLETIONS, 'Column "when" of row 0 holds a ', None),
        (
            {"prompt": "text"},
            COMPLETIONS,
            "The prompt is the template's text.",
            "Leave prompt out of the request body.",
        ),
        ({"messages": "text"}, "/v1/chat/completions", "The messages are made from the prompt.", None),
    ],
)
def test_wrong_fields_are_errors(per_row: Mapping[str, Hashable], url: str, what: str, todo: str | None) -> None:
    """An unknown column, a value that JSON does not have and the prompt's own field are said before anything else."""
    with pytest.raises(InputError) as caught:
        check_requests(form(per_row=per_row, url=url), FRAME)
    assert caught.value.what.startswith(what)
    assert todo is None or caught.value.todo == todo


def test_completions_take_the_prompt_as_text(tmp_path: Path) -> None:
    """The text of the prompt is the last field of the body; role lines are an error."""
    written = write_requests(form("[{{ text }}\ud800]", url=COMPLETIONS, body={"z": 1}), FRAME, tmp_path)
    line = json.loads(written.shards[0].path.read_bytes().split(b"\n")[1])
    assert (line["url"], line["body"]) == (COMPLETIONS, {"z": 1, "prompt": "[b\ud800]"})
    with pytest.raises(InputError) as caught:
        check_requests(form("user:\n{{ text }}", url=COMPLETIONS), FRAME)
    assert caught.value.what == "Role lines divide the prompt, and /v1/completions takes one text."


def test_rows_may_be_left_out_or_blank(tmp_path: Path) -> None:
    """Rows without a used value have no request, or one that says nothing there; fields stay with their rows."""
    skipped = form("{{ heat }}", per_row={"seed": "most"}, on_missing="skip")
    made = preview_requests(skipped, FRAME, 3)
    bodies = [line["body"] for line in made]
    assert [(body["seed"], body["messages"][0]["content"]) for body in bodies] == [(10, "0.5"), (30, "1.0")]
    assert write_requests(skipped, FRAME, tmp_path).rows == 2
    check_requests(skipped, FRAME.iloc[1:], rows=1)
    blank = preview_requests(form("[{{ heat }}]", on_missing="blank"), FRAME, 3)
    assert [line["body"]["messages"][0]["content"] for line in blank] == ["[0.5]", "[]", "[1.0]"]
