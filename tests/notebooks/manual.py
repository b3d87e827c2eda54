"""The notebooks of the manual, executed as a reader would, and what their cells gave."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


def read(name: str) -> Any:
    """A notebook as it is in the project."""
    return nbformat.read(NOTEBOOKS / name, as_version=4)


def execute(name: str, *, folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """The cells of a notebook by id, executed with the real small model in a copy of the manual."""
    shutil.copytree(NOTEBOOKS, folder, dirs_exist_ok=True)
    notebook = read(name)
    client = NotebookClient(
        notebook,
        km=AsyncKernelManager(kernel_name="python3", kernel_spec_manager=KernelSpecManager(kernel_dirs=[])),
        timeout=300,
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(cleanup_kc=True, env=environment)
    return {cell.id: cell for cell in notebook.cells}


def printed(cell: Any) -> str:
    """What a cell has printed."""
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def value(cell: Any) -> str:
    """The text form of a cell's value."""
    (data,) = [output.data for output in cell.outputs if output.output_type == "execute_result"]
    return str(data["text/plain"])
