"""Finds the embedded service, or starts it: what the rest of the package calls.

Imports neither the service nor its dependencies.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from dw_jupyter.errors import LocalServiceError
from dw_jupyter.local import address
from dw_jupyter.local.address import Address

POLL_SECONDS = 0.05
LOG = "service.log"
LARGEST_LOG = 1024 * 1024
REFUSED = 3
"""The exit code of a service that said on its last two lines why it does not start, and what to do."""
NEEDS = ("starlette", "uvicorn", "python_multipart", "xllamacpp")
FETCHING = "Fetching "


def find_or_start(
    home: Path,
    *,
    model: str | None = None,
    upstream: str | None = None,
    report: Callable[[str], None] | None = None,
) -> Address:
    """The service of this home, started if none runs. Several callers at once get one and the same.

    It lives on after this process, and ends when it has been idle for long.

    Args:
        home: the folder of its state.
        model: ``local``, ``echo`` or the path of a ``.gguf`` file. Left out, whatever runs will do, and else ``local``.
        upstream: the base URL of an OpenAI-compatible server, in place of ``model``.
        report: is told how the fetching of the model goes, a line a time.

    Raises:
        LocalServiceError: it cannot be started, or another model is served from this home.
    """
    running = address.read_alive(home)
    source = name_source(model, upstream)
    if running is not None and source in {None, running.source}:
        return running
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise LocalServiceError(
            f"The embedded service needs packages that are not installed: {', '.join(missing)}.",
            'Install them: pip install "dw_jupyter[local]"',
        )
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = home / LOG
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.unlink()
    with log.open("ab") as errors:
        begin = errors.seek(0, os.SEEK_END)
        process = _start(home, model=model, upstream=upstream, errors=errors)
    with log.open("rb") as lines:
        lines.seek(begin)
        return _wait(home, source, process, lines, report or (lambda _: None))


def name_source(model: str | None, upstream: str | None) -> str | None:
    """What a service is asked to answer with, in one word: ``local``, ``echo``, a URL or an absolute path.

    Raises:
        LocalServiceError: the URL holds a password, which would show wherever the service says what it runs with.
    """
    if upstream and "@" in urlsplit(upstream).netloc:
        raise LocalServiceError(
            "The address of the server holds a user name or a password.",
            "Leave them out; a key goes into DW_JUPYTER_UPSTREAM_KEY.",
        )
    if upstream or model in {None, "local", "echo"}:
        return upstream or model
    return str(Path(str(model)).absolute())


def _start(home: Path, *, model: str | None, upstream: str | None, errors: IO[bytes]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "dw_jupyter", "serve", "--home", str(home)]
    command += ["--upstream", upstream] if upstream else ["--model", model] if model else []
    detached = 0
    if sys.platform == "win32":
        detached = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    process = subprocess.Popen(  # noqa: S603 - this Python, with words of ours and the caller's own options
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        creationflags=detached,
        start_new_session=True,  # interrupting or ending a kernel leaves it alone
    )
    # Someone has to take note of its end, or it stays in the process table for as long as this process lives.
    threading.Thread(target=process.wait, name="dw-local-service", daemon=True).start()
    return process


def _wait(
    home: Path,
    source: str | None,
    process: subprocess.Popen[bytes],
    lines: IO[bytes],
    report: Callable[[str], None],
) -> Address:
    """Wait until a service answers: this process, or another that was quicker."""
    said: list[str] = []
    while True:
        code = process.poll()
        for line in lines:
            text = line.decode(errors="replace").strip()
            said = [*said[-1:], text] if text else said
            if text.startswith(FETCHING):
                report(text)
        found = address.read_alive(home)
        if found is not None and source in {None, found.source}:
            return found
        if code is not None:
            raise _why(code, said, Path(lines.name))
        time.sleep(POLL_SECONDS)


def _why(code: int, said: list[str], log: Path) -> LocalServiceError:
    if code == REFUSED and len(said) == 2:
        return LocalServiceError(*said)
    last = said[-1] if said else f"exit code {code}"
    return LocalServiceError(f"The embedded service ended at its start: {last}", f"Its log is {log}")
