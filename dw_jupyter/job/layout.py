"""How one handle shows the rows of its job; two handles of one job may show them differently."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import pandas as pd

from dw_jupyter.frames.column import as_series
from dw_jupyter.frames.ids import BY_POSITION, RowIds
from dw_jupyter.frames.metadata import Metadata
from dw_jupyter.frames.results import Results
from dw_jupyter.frames.schema import Schema
from dw_jupyter.job.lifecycle import Lifecycle
from dw_jupyter.job.reader import Reader


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The frame of answers, and the class that they are read as."""

    index: pd.Index
    """The source's, one label a row."""
    schema: Schema | None
    """What answers promise to be; with the user's class, where that is at hand."""
    kept: Sequence[tuple[Hashable, Any]] = ()
    """Label and values of the columns of the source that stand before the answers."""
    meta: bool = False
    """Whether the columns of `frames.metadata` stand behind them."""
    ids: RowIds = BY_POSITION
    """Of the requests, for those columns."""
    _readers: WeakKeyDictionary[Lifecycle, Reader] = field(default_factory=WeakKeyDictionary, init=False)

    def frame(self, life: Lifecycle | None) -> pd.DataFrame:
        """A new frame of what is answered so far; of nothing while there is no lifecycle."""
        if life is not None:
            frame = life.frame(self.index, meta=self.meta)
        else:
            frame = Results(len(self.index), self.schema).frame(self.index)
            frame = Metadata(len(self.index), self.ids).add_to(frame) if self.meta else frame
        for place, (label, values) in enumerate(self.kept):
            frame.insert(place, label, as_series(values.copy(), frame.index))
        return frame

    def objects(self, life: Lifecycle | None, kind: type | None) -> list[object | None]:
        """An object a row, of ``kind`` or of the schema's own class; see `Job.objects`."""
        own = kind or (self.schema.kind if self.schema is not None else None)
        return life.ledger.objects(own) if life is not None else [None] * len(self.index)

    def reader(self, life: Lifecycle | None) -> Reader | None:
        """What reads the rows from the disk, by the labels of the source; None while there is no lifecycle."""
        if life is not None and life not in self._readers:
            self._readers[life] = Reader(life.journal, life.ledger, self.index)
        return self._readers.get(life) if life is not None else None
