"""Writing so that a kill finds the old or the new, and that what the disk refuses is told to the user."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from dw_jupyter.errors import JournalError


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file so that a reader, or a kill, finds the old one or the new one and nothing between."""
    aside = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        with aside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
        sync_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


KEEP = "Nothing in it was changed. DW_JUPYTER_HOME sets another place for the journal."


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[None]:
    """Turn what the disk refuses into an error that says where.

    Raises:
        JournalError: the disk is full, read-only or gone.
    """
    try:
        yield
    except OSError as error:
        what = f"The journal {folder} cannot be used: {error.strerror or error}"
        raise JournalError(what, KEEP, passing=folder.exists()) from None


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    if os.name == "nt":  # Windows has no handle on a folder to sync
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
