"""Fetch what was answered: onto the disk first, then into the frame."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec

from dw_jupyter import errors
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
        batch = self._batch
        # Some services count nothing before the end, and some nothing at all.
        blind = batch.ended and batch.total == 0
        await self._fetch_each(
            client,
            [
                (path, file_id)
                for path, file_id, promised in self._files(batch)
                if blind or self._journal.cursor(path) < promised
            ],
        )

    def whole(self, batch: Batch) -> bool:
        """Whether as many different lines are here as the counts of the batch promise. For a worker thread."""
        files = self._files(batch)
        return all(self._journal.cursor(path) >= promised for path, _, promised in files) and all(
            _different(path) >= promised for path, _, promised in files
        )

    def begin_again(self) -> None:
        """Prepare to fetch both files from their first line. For a worker thread.

        Raises:
            JournalError: the disk does not take it.
        """
        for path, _, _ in self._files(self._batch):
            self._journal.begin(_newer(path))

    async def refetch(self, client: AsyncClient) -> None:
        """Fetch both files from their first line, beside those that are here: a line can land before the cursor.

        Another call goes on where one broke off.

        Raises:
            APIError: a download broke off.
            JournalError: the disk does not take it.
        """
        await self._fetch_each(client, [(_newer(path), file_id) for path, file_id, _ in self._files(self._batch)])

    def take_newer(self) -> None:
        """Put what was fetched again in the place of what is here, where it is not less. For a worker thread.

        Raises:
            JournalError: the disk does not take it.
        """
        for path, _, _ in self._files(self._batch):
            if _different(_newer(path)) >= _different(path):
                self._journal.replace(path, _newer(path))

    @property
    def _batch(self) -> Batch:
        batch = self._journal.record.shards[self._number].batch
        assert batch is not None  # noqa: S101 - answers are fetched of what was sent
        return batch

    async def _fetch_each(self, client: AsyncClient, files: list[tuple[Path, str]]) -> None:
        """Fetch what is new of each file; one that ends early holds no other up."""
        early: errors.IncompleteError | None = None
        for path, file_id in files:
            skip = self._journal.cursor(path)
            receive = partial(self._ledger.append, path)
            try:
                await client.read_file(file_id, receive, skip=skip, first=self._journal.lines(path).first())
            except errors.IncompleteError as error:
                early = error
        if early is not None:
            raise early


def _newer(path: Path) -> Path:
    return path.with_suffix(".next")


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
