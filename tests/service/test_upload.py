from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from tests.service.rows import PATHS, jsonl, line, upload
from tests.service_process import ServiceProcess, start_service

GOOD = line("a", "hello")
GOOD_SIZE = len(jsonl(GOOD))
LONG = "x" * 70
DEEP = "Invalid JSON on line 1: recursion limit exceeded at line 1 column 128"


def changed(**fields: Any) -> bytes:
    """A file of the good row with other fields."""
    return jsonl(GOOD | fields)


def without(field: str) -> tuple[bytes, int, str]:
    """The refusal of the good row without a field."""
    content = jsonl({key: value for key, value in GOOD.items() if key != field})
    return (content, 400, f"Invalid JSON on line 1: missing field `{field}` at line 1 column {len(content) - 1}")


INVALID_ID = "custom_id contains invalid characters: must be valid ASCII without control characters"
INVALID_UTF8 = "invalid utf-8 sequence of 1 bytes from index 15"
REFUSALS: list[tuple[bytes, int, str]] = [
    (b"", 400, "File contains no valid request templates"),
    (b"\n \n\t\n", 400, "File contains no valid request templates"),
    (b"oops\n", 400, "Invalid JSON on line 1: expected value at line 1 column 1"),
    (
        jsonl(GOOD) + b'\n{"custom_id": "b"',
        400,
        "Invalid JSON on line 2: EOF while parsing a value at line 1 column 17",
    ),
    (b"\xef\xbb\xbf" + jsonl(GOOD), 400, "Invalid JSON on line 1: expected value at line 1 column 1"),
    without("custom_id"),
    without("method"),
    without("url"),
    without("body"),
    (
        changed(custom_id=7),
        400,
        f"Invalid JSON on line 1: invalid type for `custom_id`, expected a string at line 1 column {GOOD_SIZE - 3}",
    ),
    (b"[1]", 400, "Invalid JSON on line 1: invalid type, expected an object at line 1 column 3"),
    (
        jsonl(GOOD) + b"\n\n" + changed(custom_id="\xff").replace(b"\\u00ff", b"\xff"),
        400,
        f"File contains invalid UTF-8 on/near line 2 at byte offset {GOOD_SIZE + 17}: {INVALID_UTF8}",
    ),
    (changed(custom_id=LONG), 400, "Line 1: custom_id exceeds maximum length of 64 characters (got 70)"),
    (changed(custom_id="é" * 33), 400, "Line 1: custom_id exceeds maximum length of 64 characters (got 66)"),
    (changed(custom_id="é"), 400, f"Line 1: {INVALID_ID}"),
    (jsonl(GOOD) + b"\n\n" + changed(custom_id="a\nb"), 400, f"Line 2: {INVALID_ID}"),
    (changed(method="GET"), 400, "Line 1: Unsupported HTTP method 'GET'. Only POST is currently supported."),
    (changed(url="/v1/foo"), 400, f"Line 1: Unsupported URL path '/v1/foo'. Allowed paths are: {PATHS}"),
    (jsonl(GOOD | {"body": "deep"}).replace(b'"deep"', b"[" * 127 + b"]" * 127), 400, DEEP),
    (jsonl(GOOD | {"body": "deep"}).replace(b'"deep"', b"[" * 90_000 + b"]" * 90_000), 400, DEEP),
    (
        changed(custom_id="s").replace(b'"s"', b'"\\ud800"'),
        400,
        f"Invalid JSON on line 1: lone leading surrogate in hex escape at line 1 column {GOOD_SIZE + 4}",
    ),
    (
        changed(body={"n": 1}).replace(b"1}", b"NaN}"),
        400,
        "Invalid JSON on line 1: invalid character at line 1 column 83",
    ),
    (changed(body=None), 400, "Line 1: Missing 'model' field in request body"),
    (changed(body="model"), 400, "Line 1: Missing 'model' field in request body"),
    (changed(body={"model": "\0"}), 403, "Line 1: Model '\0' has not been configured or is not available to user"),
    (changed(body={}), 400, "Line 1: Missing 'model' field in request body"),
    (changed(body=[]), 400, "Line 1: Missing 'model' field in request body"),
    (changed(body={"model": 3}), 400, "Line 1: Missing 'model' field in request body"),
    (changed(body={"model": "x"}), 403, "Line 1: Model 'x' has not been configured or is not available to user"),
    (
        jsonl(GOOD) + jsonl(line("b", "x" * 10_485_760)),
        400,
        "Line 2: Request body is 10485818 bytes, which exceeds the maximum allowed size of 10485760 bytes",
    ),
    (jsonl(GOOD) * 50_001, 400, "File contains 50001 requests, which exceeds the maximum of 50000"),
]


@pytest.mark.parametrize(("content", "status", "text"), REFUSALS, ids=[text[:50] for _, _, text in REFUSALS])
def test_refusal_says_the_first_fault_and_keeps_nothing(
    http: httpx.Client, content: bytes, status: int, text: str
) -> None:
    """A file with a fault is refused in the cloud's words, counting lines that are not blank, and leaves no trace."""
    before = http.get("files").json()
    answer = upload(http, content)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/plain; charset=utf-8")
    assert answer.text == text
    assert http.get("files").json() == before


def test_endless_line_is_refused_before_its_end(http: httpx.Client) -> None:
    """A line without an end is not gathered for ever: it is refused for the size it has reached."""
    answer = upload(http, jsonl(GOOD) + b"x" * 20_000_000)
    assert answer.status_code == 400
    found = re.fullmatch(
        r"Line 2: Request body is (\d+) bytes, which exceeds the maximum allowed size of 10485760 bytes", answer.text
    )
    assert found
    assert 10_485_760 < int(found[1]) < 11_000_000


def test_form_is_checked(http: httpx.Client) -> None:
    """Another purpose, no file, no form, or a form that breaks off are refused in words."""
    other = upload(http, jsonl(GOOD), purpose="fine-tune")
    assert (other.status_code, other.text) == (400, "Invalid purpose 'fine-tune'. Only 'batch' is supported.")
    empty = http.post("files", data={"purpose": "batch"}, files={"else": ("x", b"")})
    assert (empty.status_code, empty.text) == (400, "No file field found in multipart upload")
    plain = http.post("files", json={})
    assert (plain.status_code, plain.text.partition(":")[0]) == (400, "Invalid multipart request")
    headers = {"content-type": "multipart/form-data; boundary=b"}
    endless = http.post("files", content=b"", headers={"content-type": "multipart/form-data; boundary=" + "b" * 500})
    assert (endless.status_code, endless.text.partition(":")[0]) == (400, "Invalid multipart request")
    torn = http.post("files", headers=headers, content=b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n{')
    assert (torn.status_code, torn.text.partition(":")[0]) == (400, "Failed to read multipart upload")


def test_faults_are_told_in_the_order_of_the_form(http: httpx.Client) -> None:
    """What stands first in the form is judged first: a bad line before a bad purpose after it, and the other way."""
    late = {"file": ("x", b"oops\n"), "purpose": (None, b"fine-tune")}
    assert http.post("files", files=late).text.startswith("Invalid JSON on line 1")
    late["file"] = ("x", b"\n")
    assert http.post("files", files=late).text == "File contains no valid request templates"
    late["file"] = ("x", jsonl(GOOD))
    assert http.post("files", files=late).text == "Invalid purpose 'fine-tune'. Only 'batch' is supported."
    early = {"purpose": (None, b"fine-tune"), "file": ("x", b"oops\n")}
    assert http.post("files", files=early).text == "Invalid purpose 'fine-tune'. Only 'batch' is supported."
    for purpose in ("BATCH", None):
        form = {"file": ("x", jsonl(GOOD))} | ({"purpose": (None, purpose.encode())} if purpose else {})
        assert http.post("files", files=form).json()["purpose"] == "batch"


@pytest.mark.parametrize(
    ("seconds", "life"),
    [
        ("3600", 3600),
        ("+60", 60),
        ("-60", -60),
        ("1e3", 30 * 86_400),
        ("1_000", 30 * 86_400),
        (" 5", 30 * 86_400),
        ("", 30 * 86_400),
        ("9" * 18, 100 * 365 * 86_400),
        ("9" * 5000, 30 * 86_400),
    ],
)
@pytest.mark.parametrize("anchor", ["created_at", "another"])
def test_life_of_a_file(http: httpx.Client, seconds: str, life: int, anchor: str) -> None:
    """``expires_after`` counts from the creation, whatever its anchor; what is no integer is passed over."""
    form = {"expires_after[anchor]": anchor, "expires_after[seconds]": seconds}
    made = upload(http, jsonl(GOOD), **form).raise_for_status().json()
    assert made["expires_at"] - made["created_at"] == life
    assert http.get(f"files/{made['id']}/content").status_code == 200, "an expired file is still there"


@pytest.mark.parametrize("name", ['a "quoted" é.jsonl', "../../../etc/passwd", "C:\\x.jsonl", "\u2028 日本.jsonl", ""])
def test_filename_is_only_a_label(service: ServiceProcess, http: httpx.Client, name: str) -> None:
    """A file's name is shown as it was sent, and names nothing on this machine."""
    before = sorted(path.name for path in service.home.iterdir())
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name.replace(chr(34), "%22")}"\r\n\r\n'
    content = [head.encode(), jsonl(GOOD), b"\r\n--b--\r\n"]
    made = http.post("files", headers={"content-type": "multipart/form-data; boundary=b"}, content=iter(content))
    shown = made.raise_for_status().json()["filename"]
    assert shown.replace("%22", '"') == name.removeprefix("C:\\")
    assert http.get("files", params={"search": shown.upper(), "limit": 1}).json()["data"][0]["id"] == made.json()["id"]
    assert sorted(path.name for path in service.home.iterdir()) == before


def test_file_without_a_name_gets_one(http: httpx.Client) -> None:
    """A part without a file name is a file all the same."""
    content = b'--b\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + jsonl(GOOD) + b"\r\n--b--\r\n"
    made = http.post("files", headers={"content-type": "multipart/form-data; boundary=b"}, content=content).json()
    assert made["filename"] == f"upload-{made['id']}"


def test_too_large_a_file_is_refused(http: httpx.Client) -> None:
    """A file above 200 MB gets 413 with the limit in it, at once where its length is known, else on the way."""
    text = "File exceeds the maximum allowed size of 209715200 bytes"
    block = b" " * (1024 * 1024 - 1) + b"\n"
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
    content = [head, *[block] * 201, b"\r\n--b--\r\n"]
    headers = {"content-type": "multipart/form-data; boundary=b"}
    unknown = http.post("files", headers=headers, content=iter(content))
    assert (unknown.status_code, unknown.text) == (413, text)
    known = http.post("files", headers=headers | {"content-length": str(sum(map(len, content)))}, content=iter(content))
    assert (known.status_code, known.text) == (413, text)


def test_limits_are_settings(tmp_path: Path) -> None:
    """The size of a file, the number of its requests and the size of a body are bounded as the service was told."""
    limits = ("--max-requests", "2", "--max-bytes", "800", "--max-body", "60")
    with start_service(tmp_path, "--model", "echo", *limits) as service, service.http() as http:
        assert (
            upload(http, jsonl(line("a", "x")) * 3).text == "File contains 3 requests, which exceeds the maximum of 2"
        )
        assert upload(http, jsonl(line("a", "x" * 10))).text == (
            "Line 1: Request body is 68 bytes, which exceeds the maximum allowed size of 60 bytes"
        )
        assert upload(http, b" " * 801).text == "File exceeds the maximum allowed size of 800 bytes"
        assert upload(http, jsonl(line("a", "x")) * 2).status_code == 201
        # A field that never ends is no way around it.
        head = b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\n'
        headers = {"content-type": "multipart/form-data; boundary=b"}
        assert http.post("files", headers=headers, content=iter([head, b"x" * 20_000])).status_code == 413


def test_accepted_file_reads_back(client: openai.OpenAI, http: httpx.Client) -> None:
    """A file comes back line by line, with duplicate ids, without what the service strips, in any of its pages."""
    rows = [line("same", f"row {number} \u2028 é", priority=1) for number in range(250)]
    content = b"\n" + jsonl(*rows).replace(b"\n", b"\r\n\n")
    made = client.files.create(file=("reviews.jsonl", content), purpose="batch")
    assert made.id == client.files.retrieve(made.id).id
    assert (made.bytes, made.filename, made.purpose) == (len(content), "reviews.jsonl", "batch")
    assert made.expires_at == made.created_at + 30 * 86_400
    whole = http.get(f"files/{made.id}/content")
    assert whole.headers["content-type"] == "application/x-ndjson"
    assert (whole.headers["x-incomplete"], "x-last-line" in whole.headers) == ("false", False)
    for row in rows:
        del row["body"]["priority"]
    assert [json.loads(each) for each in whole.content.split(b"\n")[:-1]] == rows
    page = http.get(f"files/{made.id}/content", params={"skip": 240, "limit": 5, "offset": 3})
    assert (page.headers["x-incomplete"], page.headers["x-last-line"]) == ("true", "245")
    assert [json.loads(each) for each in page.content.split(b"\n")[:-1]] == rows[240:245]
    short = upload(
        http, jsonl(GOOD), **{"expires_after[anchor]": "created_at", "expires_after[seconds]": "3600"}
    ).json()
    assert short["expires_at"] == short["created_at"] + 3600


def test_files_are_listed_in_pages_and_deleted(client: openai.OpenAI, http: httpx.Client) -> None:
    """Files are listed newest first or oldest first, by cursor; a deleted one is gone; bad ids are told so."""
    made = [upload(http, jsonl(GOOD)).json()["id"] for _ in range(3)]
    assert [file.id for file in client.files.list(limit=2)][:3] == made[::-1]
    page = http.get("files", params={"limit": 2}).json()
    assert (page["first_id"], page["last_id"], page["has_more"]) == (made[2], made[1], True)
    oldest = http.get("files", params={"order": "asc", "limit": 500, "after": made[0]}).json()
    assert [file["id"] for file in oldest["data"]] == made[1:]
    assert http.get("files", params={"order": "up"}).text == "Order must be 'asc' or 'desc'"
    assert http.get("files", params={"search": "nowhere"}).json() == {"object": "list", "data": [], "has_more": False}
    assert client.files.delete(made[0]).deleted
    for method, path in (("GET", made[0]), ("DELETE", made[0]), ("GET", f"{made[0]}/content")):
        gone = http.request(method, f"files/{path}")
        assert (gone.status_code, gone.text) == (404, f"File with ID {made[0]} not found")
    prefixed = http.get(f"files/file-{made[1]}")
    assert (prefixed.status_code, prefixed.text) == (400, "Invalid file ID format")
