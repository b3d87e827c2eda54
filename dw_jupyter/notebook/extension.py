"""Loading into an IPython shell, and leaving it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from dw_jupyter.notebook.magic import DWBatch

if TYPE_CHECKING:
    from dw_jupyter.notebook.live_frames import Bindings

_held: WeakKeyDictionary[Any, Bindings] = WeakKeyDictionary()
"""The live names of shells that have unloaded the extension: ``%reload_ext`` does, and they go on when it loads."""


def load(shell: Any) -> None:
    """Give the shell its magics; loading again changes nothing."""
    if _loaded(shell) is None:
        magics = DWBatch(shell)
        shell.register_magics(magics)
        magics.go_on(_held.pop(shell, {}))


def unload(shell: Any) -> None:
    """Take the magics away."""
    magics = _loaded(shell)
    if magics is None:
        return
    if held := magics.unload():
        _held[shell] = held
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("dwbatch", None)
    shell.magics_manager.registry.pop(DWBatch.__name__, None)


def _loaded(shell: Any) -> DWBatch | None:
    magics = shell.magics_manager.registry.get(DWBatch.__name__)
    return magics if isinstance(magics, DWBatch) else None
