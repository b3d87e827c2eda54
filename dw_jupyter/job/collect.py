"""Fetch what was answered: onto the disk first, then into the frame."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec

from dw_jupyter.api.client import AsyncClient
from dw_jupyter.api.lines import read_blocks
from dw_jupyter.api.types import Batch
from dw_jupyter.job.journal import Journal, Kind
from dw_jupyter.job.ledger import Ledger


class _Line(msgspec.Struct, gc=False):
    id: str | None = None


class Collector:
    """The two files of one shard's batch, fetched line by line as they grow.

    Args:
        journal: the job; the cursor is the number of whole lines it holds of each file.
        number: which shard.
        ledger: where lines go.
    """

    def __init__(self, journal: Journal, number: int, *, ledger: Ledger) -> None:
        self._journal = journal
        self._number = number
        self._ledger = ledger

    def _files(self, batch: Batch) -> list[tuple[Path, str, int]]:
        """Path on disk, file id and lines that the counts promise, for each file that the batch names."""
        kinds: list[tuple[Kind, str | None, int]] = [
            ("output", batch.output_file_id, batch.completed),
            ("error", batch.error_file_id, batch.failed),
        ]
        return [(self._journal.path(kind, self._number), file_id, n) for kind, file_id, n in kinds if file_id]

    async def collect(self, client: AsyncClient) -> None:
        """Fetch the lines behind the cursor, of each file that should have some.

        Raises:
            APIError: a download broke off; what came whole is kept, and the next call goes on behind it.
            JournalError: the disk does not take it.
        """
        batch = self._journal.record.shards[self._number].batch
        if batch is None:
            return
        # Some services count nothing before the end, and some nothing at all.
        blind = batch.ended and batch.total == 0
        for path, file_id, promised in self._files(batch):
            if blind or self._journal.cursor(path) < promised:
                await self._fetch(client, path, file_id)

    def whole(self, batch: Batch) -> bool:
        """Whether as many different lines are here as the counts of the batch promise. For a worker thread."""
        files = self._files(batch)
        return all(self._journal.cursor(path) >= promised for path, _, promised in files) and all(
            _different(path) >= promised for path, _, promised in files
        )

    async def refetch(self, client: AsyncClient) -> None:
        """Fetch both files from their first line: a line can land before the cursor, if rarely.

        A file is fetched whole beside the old one before it takes its place.
        """
        batch = self._journal.record.shards[self._number].batch
        if batch is None:
            return
        for path, file_id, _ in self._files(batch):
            newer = path.with_suffix(".next")
            self._journal.begin(newer)
            await self._fetch(client, newer, file_id)
            self._journal.replace(path, newer)

    async def _fetch(self, client: AsyncClient, path: Path, file_id: str) -> None:
        skip = self._journal.cursor(path)
        receive = partial(self._ledger.append, path)
        await client.read_file(file_id, receive, skip=skip, first=self._journal.lines(path).first())


def _different(path: Path) -> int:
    """Lines of a file, but those once that came twice: one that landed before the cursor moves the others on."""
    seen: set[str | bytes] = set()
    for block in read_blocks(path):
        for line in block.split(b"\n")[:-1]:
            try:
                seen.add(msgspec.json.decode(line, type=_Line).id or line)
            except msgspec.MsgspecError:
                seen.add(line)
    return len(seen)
