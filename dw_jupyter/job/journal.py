"""A job's folder on disk: what was asked for, what was done about it, and every answer fetched.

::

    <home>/jobs/<job id>/
      job.json              this record, replaced whole
      requests-000.jsonl    one file a shard, written once
      output-000.jsonl      answers as they were fetched, whole lines only
      error-000.jsonl       failures, likewise; put aside as error-000.0.old when the service runs them again
      reused-000.jsonl      answers that other jobs had, when there were so many shards
      borrowed-000.jsonl    answers that another job got for the rows of a shard which waited for them
      reused-requests.jsonl the requests that were answered so, and that this job has not sent
      index.parquet         the source's index
      ids.parquet           the ids of its requests, where a column gives them
      shares.npy            for each row the one whose answer it has, where rows ask the same
      cache.npy             the hashes of its requests, sorted; made again where it is missing
      lock                  held by the kernel that drives the job
      label                 what the job is called since, where that was changed; any kernel may
      cancel                there when the user wants the job to end; in a file of its own, since any kernel may ask

The files are the truth, and anybody can read them. The number of whole lines of an output or error file is the
cursor from which its download goes on. In the folder of all jobs, ``.deciding`` is held while a kernel decides which
rows it sends. A job's id is the beginning of a digest over its account and its requests in
order, so that the same cell finds the same folder. A key or an address is never written here: the record names the
account.
"""

from __future__ import annotations

import asyncio
import threading
from functools import cached_property
from pathlib import Path
from typing import Literal

import msgspec

from dw_jupyter.api.lines import LineFile
from dw_jupyter.errors import JournalError, NoJobError
from dw_jupyter.frames.ids import BY_POSITION, RowIds
from dw_jupyter.frames.index import load_index
from dw_jupyter.job.disk import KEEP, disk, sync_folder, write_whole
from dw_jupyter.job.record import VERSION, JobRecord
from dw_jupyter.job.seen import LABEL, renamed

Kind = Literal["output", "error", "reused", "borrowed"]
REUSED_REQUESTS = "reused-requests.jsonl"
INDEX = "index.parquet"
IDS = "ids.parquet"


class _Versioned(msgspec.Struct):
    version: int = VERSION


class Journal:
    """The folder of one job. One kernel writes it: see `job.driver`."""

    def __init__(self, folder: Path, record: JobRecord) -> None:
        self.folder = folder
        self.record = record
        self._wish = folder / "cancel"
        self._files: dict[Path, LineFile] = {}
        self._saving = threading.Lock()

    @property
    def home(self) -> Path:
        """The folder that the jobs of this machine are in."""
        return self.folder.parent.parent

    @classmethod
    def load(cls, folder: Path) -> Journal:
        """Read the journal of an earlier cell.

        Raises:
            JournalError: there is none, it is damaged, or a newer version of this package wrote it.
        """
        try:
            content = (folder / "job.json").read_bytes()
            if msgspec.json.decode(content, type=_Versioned).version > VERSION:
                raise JournalError(f"The journal {folder} is of a newer dw_jupyter.", "Upgrade dw_jupyter.")
            record = msgspec.json.decode(content, type=JobRecord)
            record.label = renamed(folder) or record.label
        except (FileNotFoundError, NotADirectoryError):
            raise NoJobError(f"There is no job {folder.name}.", "`%dwbatch jobs` lists them.") from None
        except OSError as error:
            raise JournalError(f"The journal {folder} cannot be read: {error.strerror}", KEEP, passing=True) from None
        except msgspec.MsgspecError as error:
            raise JournalError(f"The journal {folder} cannot be read: {error}", KEEP) from None
        return cls(folder, record)

    def rename(self, label: str) -> None:
        """Call the job otherwise. Any kernel may, and one writes the record: so the label has a file of its own."""
        content = label.encode("utf-8", "replace")
        with disk(self.folder):
            write_whole(self.folder / LABEL, content)
        self.record.label = content.decode()

    def save(self) -> None:
        """Replace ``job.json`` whole; it is on the disk when this returns. Threads that save keep their order.

        Raises:
            JournalError: the record could not be read again, or the disk does not take it. The old one stays.
        """
        with self._saving, disk(self.folder):
            write_whole(self.folder / "job.json", msgspec.json.format(self._encoded()))

    def _encoded(self) -> bytes:
        try:
            content = msgspec.json.encode(self.record)
            msgspec.json.decode(content, type=JobRecord)
        except (TypeError, ValueError) as error:  # msgspec checks types where it reads, and not where it writes
            raise JournalError(f"The journal {self.folder} would not be readable: {error}"[:200], KEEP) from None
        return content

    def requests_path(self, shard: int) -> Path:
        """The request lines of one shard."""
        return self.folder / f"requests-{shard:03}.jsonl"

    def path(self, kind: Kind, shard: int) -> Path:
        """The lines of one kind that there are so far for one shard."""
        return lines_path(self.folder, kind, shard)

    @cached_property
    def ids(self) -> RowIds:
        """The ids of the job's requests.

        Raises:
            JournalError: they cannot be read.
        """
        if not self.record.foreign and not self.record.named:
            return BY_POSITION
        try:
            return RowIds(load_index(self.folder / (INDEX if self.record.foreign else IDS)))
        except (OSError, ValueError) as error:
            raise JournalError(f"The ids of job {self.record.id} cannot be read: {error}"[:200], KEEP) from None

    def lines(self, path: Path) -> LineFile:
        """One of the files of fetched lines."""
        return self._files.setdefault(path, LineFile(path))

    def cursor(self, path: Path) -> int:
        """Whole lines in a file."""
        with disk(self.folder):
            return self.lines(path).lines

    def append(self, path: Path, lines: bytes) -> None:
        """Add whole lines to a file; they are on the disk when this returns."""
        with disk(self.folder):
            self.lines(path).append(lines)

    def begin(self, path: Path) -> None:
        """Make a file empty, to be fetched anew."""
        with disk(self.folder):
            path.write_bytes(b"")
        self._files.pop(path, None)

    def replace(self, path: Path, newer: Path) -> None:
        """Put a file that was fetched anew, and whole, in the place of the old one."""
        with disk(self.folder):
            newer.replace(path)
            sync_folder(self.folder)
        self._files.pop(newer, None)
        self._files.pop(path, None)

    def archive(self, path: Path, epoch: int) -> None:
        """Put a file of fetched lines aside, since the service begins that file again."""
        with disk(self.folder):
            if path.exists():
                path.replace(path.with_suffix(f".{epoch}.old"))
            sync_folder(self.folder)
        self._files.pop(path, None)

    @property
    def cancel_asked(self) -> bool:
        """Whether the user wants the job to end; true from the moment that the wish is on the disk."""
        return self._wish.exists()

    def ask_cancel(self) -> None:
        """Write down that the job is to end. Any kernel may: whichever drives the job sees it."""
        with disk(self.folder):
            write_whole(self._wish, b"")

    def forget_cancel(self) -> None:
        """Take the wish back, for a job that is begun again."""
        self._wish.unlink(missing_ok=True)

    def reload(self) -> None:
        """Read again what another kernel has written."""
        self.record = Journal.load(self.folder).record
        self._files.clear()


def lines_path(folder: Path, kind: Kind, shard: int) -> Path:
    """A file of answers in the folder of a job."""
    return folder / f"{kind}-{shard:03}.jsonl"


async def save(journal: Journal) -> None:
    """Save the record without holding up the loop while the disk syncs."""
    await asyncio.to_thread(journal.save)
