"""Builds the front end where what is in ``dw_jupyter/static`` is older than its sources in ``js/src``.

The built files are committed, so that a clone without Node.js works, and carry a hash of their sources in the
first line; ``build.mjs`` writes it. Their times say nothing after a checkout. ``DW_SKIP_JS=1`` leaves
everything as it is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = ("job_view.js", "job_view.css", "panel.js", "panel.css")


class FrontEnd(BuildHookInterface[Any]):
    """Runs npm before a wheel, an editable install or a source distribution is made."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Brings ``dw_jupyter/static`` up to date.

        Raises:
            RuntimeError: a built file is missing and there is no npm to make it.
        """
        js = Path(self.root, "js")
        if os.environ.get("DW_SKIP_JS") == "1" or not (js / "src").is_dir():
            return
        built = [Path(self.root, "dw_jupyter", "static", name) for name in BUILT]
        if all(is_fresh(path, hash_of_sources(js)) for path in built):
            return
        if (npm := shutil.which("npm")) is not None:
            for command in (["ci", "--ignore-scripts"], ["run", "build"]):
                subprocess.run([npm, *command], cwd=js, check=True)  # noqa: S603 - our own npm scripts
        elif all(path.exists() for path in built):
            self.app.display_warning("npm not found: dw_jupyter/static stays as it is, older than js/src")
        else:
            raise RuntimeError(
                "dw_jupyter/static is not built and npm was not found.\n"
                "Install Node.js 20.19 or newer, or install dw_jupyter from its wheel."
            )


def hash_of_sources(js: Path) -> str:
    """The hash that ``build.mjs`` writes: 16 digits over path and content of itself and of ``src``."""
    inside = [path for path in (js / "src").rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for name in sorted(path.relative_to(js).as_posix() for path in [js / "build.mjs", *inside]):
        digest.update(f"{name}\0".encode() + (js / name).read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def is_fresh(built: Path, sources: str) -> bool:
    """Whether a built file says in its first line that it was made from ``sources``."""
    if not built.exists():
        return False
    with built.open(encoding="utf-8") as lines:
        return f"sources {sources}" in lines.readline()
