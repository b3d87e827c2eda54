"""A cell and a call of ``dw.submit`` send the same bytes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic
import pytest

import dw_jupyter as dw
from dw_jupyter.job import loop
from tests.service_process import ServiceProcess, start_service
from tests.unit.notebook.conftest import Notebook


class Review(pydantic.BaseModel):
    """An answer."""

    tone: str
    stars: int | None


def table() -> pd.DataFrame:
    """What is asked about, with what text can hold."""
    return pd.DataFrame(
        {
            "text": ["good", 'b"a\\d\u2028', "{{ so }} {# so"],
            "my text": ["é", "😀", "\nuser:\n"],
            "note": ["x", None, "y"],
            "t": [0, 0.5, None],
            "sku": [7, 8, 9],
        },
        index=["p", "q", "q"],
    )


SHOTS = [{"q": "1+1?", "a": "2"}]
JSON_SCHEMA = {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "number"}}}}
JOBS: list[tuple[str, str, dict[str, Any]]] = [
    ("", "{{ text }}", {}),
    ("-m echo --temperature 0 --max-tokens 9", "Say {{ text }}.", {"model": "echo", "temperature": 0, "max_tokens": 9}),
    ('--schema "tone: warm|cold, score float?"', "{{ text }}", {"schema": "tone: warm|cold, score float?"}),
    ("--schema Review --seed 7 --top-p .5", "{{ text }}", {"schema": Review, "seed": 7, "top_p": 0.5}),
    ("--schema wanted --limit 2", '{{ row["my text"] }}', {"schema": JSON_SCHEMA, "limit": 2}),
    (
        "--system 'Be {{ note }}.' --on-missing blank",
        "{{ text }}",
        {"system": "Be {{ note }}.", "on_missing": "blank"},
    ),
    (
        "--on-missing skip --keep text --id sku --meta",
        "{{ note }}",
        {"on_missing": "skip", "keep": ["text"], "id": "sku", "meta": True},
    ),
    (
        "--var shots --set temperature=@t --set 'logit_bias={\"1\": 2}' --stop END --stop .",
        "{% for s in shots %}\nuser:\n{{ s.q }}\nassistant:\n{{ s.a }}\n{% endfor %}\nuser:\n{{ text }}",
        {"variables": {"shots": SHOTS}, "per_row": {"temperature": "t"}, "logit_bias": {"1": 2}, "stop": ["END", "."]},
    ),
    (
        "--endpoint completions --sample 2 --sample-seed 3 --tag a=b -w 1h",
        "{{ text }}",
        {"endpoint": "completions", "sample": 2, "sample_seed": 3, "tags": {"a": "b"}, "window": "1h"},
    ),
    ("--set top_k=3.0", "system:\nBe brief.\nuser:\n{{ text | upper }}", {"top_k": 3}),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """An echo service for the whole file."""
    with start_service(tmp_path_factory.mktemp("service"), "--model", "echo") as running:
        yield running


@pytest.fixture(autouse=True)
def account(service: ServiceProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account in use is that service."""
    monkeypatch.setenv("DOUBLEWORD_API_BASE", service.base_url)
    monkeypatch.setenv("DOUBLEWORD_API_KEY", service.api_key)


def sent(home: Path, job: dw.Job) -> dict[str, bytes]:
    """The request files of a job."""
    job.ready(30)
    return {path.name: path.read_bytes() for path in (home / "jobs" / job.id).glob("requests-*.jsonl")}


@pytest.mark.parametrize("job", JOBS, ids=[line for line, _, _ in JOBS])
def test_a_cell_and_a_call_send_the_same_bytes(
    job: tuple[str, str, dict[str, Any]], notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words give the same request files, byte for byte, in homes that know nothing of each other."""
    line, prompt, options = job
    notebook.shell.user_ns |= {"reviews": table(), "Review": Review, "wanted": JSON_SCHEMA, "shots": SHOTS}
    monkeypatch.setenv("DW_JUPYTER_HOME", str(tmp_path / "cell"))
    notebook.run(f"%%dwbatch reviews -j job {line} --wait\n{prompt}")
    by_cell = sent(tmp_path / "cell", notebook.shell.user_ns["job"])
    monkeypatch.setenv("DW_JUPYTER_HOME", str(tmp_path / "call"))
    called = dw.submit(table(), prompt, **options)
    frame = called.result(timeout=30)
    assert by_cell == sent(tmp_path / "call", called)
    (content,) = by_cell.values()
    assert content.count(b"\n") == len(frame)


def test_what_changes_after_the_call_changes_nothing_sent(own_home: Path) -> None:
    """Rows are rendered in the background, and everything that was given is as it was then."""
    frame = pd.DataFrame([[n, {"deep": [n]}] for n in range(3)], columns=["n", "cell"])
    shots, stop, per_row = [["one"]], ["END"], {"seed": "n"}
    changed = threading.Event()

    async def hold() -> None:
        changed.wait()  # nothing else runs on the background loop meanwhile

    loop.spawn(hold())
    job = dw.submit(
        frame,
        "{{ n }} {{ cell.deep }} {{ shots[0] }}",
        model="echo",
        variables={"shots": shots},
        stop=stop,
        per_row=per_row,
    )
    frame["n"] = -1
    for cell in frame["cell"]:
        cell["deep"].append("changed")
    shots[0].append("changed")
    stop.append("changed")
    per_row["top_k"] = per_row.pop("seed")
    changed.set()
    lines = [json.loads(line) for line in sent(own_home, job)["requests-000.jsonl"].splitlines()]
    assert [line["body"]["messages"][0]["content"] for line in lines] == [f"{n} [{n}] ['one']" for n in range(3)]
    assert [(line["body"]["stop"], line["body"]["seed"]) for line in lines] == [(["END"], n) for n in range(3)]
    assert not any("top_k" in line["body"] for line in lines)
    job.result(timeout=30)
