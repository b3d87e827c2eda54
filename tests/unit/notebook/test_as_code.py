from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dw_jupyter as dw
from dw_jupyter.job.handle import Job
from dw_jupyter.notebook.line import split
from dw_jupyter.notebook.options import cell_parser
from tests.service_process import ServiceProcess
from tests.unit.notebook.conftest import Notebook

FRAME = pd.DataFrame({"text": ["good", "bad", None], "title": ["A", "B", "C"], "warmth": [0.1, 0.2, None]})


@dataclasses.dataclass
class Review:
    """An answer."""

    tone: str


CELLS = [
    ("reviews --as-code", "Say {{ title }}"),
    ("'my reviews.csv' -o labels -j mine --limit 2 --as-code", 'Say {{ title }} "so"\n\n'),
    ("--as-code --wait -w 1h", "One request\n"),
    (
        "reviews.query('title != \"B\"') --schema Review -m echo --tag a=b --label L --fresh --max-tokens 9 --as-code",
        'system:\nBe \\alpha """brief""" and \'kind\'\\\n\nuser:\n{{ title }} {# é 🙂 #}\n"\n',
    ),
    (
        'reviews --schema "tone: warm|cold, n int" --sample 2 --sample-seed 5 --keep "title, warmth" --as-code',
        "{{ title }}\r\x00{{ title }}\n",
    ),
    (
        """reviews --on-missing blank --stop END --stop "'" --seed 7 --set 'my={"a": [true, null]}' --as-code""",
        "{{ text }}!",
    ),
    ("reviews --temperature 0 --top-p .5 --as-code", "\n\n{{ title }}"),
    ("reviews --on-missing skip --system 'Be \"kind\".' --set top_k=@warmth --set n=1 --as-code", "\n{{ text }}\n"),
    (
        "reviews[['title']] --var shots --system '' --as-code",
        "{% for shot in shots %}{{ shot }}{% endfor %}{{ title }}",
    ),
    ("reviews --id title --meta --as-code", "{{ title }}"),
    ("reviews --endpoint completions --sample 0.5 --as-code", "{{ title }}\n\n\n"),
]


@pytest.mark.parametrize(("line", "body"), CELLS, ids=[line for line, _ in CELLS])
def test_the_code_of_a_cell_sends_what_the_cell_sends(  # noqa: PLR0917 - fixtures
    line: str, body: str, account: ServiceProcess, notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run where the cell was, the code gives the same requests, byte for byte; showing it sends nothing."""
    FRAME.to_csv(tmp_path / "my reviews.csv", index=False)
    monkeypatch.chdir(tmp_path)
    names = notebook.shell.user_ns
    names.update(reviews=FRAME, Review=Review, shots=["one", "two"])
    with account.http() as http:
        before = http.get("files").json()["data"]
        code = notebook.value(f"%%dwbatch {line}\n{body}")
        assert http.get("files").json()["data"] == before
    monkeypatch.setenv("DW_JUPYTER_HOME", str(tmp_path / "cell"))
    job = notebook.value(f"%%dwbatch {line.replace('--as-code', '')}\n{body}")
    job.result(timeout=60)
    monkeypatch.setenv("DW_JUPYTER_HOME", str(tmp_path / "code"))
    exec(code, names)  # noqa: S102 - the code is what this test is about
    same = next(value for value in names.values() if isinstance(value, Job) and value is not job)
    same.result(timeout=60)
    assert sent(tmp_path / "code") == sent(tmp_path / "cell")


def sent(home: Path) -> list[Any]:
    """What the jobs of a home ask: their request lines, and what goes with the batch."""
    (job,) = home.glob("jobs/*/job.json")
    record = json.loads(job.read_text())
    requests = b"".join(path.read_bytes() for path in sorted(job.parent.glob("requests-*.jsonl")))
    assert requests
    return [requests, *(record[name] for name in ("window", "tags", "model", "endpoint", "rows", "json_schema"))]


def test_every_option_is_in_those_cells() -> None:
    """A new option cannot be forgotten in the code: the cells above use each one."""
    used = {word.partition("=")[0] for line, _ in CELLS for word in split(line)}
    for action in cell_parser()._actions:
        assert not action.option_strings or used & set(action.option_strings), action.option_strings


def test_the_code_is_ready_to_paste(notebook: Notebook) -> None:
    """It is plain Python with the import it needs, shown as code, and names the account that was chosen."""
    notebook.shell.user_ns.update(reviews=FRAME)
    code = notebook.value(
        "%%dwbatch reviews -o labels --as-code --temperature 0\nsystem:\nBe brief.\nuser:\n{{ text }}\n"
    )
    assert repr(code) == str(code) == (
        "import dw_jupyter as dw\n\n"
        "job = dw.submit(\n"
        "    reviews,\n"
        '    """\\\nsystem:\nBe brief.\nuser:\n{{ text }}\n""",\n'
        "    temperature=0.0,\n"
        ")\n"
        "labels = job.result()"
    )  # fmt: skip
    assert code._repr_markdown_() == f"```python\n{code}\n```"
    fenced = notebook.value("%%dwbatch reviews --as-code\n```\n{{ text }}\n```\n")
    assert fenced._repr_markdown_().startswith("````python\n")
    assert "labels" not in notebook.shell.user_ns
    assert dw.jobs().empty
    notebook.shell.run_cell("from dw_jupyter import config; config._chosen = 'local'")
    code = notebook.value("%%dwbatch reviews --as-code\n{{ text }}")
    assert str(code).splitlines()[-1] == 'job = dw.submit(reviews, "{{ text }}", account="local")'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("reviews --var shots", "--var shots: there is no 'shots' in this notebook.\nName a variable."),
        ("reviews --schema No", "There is no 'No' in this notebook.\nFor a field of that name write \"No str\"."),
        ("reviews -o class", "-o class: that is not a name Python can bind.\nUse letters, digits and _."),
    ],
)  # fmt: skip
def test_code_that_could_not_run_is_not_shown(line: str, said: str, notebook: Notebook) -> None:
    """A name that is not there is the same error as without `--as-code`."""
    notebook.shell.user_ns.update(reviews=FRAME)
    assert notebook.fail(f"%%dwbatch {line} --as-code\n{{{{ text }}}}") == said
