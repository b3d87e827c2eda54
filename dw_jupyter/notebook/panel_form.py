"""The form of the panel: files that are dropped on it, and what is checked, priced and sent from it.

What the browser says is not to be trusted: a file is known by a number of ours, and a table by its name alone.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dw_jupyter.errors import InputError, OptionError, SourceError
from dw_jupyter.job import accounts, loop
from dw_jupyter.job.draft import Draft, FileDraft, Look, TableDraft
from dw_jupyter.job.estimate import Estimate
from dw_jupyter.job.snapshot import dollars

FAULTS = 50
"""Different faults in one answer; the browser asks for more."""
WINDOWS = ["24h", "1h"]
"""Windows that are offered; any other text is passed on."""
PROGRESS_SECONDS = 0.5
_TABLES = ("DataFrame", "Series")


class _Upload:
    """A file of the browser's, at first empty. It is deleted when nothing uses it any more.

    Args:
        name: what the browser calls it.
        folder: where it is kept, under a name of ours.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        handle, path = tempfile.mkstemp(suffix=".jsonl", dir=folder)
        os.close(handle)
        self.path = Path(path)
        weakref.finalize(self, self.path.unlink, missing_ok=True)


@dataclass(frozen=True, kw_only=True)
class _UploadDraft(FileDraft):
    """A draft that keeps its file while it is looked at, priced or sent: another may be dropped meanwhile."""

    upload: _Upload


class Form:
    """Serves one panel's form; on the background loop, where nothing of it blocks.

    Args:
        names: the notebook's names, among which tables are found; None where there is no notebook to ask.
    """

    def __init__(self, names: Mapping[str, object] | None) -> None:
        self._names = names
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._upload: _Upload | None = None
        self._checks = 0
        self._look: tuple[int, Look] | None = None

    async def do(
        self, wish: Mapping[str, Any], buffers: Sequence[bytes], tell: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Do what is wished; ``tell`` is given what is known on the way.

        Raises:
            DoublewordError: it cannot be done.
        """
        match wish["kind"]:
            case "part":
                return await asyncio.to_thread(self._keep, str(wish["upload"]), int(wish["offset"]), buffers[0])
            case "check":
                return await self._check(wish)
            case "faults":
                return await self._faults(int(wish["check"]), int(wish["offset"]))
            case "estimate":
                return await self._estimate(wish, tell)
            case "submit":
                job = await loop.beside(self._draft(wish).submit)
                return {"job": job.id, "note": job.snapshot.note}
        return await self._offer()

    async def _offer(self) -> dict[str, Any]:
        """What there is to choose from: models, windows, tables by name."""
        try:
            models = await loop.beside(accounts.models)
            trouble = ""
        except Exception as error:  # noqa: BLE001 - the form is of use without the list
            models, trouble = [], " ".join(str(error).split())
        names = [
            name
            for name, value in list((self._names or {}).items())
            if not name.startswith("_") and type(value).__name__ in _TABLES
        ]
        return {
            "models": models,
            "windows": WINDOWS,
            "tables": names if self._names is not None else None,
            "trouble": trouble,
        }

    def _keep(self, upload: str, offset: int, part: bytes) -> dict[str, Any]:
        """Keep a part of a file that comes from the browser; each file has a place of its own.

        Raises:
            SourceError: it does not fit behind the part before, or the disk does not take it.
        """
        try:
            if offset == 0:
                if self._folder is None:
                    self._folder = tempfile.TemporaryDirectory(prefix="dw_jupyter-", ignore_cleanup_errors=True)
                self._upload = _Upload(upload, Path(self._folder.name))
            kept = self._upload
            if kept is None or kept.name != upload or kept.path.stat().st_size != offset:
                raise SourceError("A part of the file was lost on its way.", "Choose the file again.")
            with kept.path.open("ab") as file:
                file.write(part)
        except OSError as error:
            raise SourceError(
                f"The file cannot be kept: {error.strerror or error}.", "Give its path instead."
            ) from None
        return {"received": offset + len(part)}

    async def _check(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Check a draft; the first page of its faults. More can be read of the check that began last."""
        self._checks += 1
        number, draft = self._checks, self._draft(wish)
        found = await loop.beside(draft.look)
        if number == self._checks:
            self._look = (number, found)
        return {
            "check": number,
            "requests": found.requests,
            "models": [[name, count] for name, count in found.models.items()][:20],
            "faults": found.faults.different,
            "blocking": found.faults.blocking,
            "refusal": found.refusal,
            "sendable": found.sendable,
            **await _page(found, 0),
        }

    async def _faults(self, check: int, offset: int) -> dict[str, Any]:
        """More faults that a check has found.

        Raises:
            OptionError: another one was made since.
        """
        if self._look is None or self._look[0] != check:
            raise OptionError("Something else was checked since.", "Check it again.")
        return await _page(self._look[1], offset)

    async def _estimate(self, wish: Mapping[str, Any], tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """What a draft would cost; ``tell`` is given the share that is uploaded, at most twice a second."""
        told = 0.0

        def progress(share: float) -> None:
            nonlocal told
            if time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                tell({"share": share})

        return {"text": estimate_words(await self._draft(wish).estimate(progress=progress))}

    def close(self) -> None:
        """Drop the file that was brought here."""
        self._upload = self._look = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _draft(self, wish: Mapping[str, Any]) -> Draft:
        source = wish["source"]
        chosen = {name: str(wish.get(name) or "").strip() for name in ("model", "window", "label")}
        chosen["window"] = chosen["window"] or WINDOWS[0]
        match source["kind"]:
            case "upload":
                kept = self._upload
                if kept is None or kept.name != source["upload"]:
                    raise SourceError("The file is not here any more.", "Choose it again.")
                return _UploadDraft(upload=kept, path=kept.path, name=str(source["name"]), **chosen)
            case "path":
                text = str(source["path"]).strip()
                if not text:
                    raise OptionError("No file is named.", "Give the path of a .jsonl file.")
                path = Path(text).expanduser()
                return FileDraft(path=path, name=path.name, **chosen)
            case "table":
                return self._table(str(source["name"]).strip(), str(source["prompt"]), chosen)
        raise InputError("There is nothing to send.", "Choose a file or a table.")

    def _table(self, name: str, prompt: str, chosen: dict[str, str]) -> TableDraft:
        if self._names is None or name not in self._names:
            what = f"There is no {name!r} in this notebook." if name else "No table is named."
            raise SourceError(what, "Give the name of a DataFrame.")
        return TableDraft(table=self._names[name], name=name, prompt=prompt, **chosen)


async def _page(found: Look, offset: int) -> dict[str, Any]:
    """So many different faults, in words, from one on."""
    told = await asyncio.to_thread(found.told, offset, FAULTS)
    return {"page": [{"place": place, "text": text} for place, text in told]}


def estimate_words(told: Estimate) -> str:
    """An estimate in one line. Unknown is not free."""
    if told.cost is None:
        cost = "The service does not know the cost"
    elif not told.cost:
        cost = "Free: it runs on this machine"
    else:
        cost = f"About {dollars(str(told.cost))}, by the service's rough guess"
    return (
        f"{cost}. {told.requests:,} {'request' if told.requests == 1 else 'requests'}, about {told.input_tokens:,}"
        f" tokens in and {told.output_tokens:,} out."
    )
