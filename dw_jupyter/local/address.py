"""Where the service of a home is, as its file ``service.json`` tells.

Its key is made anew at every start, so that an address left by a service that was killed opens nothing.
"""

from __future__ import annotations

import http.client
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

FILE = "service.json"
ANSWER_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Address:
    """A running service."""

    base_url: str
    """Ends in ``/v1``."""
    api_key: str = field(repr=False)
    model: str
    """The id of its model; of the first one where it has several."""
    source: str
    """What it was started for: ``local``, ``echo``, the path of a model or the URL of a server."""
    pid: int


def write(home: Path, address: Address) -> None:
    """Publish an address to this user alone."""
    aside = home / f"{FILE}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(asdict(address), stream)
    aside.replace(home / FILE)


def withdraw(home: Path) -> None:
    """Take the address back."""
    (home / FILE).unlink(missing_ok=True)


def read_alive(home: Path) -> Address | None:
    """The address of the service of this home, ``None`` where none answers to its key."""
    try:
        address = Address(**json.loads((home / FILE).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return address if _answers(address) else None


def _answers(address: Address) -> bool:
    # The standard client knows no proxies, which have no business between two programs of one machine.
    url = urlsplit(address.base_url)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", f"{url.path}/models", headers={"Authorization": f"Bearer {address.api_key}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
