"""Fetch what was answered: onto the disk first, then into the frame."""

from __future__ import annotations

import asyncio
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
        self._place: dict[Path, int] = {}

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
        # Some services count nothing before the end, and some nothing at all; and reads lag.
        short = batch.ended and batch.completed + batch.failed < max(batch.total, 1)
        await self._fetch_each(
            client,
            [
                (path, file_id)
                for path, file_id, promised in self._files(batch)
                if short or self._journal.cursor(path) < promised
            ],
        )

    def whole(self, batch: Batch) -> bool:
        """Whether as many different lines are here as the batch promises, by its counts or, run out, by its requests.

        For a worker thread.
        """
        files = self._files(batch)
        here = [len(_ids(path)) for path, _, _ in files]
        run_out = batch.cancelled_at is None and batch.status in ("completed", "failed")
        return all(lines >= promised for lines, (_, _, promised) in zip(here, files, strict=True)) and (
            not run_out or sum(here) >= batch.total
        )

    def begin_again(self) -> None:
        """Have `refetch` begin with the first line."""
        self._place.clear()

    async def refetch(self, client: AsyncClient) -> None:
        """Look at every line of both files, and add those that are not here: one can land before the cursor.

        Another call goes on where one broke off.

        Raises:
            APIError: a download broke off.
            JournalError: the disk does not take it.
        """
        for path, file_id, _ in self._files(self._batch):
            here = await asyncio.to_thread(_ids, path)

            def receive(block: bytes, path: Path = path, here: set[str | bytes] = here) -> None:
                missing = {_id(line): line + b"\n" for line in block.split(b"\n")[:-1]}
                for known in here & missing.keys():
                    del missing[known]
                if missing:
                    self._ledger.append(path, b"".join(missing.values()))
                here.update(missing)
                self._place[path] = self._place.get(path, 0) + block.count(b"\n")

            await client.read_file(file_id, receive, skip=self._place.get(path, 0))

    @property
    def _batch(self) -> Batch:
        batch = self._journal.record.shards[self._number].batch
        assert batch is not None  # noqa: S101 - answers are fetched of what was sent
        return batch

    async def _fetch_each(self, client: AsyncClient, files: list[tuple[Path, str]]) -> None:
        """Fetch what is new of each file; one that ends early, or is gone, holds no other up."""
        trouble: errors.APIError | None = None
        for path, file_id in files:
            skip = self._journal.cursor(path)
            receive = partial(self._ledger.append, path)
            try:
                await client.read_file(file_id, receive, skip=skip, first=self._journal.lines(path).first())
            except (errors.IncompleteError, errors.NotFoundError) as error:
                trouble = error
        if trouble is not None:
            raise trouble


def _ids(path: Path) -> set[str | bytes]:
    """The ids of the lines of a file, each once: a line that landed before the cursor moves the others on."""
    return {_id(line) for block in read_blocks(path) for line in block.split(b"\n")[:-1]}


def _id(line: bytes) -> str | bytes:
    """What tells a line from others: its id, or itself where it has none."""
    try:
        return msgspec.json.decode(line, type=_Line).id or line
    except msgspec.MsgspecError:
        return line
