"""Run a language model over a whole DataFrame from one notebook cell, at batch prices.

``%load_ext dw_jupyter`` gives notebooks the ``%%dwbatch`` cell magic. Everything it does is a call here too, for
scripts and for notebooks without magics. Importing the package is light: each name loads its room when first used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dw_jupyter import config as _config
from dw_jupyter import errors
from dw_jupyter import job as _job

if TYPE_CHECKING:
    __version__: str
    from IPython.core.interactiveshell import InteractiveShell

    from dw_jupyter.api.client import AsyncClient
    from dw_jupyter.api.sync import Client
    from dw_jupyter.api.types import Batch
    from dw_jupyter.frames.spread import spread
    from dw_jupyter.job.accounts import models, use
    from dw_jupyter.job.handle import Job
    from dw_jupyter.job.ready import validate
    from dw_jupyter.job.shelf import attach, forget, jobs
    from dw_jupyter.job.snapshot import Snapshot
    from dw_jupyter.job.submit import submit
    from dw_jupyter.notebook.panel import panel

__all__ = [
    "AsyncClient",
    "Batch",
    "Client",
    "Job",
    "Snapshot",
    "__version__",
    "attach",
    "errors",
    "forget",
    "jobs",
    "load_ipython_extension",
    "models",
    "panel",
    "spread",
    "submit",
    "unload_ipython_extension",
    "use",
    "validate",
]

_HOMES = {
    "AsyncClient": "dw_jupyter.api.client",
    "Batch": "dw_jupyter.api.types",
    "Client": "dw_jupyter.api.sync",
    "Job": "dw_jupyter.job.handle",
    "Snapshot": "dw_jupyter.job.snapshot",
    "attach": "dw_jupyter.job.shelf",
    "forget": "dw_jupyter.job.shelf",
    "jobs": "dw_jupyter.job.shelf",
    "models": "dw_jupyter.job.accounts",
    "panel": "dw_jupyter.notebook.panel",
    "spread": "dw_jupyter.frames.spread",
    "submit": "dw_jupyter.job.submit",
    "use": "dw_jupyter.job.accounts",
    "validate": "dw_jupyter.job.ready",
}


def __getattr__(name: str) -> Any:
    """Load the room that holds a public name."""
    if name == "__version__":
        return import_module("importlib.metadata").version("dw_jupyter")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _embedded_service(report: _config.Report | None) -> _config.Connection:
    """The service on this machine, started if it is not running."""
    launch = import_module("dw_jupyter.local.launch")
    address = launch.find_or_start(_config.home() / "local", report=report)
    return _config.Connection(account="local", base_url=address.base_url, api_key=address.api_key)


def _render_html(snapshot: Any) -> str:
    """A job for whoever shows HTML and no widgets of ours."""
    html: str = import_module("dw_jupyter.notebook.static_html").render_html(snapshot)
    return html


def _show(job: Any) -> None:
    """A job in the cell that is running."""
    import_module("dw_jupyter.notebook.display").show(job)


def _live_view(job: Any) -> Any:
    """A job for marimo, which shows widgets but has no display of IPython's."""
    return import_module("dw_jupyter.notebook.display").live_view(job)


_config.providers["local"] = _embedded_service
_job.render_html = _render_html
if hasattr(getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)(), "kernel"):
    _job.show = _show
_job.live_view = _live_view


def load_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%load_ext dw_jupyter`` calls."""
    import_module("dw_jupyter.notebook.extension").load(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """What ``%unload_ext dw_jupyter`` calls."""
    import_module("dw_jupyter.notebook.extension").unload(shell)
