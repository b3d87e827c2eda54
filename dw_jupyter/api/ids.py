"""Ids of files, batches and requests: bare UUIDs on the service, with a prefix in its console and write-ups.

Other services have prefixes of their own, before a UUID too, so an id is sent as it was given first.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from dw_jupyter.errors import InputError

_PREFIXED = re.compile(r"^(?:batch_req|batch|file)[_-](?=[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$)")


def bare(identifier: str) -> str:
    """An id as the service takes it: ``batch_`` and the like are cut off, but only where a UUID remains."""
    return _PREFIXED.sub("", identifier)


def segment(identifier: str) -> str:
    """An id as one part of a path, whatever it holds.

    Raises:
        InputError: it would be no part of its own.
    """
    if not isinstance(identifier, str) or identifier in {"", ".", ".."}:
        raise InputError(f"{identifier!r} is no id.", "Give the id of a file, a batch or a response.")
    return quote(identifier, safe="")


def bare_path(path: str) -> str:
    """A path with every id in it as the service takes it."""
    return "/".join(bare(part) for part in path.split("/"))
