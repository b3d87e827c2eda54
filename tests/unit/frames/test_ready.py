from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dw_jupyter.errors import SourceError
from dw_jupyter.frames.faults import Fault, Finding
from dw_jupyter.frames.limits import Limits
from dw_jupyter.frames.ready import check_ready, copy_ready
from tests.unit.frames.awkward import AWKWARD

ASK = [{"role": "user", "content": "x"}]
BODY = {"model": "m", "messages": ASK}
GOOD = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": BODY}


def line(**changes: Any) -> str:
    """A request line, changed; a change to ``...`` leaves that field out."""
    request = {**GOOD, **changes}
    return json.dumps({name: value for name, value in request.items() if value is not ...})


def write(folder: Path, *lines: str | bytes, end: bytes = b"\n") -> Path:
    """A file of these lines."""
    path = folder / "requests.jsonl"
    path.write_bytes(b"\n".join(each.encode() if isinstance(each, str) else each for each in lines) + end)
    return path


PATHS = "there are /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses, /v1/messages."
WRONG: list[tuple[str | bytes, list[tuple[str, str]]]] = [
    ("{", [("json", "Not JSON at character 2: Expecting property name enclosed in double quotes.")]),
    ("[1]", [("json", "Not a JSON object.")]),
    (b'{"custom_id": "\xff"}', [("json", "Not UTF-8, from byte 16 on.")]),
    (line(body={**BODY, "x": 0}).replace(": 0", ": NaN"), [("json", "Not JSON: NaN is no JSON value.")]),
    (line(body=...).replace("}", ', "body": {"model": "\\ud800"}}'),
     [("json", "Not JSON: half of a surrogate pair in an escape.")]),
    (line(custom_id=..., url=...), [("field", '"custom_id" is missing.'), ("field", '"url" is missing.')]),
    (line(body=...), [("field", '"body" is missing.')]),
    (line(custom_id=""), [("custom_id", '"custom_id" is empty.')]),
    (line(custom_id=7), [("custom_id", '"custom_id" is not text.')]),
    (line(custom_id="x" * 65), [("custom_id", '"custom_id" is 65 bytes long; the service takes 64.')]),
    (line(custom_id="né"), [("custom_id", '"custom_id" "né" holds more than visible ASCII.')]),
    (line(custom_id="a\tb"), [("custom_id", '"custom_id" "a\\tb" holds more than visible ASCII.')]),
    (line(method="GET"), [("method", '"method" is "GET"; it has to be "POST".')]),
    (line(url="/v1/chat"), [("url", f'"url" is "/v1/chat"; {PATHS}')]),
    (line(body=[]), [("body", '"body" is not an object.')]),
    (line(body={"messages": ASK}), [("model", '"body" names no "model".')]),
    (line(body={**BODY, "model": None}), [("model", '"model" is not text.')]),
    (line(body={**BODY, "model": "other"}), [("model", 'Model "other" is not one of the account\'s.')]),
    (line(body={**BODY, "pad": "x" * 2000}), [("body", '"body" is 2,065 bytes; the service takes 1,000.')]),
    (line(body={"model": "m", "messages": []}),
     [("messages", '"messages" is empty: the service takes such a request, and then it fails.')]),
    (line(body={"model": "m"}),
     [("messages", '"messages" is missing: the service takes such a request, and then it fails.')]),
    (line(body={"model": "m", "pad": "x" * 99_000}),
     [("body", "The line is longer than the 1,000 bytes that a body may have.")]),
    ("  \t", [("blank", "A blank line: the service passes over it.")]),
    (line(custom_id="", method="GET", url="x", body=0),
     [("custom_id", '"custom_id" is empty.'), ("method", '"method" is "GET"; it has to be "POST".'),
      ("url", f'"url" is "x"; {PATHS}'),
      ("body", '"body" is not an object.')]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wrong"), WRONG)
def test_a_line_says_all_that_is_wrong_with_it(tmp_path: Path, text: str | bytes, wrong: list[tuple[str, str]]) -> None:
    """Between good lines every fault of a bad one is found, with its line, and none of the others."""
    path = write(tmp_path, line(custom_id="before"), text, line(custom_id="after"))
    found = check_ready(path, models=["m"], limits=Limits(body_bytes=1000))
    assert list(found.faults) == [Fault(place=2, kind=kind, text=text) for kind, text in wrong]
    assert found.faults.blocking == (wrong[0][0] not in ("blank", "messages")) * len(wrong)


def test_a_byte_order_mark_and_a_repeated_id_are_told_by_their_lines(tmp_path: Path) -> None:
    """The mark is a fault of line 1, a repeated id one of each line after its first, and so in the frame."""
    path = write(tmp_path, b"\xef\xbb\xbf" + line().encode(), line(custom_id="b"), line(), "", line(), end=b"")
    frame = check_ready(path).faults.frame("line")
    assert frame["line"].tolist() == [1, 3, 4, 5]
    assert frame["kind"].tolist() == ["bom", "duplicate", "blank", "duplicate"]
    assert frame["fault"][3] == 'custom_id "a" is that of line 1 too.'


@pytest.mark.parametrize("content", [b"", b"\n\n", b" \r\n"])
def test_a_file_without_a_request_is_at_fault(tmp_path: Path, content: bytes) -> None:
    """Nothing to ask is said of the whole file."""
    path = tmp_path / "empty.jsonl"
    path.write_bytes(content)
    assert check_ready(path).faults.first() == Fault(place=None, kind="empty", text="The file holds no request.")


@pytest.mark.parametrize(
    ("content", "beginning"),
    [
        (b"id,text\n1,good\n" * 99, '"id,text"'),
        (b"\n[\n" + b'  {\n    "role": "user"\n  },\n' * 9 + b"]\n", '"["'),
        (b'{\n  "custom_id": "a"\n}\n', '"{"'),
        (b'[{"a": 1}, {"a": 2}]', '"[{\\"a\\": 1}, {\\"a\\": 2}]"'),
        ("id,text\n".encode("utf-16"), "the mark of UTF-16: save it as UTF-8"),
        (b"\x1f\x8b\x08\x00\n\xff\n", "bytes that are no text"),
        ("é".encode() * 10**6, f'"{"é" * 40}"'),
    ],
)
def test_of_what_is_no_jsonl_that_is_told_once(tmp_path: Path, content: bytes, beginning: str) -> None:
    """A table, one JSON value over many lines, an array on one, and bytes: one fault of the whole, not one a line."""
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    text = f"This is no JSONL file: none of its lines is a request. It begins with {beginning}."
    assert list(check_ready(path).faults) == [Fault(place=None, kind="json", text=text)]


def test_objects_that_are_meant_as_requests_keep_their_faults(tmp_path: Path) -> None:
    """Quotes of the wrong kind in each line are that fault, many times; blank lines count but at the end."""
    found = check_ready(write(tmp_path, *["{'custom_id': 'a'}", ""] * 40, "", ""))
    said = "Not JSON at character 2: Expecting property name enclosed in double quotes."
    assert found.faults.different == 2
    assert found.faults.findings(0, 9) == [
        Finding(text=said, count=40, places=(1, 3, 5), blocking=True),
        Finding(text="A blank line: the service passes over it.", count=39, places=(2, 4, 6), blocking=False),
    ]
    assert (len(found.faults), found.faults.blocking) == (79, 40)


def test_equal_faults_are_one_finding_in_the_order_of_their_first(tmp_path: Path) -> None:
    """Findings come page by page, the same as all at once, and count every fault."""
    lines = [line(custom_id=f"{number}", method="GET" if number % 3 else f"PUT{number}") for number in range(50)]
    found = check_ready(write(tmp_path, *lines))
    every = found.faults.findings(0, 99)
    assert [page for start in range(0, 20, 4) for page in found.faults.findings(start, 4)] == every
    assert [finding.places for finding in every] == [(1,), (2, 3, 5), *((number,) for number in range(4, 51, 3))]
    assert sum(finding.count for finding in every) == len(found.faults) == 50


def test_a_file_that_cannot_be_read_is_an_error_of_two_lines(tmp_path: Path) -> None:
    """No such file, and a folder, say which path and what to give."""
    for path, said in ((tmp_path / "none.jsonl", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(SourceError, match=said) as caught:
            check_ready(path)
        assert caught.value.todo == "Give a .jsonl file of requests."


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.one_of(
            st.builds(
                lambda text, said: line(custom_id=text, body={**BODY, "x": said}),
                AWKWARD,
                AWKWARD,
            ),
            st.sampled_from([each for each, _ in WRONG if isinstance(each, str) and len(each) < 9_000]),
            st.integers(0, 9).map(lambda number: line(custom_id=f"id-{number}")),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_file_has_the_faults_of_its_lines(tmp_path: Path, texts: list[str]) -> None:
    """Whatever stands beside it, a line has the faults that it has alone, and each id that comes again is one more."""
    last = line(custom_id="behind all others")  # a blank line at the end would be no fault
    found = check_ready(write(tmp_path, *texts, last))
    single: list[tuple[int, str, str]] = []
    ids: list[object] = []
    for number, text in enumerate(texts, 1):
        alone = list(check_ready(write(tmp_path, text, last)).faults)
        single += [(number, fault.kind, fault.text) for fault in alone]
        if "json" not in {fault.kind for fault in alone} and text.strip():
            ids.append(json.loads(text).get("custom_id"))
    several = [(fault.place, fault.kind, fault.text) for fault in found.faults]
    assert [each for each in several if each[1] != "duplicate"] == single
    ids = [each for each in ids if isinstance(each, str) and each]
    assert sum(kind == "duplicate" for _, kind, _ in several) == len(ids) - len(set(ids))


def test_good_lines_are_counted_and_copied_as_they_stand(tmp_path: Path) -> None:
    """Copies hold every line once, byte for byte, in files within the limits; the same lines have the same digest."""
    texts = [line(custom_id=f"id-{number}", body={"model": f"m{number % 2}", "x": "😀\u2028"}) for number in range(5)]
    texts[1] = texts[1].replace(", ", " ,  ")
    path = write(tmp_path, texts[0], "", *texts[1:], end=b"\r\n\n")
    found = check_ready(path)
    assert (found.requests, found.faults.blocking, dict(found.models)) == (5, 0, {"m0": 3, "m1": 2})
    (tmp_path / "copy").mkdir()
    copied = copy_ready(path, tmp_path / "copy", limits=Limits(requests=2))
    assert [(shard.requests, shard.first) for shard in copied.shards] == [(2, 0), (2, 2), (1, 4)]
    together = b"".join(shard.path.read_bytes() for shard in copied.shards)
    assert together == ("\n".join(texts) + "\r\n").encode()
    (tmp_path / "again").mkdir()
    assert copy_ready(write(tmp_path, *texts, end=b"\r"), tmp_path / "again").digest == copied.digest


def test_another_model_takes_the_place_of_every_line_s_own(tmp_path: Path) -> None:
    """A line without a model is then right too, and all else of it stays, also what only JSON's own escapes hold."""
    path = write(tmp_path, line(body={"messages": ["\ud83d\ude00"]}), line(custom_id="b", body={"model": 7, "n": 1}))
    assert check_ready(path).faults.blocking == 2
    assert check_ready(path, model="new").faults.blocking == 0
    (shard,) = copy_ready(path, tmp_path, model="new").shards
    bodies = [json.loads(text)["body"] for text in shard.path.read_bytes().split(b"\n")[:-1]]
    assert bodies == [{"messages": ["😀"], "model": "new"}, {"model": "new", "n": 1}]
