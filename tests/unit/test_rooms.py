"""Which room may know which: the directions that CONTRIBUTING.md draws."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "dw_jupyter"
ROOMS = {
    "errors": set[str](),
    "config": {"errors"},
    "api": {"config", "errors"},
    "frames": {"config", "errors"},
    "job": {"api", "frames", "config", "errors"},
    "notebook": {"job", "errors"},
    "local": {"api.types", "config", "errors"},
    "demo": {"config", "errors"},
    "__init__": {"api", "frames", "job", "notebook", "config", "errors"},
    "__main__": {"demo", "local", "errors"},
}


def imports(path: Path) -> set[str]:
    """The modules of this package that a file imports, as ``room`` or ``room.module``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix("dw_jupyter.") for name in found if name.startswith("dw_jupyter.")}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    """A file imports its own room, and only the rooms that its room may know."""
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    allowed = ROOMS[room] | {room}
    for name in imports(path):
        assert any(name == known or name.startswith(f"{known}.") for known in allowed), f"{path.name} imports {name}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_file_is_hard_to_hold_in_mind(path: Path) -> None:
    """No file has more than 300 lines."""
    assert path.read_text(encoding="utf-8").count("\n") <= 300


def modules_after(code: str) -> set[str]:
    """The modules that a fresh interpreter has loaded after running some code."""
    printed = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], check=True, capture_output=True, text=True
    )
    return set(printed.stdout.split())


def test_loading_the_extension_stays_light() -> None:
    """Loading the extension loads nothing heavy: that comes with the first cell."""
    shell = "from IPython.core.interactiveshell import InteractiveShell as S; s = S()"
    loaded = modules_after(f"{shell}; s.run_line_magic('load_ext', 'dw_jupyter')")
    assert "dw_jupyter.notebook.magic" in loaded
    assert loaded.isdisjoint({"pandas", "pyarrow", "httpx", "jinja2", "anywidget", "ipywidgets", "starlette"})


def test_the_wire_needs_neither_pandas_nor_ipython() -> None:
    """``dw_jupyter.api`` can be used in a program without data frames or notebooks."""
    assert modules_after("import dw_jupyter.api").isdisjoint({"pandas", "pyarrow", "IPython", "ipywidgets"})


def test_every_public_name_is_there() -> None:
    """``dw_jupyter.__all__`` is sorted, each of its names resolves, and none is missing from ``dir``."""
    import dw_jupyter

    assert dw_jupyter.__all__ == sorted(dw_jupyter.__all__)
    assert {name for name in dw_jupyter.__all__ if not hasattr(dw_jupyter, name)} == set()
    assert dir(dw_jupyter) == dw_jupyter.__all__
