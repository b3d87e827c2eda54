"""``python -m dw_jupyter demo``: the first notebook, executed from a terminal or opened in JupyterLab."""

from __future__ import annotations

import contextlib
import filecmp
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dw_jupyter import config
from dw_jupyter.errors import ConfigurationError, OptionError

NOTEBOOK = "01_first_batch.ipynb"
PAGE = "dw_jupyter_demo.html"
LAB_FOLDER = "dw_jupyter_notebooks"
INTERRUPTED = 130
CELL_SECONDS = 600
"""The longest that one cell may take, on a machine far slower than ours."""

SUMMARY = """
import json
fates = pd.concat([labels["dw_status"], pythons["dw_status"]])
counts = {fate: int((fates == fate).sum()) for fate in ("completed", "failed")}
answers = reviews.drop(columns="label").join(labels).head(10).to_string(max_colwidth=40)
print(json.dumps({"rows": len(fates), "answers": answers, **counts}))
"""
"""Run behind the notebook's own cells, in its kernel, and kept out of the page."""

# A page that stands alone: without these blocks nbconvert has it load scripts from elsewhere.
TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""


def run_demo(*, lab: bool, to: str | None) -> int:
    """Execute the first notebook against the embedded service, or open it in JupyterLab.

    Executing prints its progress, the answers, and as its last line the counts of rows and the seconds taken. It
    writes the executed notebook as a page that loads nothing from elsewhere.

    Args:
        lab: open it in JupyterLab instead, on a copy below the current folder.
        to: where to write the page, a file or a folder; ``dw_jupyter_demo.html`` in the current folder by default.

    Returns:
        The exit status: 0 if every row was answered, or what JupyterLab ended with.

    Raises:
        ConfigurationError: a package is missing.
        OptionError: the page cannot be written there.
        LocalServiceError: the embedded service does not start.
    """
    _check_installed(["ipykernel", "matplotlib", *(["jupyterlab"] if lab else ["nbclient", "nbconvert"])])
    if lab:
        return _open_lab(_copy_for_lab(Path.cwd()))
    page = _page(to)
    began = time.monotonic()
    earlier = _service_process()
    try:
        _say("Looking for the embedded service, or starting it with its small model ...")
        config.connect("local", report=_say)
        with tempfile.TemporaryDirectory(prefix="dw_jupyter_demo_") as folder:
            shutil.copytree(_notebooks(), folder, dirs_exist_ok=True)
            counts = _execute(Path(folder) / NOTEBOOK, page)
    except KeyboardInterrupt:
        _say("Stopped.")
        return INTERRUPTED
    finally:
        _stop_unless(earlier)
    _say(f"The executed notebook is {page}")
    if counts is None:
        return 1
    seconds = time.monotonic() - began
    _say(f"demo: {counts['rows']} rows, {counts['completed']} completed, {counts['failed']} failed, {seconds:.0f} s")
    return int(counts["completed"] != counts["rows"])


def _execute(path: Path, page: Path) -> dict[str, Any] | None:
    """Execute a notebook, write the page, print the answers; the counts of rows, ``None`` where a cell failed."""
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call] # nbformat leaves it untyped
    summary = nbformat.v4.new_code_cell(SUMMARY)  # type: ignore[no-untyped-call] # as above
    headings = _headings(notebook.cells)
    client = NotebookClient(
        notebook,
        # With no folder to look in, "python3" is the kernel of this very interpreter.
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])),
        timeout=CELL_SECONDS,
        shutdown_kernel="immediate",  # whatever the kernel knew is on disk
        # The kernel would warn that it talks to us over 127.0.0.1 unencrypted.
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    )
    failure = ""
    try:
        # Cell by cell, since `execute` would take the interrupt key for itself and answer with a traceback.
        with client.setup_kernel(cleanup_kc=True):
            for number, (index, heading) in enumerate(headings.items(), 1):
                _say(f"cell {number} of {len(headings)}: {heading}")
                cell = client.execute_cell(notebook.cells[index], index)
                _say(*(f"    {line}" for line in _printed(cell).splitlines()))
            notebook.cells.append(summary)
            client.execute_cell(summary, len(notebook.cells) - 1)
            notebook.cells.remove(summary)
    except CellExecutionError as error:
        failure = f"{error.ename}: {error.evalue}"
    except (CellTimeoutError, DeadKernelError) as error:
        failure = f"{type(error).__name__}: {error}"
    page.write_text(_as_html(notebook), encoding="utf-8")
    if failure:
        sys.stderr.write("\n".join(failure.splitlines()[:2]) + "\n")
        return None
    counts: dict[str, Any] = json.loads(_printed(summary).splitlines()[-1])
    _say("", counts["answers"], "")
    return counts


def _headings(cells: list[Any]) -> dict[int, str]:
    """For the index of each code cell, the heading that it stands under."""
    found = {}
    heading = ""
    for index, cell in enumerate(cells):
        if cell.cell_type == "code":
            found[index] = heading
        elif cell.source.startswith("#"):
            heading = cell.source.splitlines()[0].lstrip("# ")
    return found


def _printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.get("name") == "stdout")


def _as_html(notebook: Any) -> str:
    """The notebook as a page. A view of a widget goes where plain HTML stands beside it: it would need a script."""
    from nbconvert.exporters import HTMLExporter

    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output.data.pop("application/vnd.jupyter.widget-view+json", None)
    exporter = HTMLExporter(raw_template=TEMPLATE)  # type: ignore[no-untyped-call] # nbconvert leaves it untyped
    title = {"metadata": {"name": "dw_jupyter: the first batch"}}
    return str(exporter.from_notebook_node(notebook, resources=title)[0])


def _page(to: str | None) -> Path:
    page = Path(to or PAGE).absolute()
    page = page / PAGE if page.is_dir() else page
    if not os.access(page.parent, os.W_OK):
        raise OptionError(f"Nothing can be written to {page.parent}.", "Give --to a file in a folder that takes one.")
    return page


def _service_process() -> int | None:
    """The process of the embedded service, as its address file has it; it need not be alive."""
    try:
        return int(json.loads((config.home() / "local" / "service.json").read_bytes())["pid"])
    except (OSError, ValueError, KeyError):
        return None


def _stop_unless(earlier: int | None) -> None:
    """End the embedded service if the demo started it; one that was there before is somebody's."""
    process = _service_process()
    if process not in (None, earlier):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGTERM)


def _notebooks() -> Path:
    """Where the notebooks are: in the installed package, or beside it in a checkout."""
    package = Path(__file__).parent
    return next(folder for folder in (package / "notebooks", package.parent / "notebooks") if folder.is_dir())


def _check_installed(names: list[str]) -> None:
    missing = [name for name in names if find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            f"The demo needs packages that are not installed: {', '.join(missing)}.",
            'Install them: pip install "dw_jupyter[demo]"',
        )


def _copy_for_lab(parent: Path) -> Path:
    """A folder with the notebooks as they came. One that the user has changed is left alone: another is made."""
    source = _notebooks()
    number = 1
    while True:
        folder = parent / (LAB_FOLDER if number == 1 else f"{LAB_FOLDER}_{number}")
        if not folder.exists():
            shutil.copytree(source, folder)
        if _unchanged(source, folder):
            return folder
        number += 1


def _unchanged(source: Path, folder: Path) -> bool:
    files = [path.relative_to(source) for path in source.rglob("*") if path.is_file()]
    return all((folder / file).is_file() and filecmp.cmp(source / file, folder / file, shallow=False) for file in files)


def _open_lab(folder: Path) -> int:
    """Run JupyterLab in this terminal until it ends."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}"]
    command.append(f"--LabApp.default_url=/lab/tree/{NOTEBOOK}")  # so that the address it prints leads there, too
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in a container everybody is root, and JupyterLab would refuse
    # Kernels of this environment come first, so that "python3" is this interpreter.
    process = subprocess.Popen(command, env={"JUPYTER_PREFER_ENV_PATH": "1", **os.environ})  # noqa: S603 - ours
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # it was meant for JupyterLab, which asks whether to stop


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201 - a command prints
