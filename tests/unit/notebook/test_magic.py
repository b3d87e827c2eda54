from __future__ import annotations

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


BAD_CELLS = [
    ('%%dwbatch nowhere\n{{ text }}', "There is no 'nowhere' in this notebook.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ('%%dwbatch nowhere.csv\n{{ text }}', "There is no file 'nowhere.csv'.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ('%%dwbatch number\n{{ text }}', 'The source is not a table: it is of type int.\nGive a DataFrame, a Series, a list of dicts, an Arrow or Polars table, or a .csv, .parquet or .jsonl path.'),
    ('%%dwbatch reviews[:0]\n{{ text }}', 'The source has no rows.\nGive a table with at least one row.'),
    ('%%dwbatch reviews[[]]\n{{ text }}', 'The source has no columns.\nGive a table with at least one row and one column.'),
    ('%%dwbatch reviews["tex"]\n{{ text }}', '\'reviews["tex"]\' cannot be used: KeyError: \'tex\'\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file.'),
    ('%%dwbatch reviews\n{{ txt }}', 'There is no column "txt" in the source.\nDid you mean "text"? Columns: text, title, stars, note'),
    ("%%dwbatch reviews\n{{ row['txt'] }}", 'There is no column "txt" in the source.\nDid you mean "text"? Columns: text, title, stars, note'),
    ('%%dwbatch reviews\n{{ note }}', 'Column "note" has no value in 1 row, first in row 1 (index \'q\').\nFill them (fillna) or leave those rows out (dropna(subset=[\'note\'])).'),
    ('%%dwbatch reviews\nHello\n{{ text }', "Line 2 of the prompt: unexpected '}'.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer."),
    ('%%dwbatch reviews\n{{ text | shout }}', 'Line 1 of the prompt: there is no filter "shout".\nDid you mean "sort"?'),
    ("%%dwbatch reviews\n{% include 'x' %}", 'Line 1 of the prompt: {% include %} needs a second template.\nPut everything in this one; {% macro %} names a part that is used again.'),
    ('%%dwbatch reviews\nhello\nsystem:\n{{ text }}', 'Line 1 of the prompt: there is text before the first role line.\nPut it behind a line that is just system: or user:'),
    ('%%dwbatch reviews\nSay { text }', 'The prompt uses no column: {text} in single braces stays text.\nWrite {{ text }}.'),
    ('%%dwbatch reviews\n{{ my text }}', 'Line 1 of the prompt: }} was expected before \'text\'.\nA column with a blank in its name is {{ row["its name"] }}.'),
    ('%%dwbatch reviews\n{{ text', 'Line 1 of the prompt: a }} or %} is missing.\n{{ column }} puts a column in; {% if … %}…{% endif %} and {% for … %}…{% endfor %} steer.'),
    ('%%dwbatch reviews.csv\n{{ text }}', "There is no file 'reviews.csv'.\nName a DataFrame, or the path of a .csv, .parquet or .jsonl file."),
    ('%%dwbatch reviews --bogus\n{{ text }}', 'There is no option --bogus.\nDid you mean --out? `%%dwbatch?` lists the options.'),
    ('%%dwbatch reviews -o 2x\n{{ text }}', '-o 2x: that is not a name Python can bind.\nUse letters, digits and _.'),
    ('%%dwbatch reviews -o class\n{{ text }}', '-o class: that is not a name Python can bind.\nUse letters, digits and _.'),
    ('%%dwbatch reviews -o reviews\n{{ text }}', '-o reviews would overwrite the source.\nChoose another name.'),
    ('%%dwbatch reviews -o x -j x\n{{ text }}', '-o and -j both bind x.\nChoose two names.'),
    ("%%dwbatch reviews -w ''\n{{ text }}", 'The completion window is empty.\nUse `24h`, or `1h` where the model has it.'),
    ('%%dwbatch reviews --temperature warm\n{{ text }}', "--temperature: 'warm' is not a number.\n`%%dwbatch?` says what it takes."),
    ('%%dwbatch reviews --limit 0\n{{ text }}', "--limit: '0' is not a whole number from 1 up.\n`%%dwbatch?` says what it takes."),
    ('%%dwbatch reviews --schema "tone warm|cold"\n{{ text }}', 'The schema, character 6: there is no type "warm", only str, int, float, bool, date.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --schema "a, a"\n{{ text }}', 'The schema, character 4: the field "a" is there twice.\nAn example: "sentiment: positive|negative, score float?, tags str[] (at most three)".'),
    ('%%dwbatch reviews --schema "dw_status"\n{{ text }}', 'The field "dw_status" may not begin with "dw_".\nThose columns are ours: rename it.'),
    ('%%dwbatch reviews --schema Review\n{{ text }}', 'There is no \'Review\' in this notebook.\nFor a field of that name write "Review str".'),
    ('%%dwbatch reviews --schema number\n{{ text }}', 'number is no schema but of type int.\nFor a field of that name write "number str".'),
    ('%%dwbatch reviews --set n\n{{ text }}', '--set n: there is no =.\nWrite --set NAME=VALUE.'),
    ('%%dwbatch reviews --set =1\n{{ text }}', '--set =1: there is no name.\nWrite --set NAME=VALUE.'),
    ('%%dwbatch reviews --set user=me\n{{ text }}', "--set user: 'me' is not JSON.\nFor text write --set 'user=\"me\"'."),
    ('%%dwbatch reviews --set n=1 --set n=2\n{{ text }}', '--set names n twice.\nLeave one of them out.'),
    ('%%dwbatch reviews --seed 1 --set seed=2\n{{ text }}', 'seed is set twice.\nLeave --set seed, or --seed, out.'),
    ('%%dwbatch reviews --set messages=[]\n{{ text }}', "'messages' is not for the body of a batch request.\nThe prompt makes the messages."),
    ('%%dwbatch reviews --keep titel\n{{ text }}', 'There is no column "titel" in the source.\nDid you mean "title"? Columns: text, title, stars, note'),
    ('%%dwbatch reviews --keep title,title\n{{ text }}', 'The column "title" is kept twice.\nName it once.'),
    ('%%dwbatch reviews --keep text --schema "text"\n{{ text }}', 'The answers have a column "text" too.\nRename the column of the source first.'),
    ('%%dwbatch reviews --tag dw_jupyter=x\n{{ text }}', "The tag 'dw_jupyter' is reserved.\nChoose another name."),
    ('%%dwbatch reviews --system "Be kind."\nsystem:\nBe brief.\nuser:\n{{ text }}', 'There is a system message in the prompt already.\nLeave one of the two out.'),
    ('%%dwbatch reviews --sample 0\n{{ text }}', 'The sample is 0.\nGive a whole number of rows, or a share such as 0.01.'),
    ('%%dwbatch reviews --on-missing drop\n{{ text }}', "There is no way 'drop' with missing values.\nGive error, skip or blank."),
    ('%%dwbatch reviews --var shots\n{{ text }}', "--var shots: there is no 'shots' in this notebook.\nName a variable."),
    ('%%dwbatch reviews --var number\n{{ text }}{{ numbr }}', 'There is no column "numbr" in the source.\nDid you mean "number"? Columns: text, title, stars, note'),
    ('%%dwbatch reviews --endpoint audio\n{{ text }}', "There is no endpoint 'audio' for a prompt.\nGive chat or completions."),
    ('%%dwbatch reviews --endpoint completions --schema "a"\n{{ text }}', 'A schema is for chat, not for completions.\nLeave one of the two out.'),
    ('%%dwbatch reviews --endpoint completions\nsystem:\nx\nuser:\n{{ text }}', 'Role lines divide the prompt, and /v1/completions takes one text.\nLeave the role lines out.'),
    ('%%dwbatch reviews --set temperature=@star\n{{ text }}', 'There is no column "star" in the source.\nDid you mean "stars"? Columns: text, title, stars, note'),
    ('%%dwbatch reviews --temperature 0 --set temperature=@stars\n{{ text }}', "'temperature' is given for all rows and row by row.\nLeave one of the two out."),
    ('%%dwbatch reviews\nuser:\n{% if text %}\nx\n{% endif %} user:\n{{ text }}', 'Line 4 of the prompt: user: begins no message behind a tag.\nPut it on a line of its own.'),
    ('%dwbatch jobs --stat running', '`%dwbatch jobs` has no option --stat.\nIt takes --state, --account, --search, --since.'),
    ('%dwbatch models --x', '`%dwbatch models` has no option --x.\nIt takes no options.'),
    ('%dwbatch retry nonesuch --where', '`--where` needs a value.\n`%dwbatch retry` asks again what has no answer; `--where length --max-tokens 2000` what was cut off.'),
    ('%dwbatch forget nonesuch --yes', "There is no job 'nonesuch'.\n`%dwbatch jobs`, or dw_jupyter.jobs(), lists them."),
    ('%dwbatch fly', 'There is no `%dwbatch fly`.\n`%dwbatch` alone lists the commands.'),
    ('%dwbatch attach', '`%dwbatch attach` takes JOB.\nIt gives the job of an earlier cell, or a batch made elsewhere.'),
    ('%dwbatch attach nonesuch', "There is no job 'nonesuch'.\n`%dwbatch jobs`, or dw_jupyter.jobs(), lists them."),
    ('%dwbatch use nobody', "There is no account 'nobody' on this machine.\nKnown: local. `dw login` or DOUBLEWORD_API_KEY adds one."),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "said"), BAD_CELLS, ids=[cell.replace("\n", " ⏎ ") for cell, _ in BAD_CELLS])
def test_a_wrong_cell_says_so_in_two_lines_and_sends_nothing(
    cell: str, said: str, account: ServiceProcess, notebook: Notebook, own_home: Path
) -> None:
    """Each mistake is an error of two short lines, before anything is written, sent or bound."""
    notebook.shell.user_ns.update(reviews=FRAME, number=3)
    with account.http() as http:
        before = http.get("files").json()["data"]
        read = notebook.fail(cell)
        assert http.get("files").json()["data"] == before
    assert read == said
    lines = read.splitlines()
    assert len(lines) == 2
    assert all(line and len(line) <= 160 for line in lines)
    assert not list(own_home.glob("jobs/*/job.json"))
    assert notebook.shell.user_ns["reviews"] is FRAME


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
    """Variables, samples, blanks, fields by row and kept columns work together, and the call in Python is the same job."""
    shots = [{"q": "one", "a": "1"}]
    notebook.shell.user_ns.update(reviews=FRAME, shots=shots)
    notebook.run(
        "%%dwbatch reviews -o labels -j job --var shots --on-missing blank --sample 2 --sample-seed 3 --keep title"
        " --set temperature=@stars --wait\n"
        "{% for shot in shots %}\nuser:\n{{ shot.q }}\nassistant:\n{{ shot.a }}\n{% endfor %}\nuser:\n{{ text }}{{ note }}"
    )
    job, labels = notebook.shell.user_ns["job"], notebook.shell.user_ns["labels"]
    assert list(labels.columns) == ["title", "response", "dw_status", "dw_error"]
    chosen = FRAME.loc[labels.index]
    assert labels["response"].tolist() == (chosen["text"] + chosen["note"].fillna("")).tolist()
    assert "A sample of 2 rows, seed 3." in job.snapshot.note
    same = dw.submit(
        FRAME,
        "{% for shot in shots %}\nuser:\n{{ shot.q }}\nassistant:\n{{ shot.a }}\n{% endfor %}\nuser:\n{{ text }}{{ note }}",
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
