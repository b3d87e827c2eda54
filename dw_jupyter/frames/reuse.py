"""Answers that one job has, as answers of another that asks the same."""

from __future__ import annotations

import msgspec

from dw_jupyter.frames.answers import Answers
from dw_jupyter.frames.column import Positions
from dw_jupyter.frames.ids import BY_POSITION, RowIds
from dw_jupyter.frames.lines import outcome, read_lines
from dw_jupyter.frames.schema import Schema

_line = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Gleaner:
    """Takes lines of one job and makes lines of another out of those that are answers it can use.

    Args:
        target: for each row of the job that has the answers, the row of the other that asks the same; -1 for none.
        schema: what an answer has to fit.
        theirs: the ids of the job that has the answers.
        ours: the ids of the other.
    """

    def __init__(
        self, target: Positions, schema: Schema | None, *, theirs: RowIds = BY_POSITION, ours: RowIds = BY_POSITION
    ) -> None:
        self._target = target.copy()
        self._theirs = theirs
        self._ours = ours
        self._answers = Answers(schema) if schema else None

    @property
    def wanted(self) -> Positions:
        """The rows of the other job that have found no answer yet."""
        return self._target[self._target >= 0]

    def take(self, block: bytes) -> bytes:
        """The lines of a block of whole lines that answer a row, each row once, with the row's own id."""
        taken: list[bytes] = []
        raws = [raw for raw in block.split(b"\n") if raw.strip()]
        lines, broken = read_lines(block)
        if broken:
            return b"".join(self.take(raw + b"\n") for raw in raws) if len(raws) > 1 else b""
        theirs = self._theirs.locate([line.custom_id for line in lines])
        usable = (theirs >= 0) & (theirs < len(self._target))
        for place in usable.nonzero()[0].tolist():
            row, ours = int(theirs[place]), int(self._target[theirs[place]])
            text = outcome(lines[place])[0]
            if ours < 0 or text is None or (self._answers and self._answers.decode([text])[2]):
                continue
            try:
                name = self._ours.name(ours)
                taken.append(raws[place] if lines[place].custom_id == name else _rename(raws[place], name))
            except msgspec.MsgspecError:  # NaN, say, which Python reads and JSON has not
                continue
            self._target[row] = -1
        return b"".join(raw + b"\n" for raw in taken)


def _rename(raw: bytes, custom_id: str) -> bytes:
    """A line with another id."""
    fields = _line.decode(raw)
    fields["custom_id"] = msgspec.Raw(msgspec.json.encode(custom_id))
    return msgspec.json.encode(fields)
