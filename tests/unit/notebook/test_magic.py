from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter import job
from dw_jupyter.notebook import extension
from tests.service_process import ServiceProcess
from tests.unit.notebook.conftest import Notebook

FRAME = pd.DataFrame(
    {"text": ["good", "bad", "so so"], "title": ["A", "B", "C"], "stars": [5, 1, 3], "note": ["x", None, "y"]},
    index=["p", "q", "r"],
)


def test_without_a_key_the_cell_offers_the_embedded_service(notebook: Notebook) -> None:
    """No account is set up: the message names both ways out."""
    notebook.shell.user_ns["reviews"] = FRAME
    assert notebook.fail("%%dwbatch reviews\n{{ text }}") == (
        "There is no API key for api.doubleword.ai.\n"
        "Set DOUBLEWORD_API_KEY, or run `%dwbatch use local` for a small model on this machine, free."
    )


def test_a_refused_cell_works_once_it_is_corrected(account: ServiceProcess, notebook: Notebook) -> None:
    """A window that the service refuses is the cell's error; the same cell with another window then runs."""
    notebook.shell.user_ns["reviews"] = FRAME
    cell = "%%dwbatch reviews -o labels --wait --max-tokens 99 -w {window}\n{{{{ text }}}}"
    assert "Unsupported completion_window" in notebook.fail(cell.format(window="5m"))
    assert "labels" not in notebook.shell.user_ns
    notebook.run(cell.format(window="24h"))
    assert notebook.shell.user_ns["labels"]["response"].tolist() == FRAME["text"].tolist()
    notebook.run(cell.format(window="1h") + "")
    with account.http() as http:
        windows = [batch["completion_window"] for batch in http.get("batches").json()["data"]]
    assert "5m" not in windows
    assert "1h" not in windows


def test_a_model_that_is_not_there_is_the_cells_error(account: ServiceProcess, notebook: Notebook) -> None:
    """What the service refuses within the first moments is raised where it was asked for, and no name is bound."""
    notebook.shell.user_ns["reviews"] = FRAME
    read = notebook.fail("%%dwbatch reviews -o labels -m nonesuch\n{{ text }}")
    assert "'nonesuch'" in read.splitlines()[0]
    assert read.splitlines()[1] == "Nothing is billed. `%dwbatch models` lists what this key may use."
    assert "labels" not in notebook.shell.user_ns
    assert account.api_key not in read


@pytest.mark.usefixtures("account")
def test_a_cell_gives_a_frame_on_the_sources_index(notebook: Notebook) -> None:
    """The frame stands there at once with its index and dtypes, and holds every answer after the wait."""
    notebook.shell.user_ns["reviews"] = FRAME
    notebook.run('%%dwbatch reviews -o labels -j job --schema "tone: warm|cold, score float?, n int"\n{{ text }}')
    labels = notebook.shell.user_ns["labels"]
    assert labels.index.tolist() == ["p", "q", "r"]
    assert labels.dtypes.astype(str).to_dict() == {
        "tone": "category", "score": "float64", "n": "Int64", "dw_status": "category", "dw_error": "string",
    }  # fmt: skip
    notebook.run("job.result(timeout=30)")
    after = notebook.shell.user_ns["labels"]
    assert after is not labels
    assert (after["dw_status"] == "completed").all()
    assert after.attrs["dw_jupyter"]["answered"] == 3


@pytest.mark.usefixtures("account")
def test_live_frames_outlive_a_reload_and_end_with_an_unload(notebook: Notebook) -> None:
    """After `%reload_ext` a frame goes on filling; after `%unload_ext` no wait binds it, and loading takes it up."""
    notebook.shell.user_ns["reviews"] = FRAME
    notebook.run("%%dwbatch reviews -o labels -j job\nReload: {{ text }}")
    pending = notebook.shell.user_ns["labels"]
    notebook.run("%reload_ext dw_jupyter\njob.result(timeout=30)")
    filled = notebook.shell.user_ns["labels"]
    assert filled is not pending
    assert (filled["dw_status"] == "completed").all()
    notebook.run("%%dwbatch reviews -o more -j job\nUnload: {{ text }}")
    pending = notebook.shell.user_ns["more"]
    notebook.run("%unload_ext dw_jupyter\njob.result(timeout=30)")
    notebook.run("more")
    assert notebook.shell.user_ns["more"] is pending
    notebook.run("%load_ext dw_jupyter")
    notebook.run("more")
    assert (notebook.shell.user_ns["more"]["dw_status"] == "completed").all()


@pytest.mark.usefixtures("account")
def test_the_same_cell_again_sends_nothing(notebook: Notebook, service: ServiceProcess) -> None:
    """Running a cell twice makes one batch; `--fresh` makes another; the source and its labels may have changed."""
    notebook.shell.user_ns["reviews"] = FRAME
    cell = "%%dwbatch reviews -o labels --wait --max-tokens 77\nAgain: {{ text }}"
    with service.http() as http:
        before = len(http.get("batches", params={"limit": 100}).json()["data"])
        notebook.run(cell)
        notebook.shell.user_ns["reviews"] = FRAME.reset_index(drop=True)
        notebook.run(cell)
        assert notebook.shell.user_ns["labels"].index.tolist() == [0, 1, 2]
        assert notebook.shell.user_ns["labels"]["response"].tolist() == ["Again: good", "Again: bad", "Again: so so"]
        assert len(http.get("batches", params={"limit": 100}).json()["data"]) == before + 1
        notebook.run(cell.replace("--wait", "--wait --fresh"))
        assert len(http.get("batches", params={"limit": 100}).json()["data"]) == before + 2


@pytest.mark.usefixtures("account")
def test_a_frame_may_have_the_name_of_a_field_of_its_schema(notebook: Notebook) -> None:
    """Also when the cell is run again, and the name stands for the frame; a schema that has the name is not lost."""
    notebook.shell.user_ns["reviews"] = FRAME
    for schema in ("tone", '"tone, score int?"'):
        cell = f"%%dwbatch reviews -o tone --schema {schema}\n{{{{ text }}}}"
        for _ in range(2):
            notebook.run(cell)
            notebook.run("tone")
            assert "tone" in notebook.shell.user_ns["tone"].columns
    notebook.shell.user_ns["tone"] = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert notebook.fail("%%dwbatch reviews -o tone --schema tone\n{{ text }}").startswith(
        "-o tone would overwrite the"
    )


@pytest.mark.usefixtures("account")
def test_latex_and_names_with_blanks_in_single_braces(notebook: Notebook) -> None:
    """A number in braces is LaTeX, whatever columns there are; a name with a blank is told how it is written."""
    notebook.shell.user_ns["table"] = pd.DataFrame({2: [1], "star rating": [5]})
    notebook.run("%%dwbatch table\nWhat is x^{2}?")
    said = notebook.fail("%%dwbatch table\nRate it: {star rating}")
    assert said.endswith("Write {{ row['star rating'] }}.")
    notebook.run("%%dwbatch table\nRate it: {{ row['star rating'] }}")


@pytest.mark.usefixtures("account")
def test_a_cell_says_what_may_go_wrong_and_sends(notebook: Notebook) -> None:
    """A row far longer than the others, and too few tokens for the schema, are notes of the job; nothing is refused."""
    notebook.shell.user_ns["reviews"] = pd.DataFrame({"text": ["a", "b " * 30_000, "c"]})
    notebook.run('%%dwbatch reviews -j job --schema "tone: warm|cold" --max-tokens 3 --wait\n{{ text }}')
    note = notebook.shell.user_ns["job"].snapshot.note
    assert note.startswith(
        "max_tokens=3 is likely too few: the shortest answer that fits the schema has 15 characters."
    )
    assert "The longest request, that of row 1, is 60 kB, some 15,000 tokens" in note


@pytest.mark.usefixtures("account")
def test_a_cell_without_a_source_asks_once(notebook: Notebook) -> None:
    """The body alone is one request; the environment can make every cell wait."""
    notebook.shell.user_ns["DW"] = 1
    notebook.run("import os; os.environ['DW_JUPYTER_WAIT'] = '1'")
    notebook.run("%%dwbatch -o answer\nNo frame here: {braces} and {# no comment #}")
    assert notebook.shell.user_ns["answer"]["response"].tolist() == ["No frame here: {braces} and {# no comment #}"]


@pytest.mark.usefixtures("account")
def test_a_file_is_a_source(notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path to a file that exists is read, also one with a blank in its name."""
    FRAME.to_csv(tmp_path / "my reviews.csv", index=False)
    monkeypatch.chdir(tmp_path)
    notebook.run("%%dwbatch 'my reviews.csv' -o answers --limit 2 --wait\n{{ title }}: {{ text }}")
    assert notebook.shell.user_ns["answers"]["response"].tolist() == ["A: good", "B: bad"]


def left_behind(shell: Any) -> dict[str, int]:
    """How much of ours there is in a shell, by kind."""
    magics = shell.magics_manager
    matchers = [getattr(matcher, "matcher_identifier", "") for matcher in shell.Completer.custom_matchers]
    return {
        "magics": sum("dwbatch" in magics.magics[kind] for kind in ("line", "cell")),
        "registry": sum(name == "DWBatch" for name in magics.registry),
        "matchers": matchers.count("dwbatch"),
        "defaults": sum(type(each).__name__ == "DWBatch" for each in shell.configurables),
        "hooks": sum("dw_jupyter" in each.__module__ for hooks in shell.events.callbacks.values() for each in hooks),
    }


def test_loading_twice_and_unloading_leave_nothing_behind() -> None:
    """Loading adds magics, a matcher, a hook and defaults once; after unloading all of them are gone."""
    made = Notebook()
    shell = made.shell
    assert left_behind(shell) == {"magics": 2, "registry": 1, "matchers": 1, "defaults": 1, "hooks": 0}
    extension.load(shell)
    shell.user_ns["reviews"] = FRAME
    made.fail("%%dwbatch reviews -o labels -m nonesuch\n{{ txt }}")
    made.run("%reload_ext dw_jupyter")
    assert left_behind(shell) == {"magics": 2, "registry": 1, "matchers": 1, "defaults": 1, "hooks": 0}
    shell.find_line_magic("dwbatch").__self__._live()
    assert left_behind(shell)["hooks"] == 1
    made.run("%config DWBatch.model = 'mine'")
    assert "The model of cells that name none.\n    Current: 'mine'" in made.run("%config DWBatch")
    extension.unload(shell)
    extension.unload(shell)
    assert set(left_behind(shell).values()) == {0}
    assert job.show is None
    shell.history_manager.end_session()


def test_a_cell_with_everything(account: ServiceProcess, notebook: Notebook) -> None:
    """Variables, samples, blanks, fields by row and kept columns work together; the call in Python is the same job."""
    shot = "user:\n{{ shot.q }}\nassistant:\n{{ shot.a }}"
    prompt = f"{{% for shot in shots %}}\n{shot}\n{{% endfor %}}\nuser:\n{{{{ text }}}}{{{{ note }}}}"
    shots = [{"q": "one", "a": "1"}]
    notebook.shell.user_ns.update(reviews=FRAME, shots=shots)
    notebook.run(
        "%%dwbatch reviews -o labels -j job --var shots --on-missing blank --sample 2 --sample-seed 3 --keep title"
        f" --set temperature=@stars --wait\n{prompt}"
    )
    job, labels = notebook.shell.user_ns["job"], notebook.shell.user_ns["labels"]
    assert list(labels.columns) == ["title", "response", "dw_status", "dw_error"]
    chosen = FRAME.loc[labels.index]
    assert labels["response"].tolist() == (chosen["text"] + chosen["note"].fillna("")).tolist()
    assert "A sample of 2 rows, seed 3." in job.snapshot.note
    same = dw.submit(
        FRAME,
        prompt,
        variables={"shots": shots},
        on_missing="blank",
        sample=2,
        sample_seed=3,
        per_row={"temperature": "stars"},
    )
    assert same.result(timeout=60)["response"].tolist() == labels["response"].tolist()
    assert same.id == job.id
    skipped = dw.submit(FRAME, "{{ note }}", on_missing="skip", endpoint="completions")
    assert skipped.result(timeout=60)["response"].to_dict() == {"p": "x", "r": "y"}
    with account.http() as http:
        file = http.get("batches").json()["data"][0]["input_file_id"]
        line = http.get(f"files/{file}/content").text.splitlines()[0]
    assert '"url":"/v1/completions"' in line


@pytest.mark.usefixtures("account")
def test_what_may_be_a_mistake_is_said_in_the_view(notebook: Notebook) -> None:
    """A prompt that uses no column, and a role line in capitals, are sent as they are, with a word about it."""
    notebook.shell.user_ns["reviews"] = FRAME
    job = notebook.value("%%dwbatch reviews\nUser:\nHello")
    assert job.result(timeout=60)["response"].tolist() == ["User:\nHello"] * 3
    assert job.snapshot.note == (
        "The prompt uses no column: every row asks the same. "
        "User: is plain text: a message begins with a line that is just user: in small letters."
    )


def test_the_examples_of_the_manual_run(account: ServiceProcess, notebook: Notebook) -> None:
    """Every cell that `%%dwbatch?` shows can be run as it stands there."""
    notebook.shell.user_ns.update(
        reviews=FRAME.rename(columns={"note": "the text"}).fillna("none"), shots=[{"text": "a", "label": "b"}]
    )
    manual = notebook.shell.find_cell_magic("dwbatch").__doc__
    examples = re.findall(r"^        (%%dwbatch .*(?:\n|\n        .*)*?)(?=\n\n    \w)", manual, re.MULTILINE)
    assert len(examples) == 3
    for example in examples:
        cell = re.sub("(?m)^        ", "", example).replace("Qwen/Qwen3.5-9B", "echo")
        job = notebook.value(cell)
        assert set(job.result(timeout=60)["dw_status"]) == {"completed"}
    with account.http() as http:
        assert http.get("batches").json()["data"]
