"""Names in the user's notebook that are bound to frames which fill as rows are answered.

Before a cell that names one runs, the name is bound to a fresh frame: never in the middle of a cell, and never by
changing a frame that the user may hold. A name that the user has bound anew, or a frame that was changed, is the
user's and is left alone from then on.
"""

from __future__ import annotations

import re
import threading
from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dw_jupyter.job.handle import Job
from dw_jupyter.job.snapshot import Snapshot


@dataclass(frozen=True)
class _Binding:
    job: Job
    frame: pd.DataFrame
    mark: tuple[object, ...]
    last: Snapshot | None
    """Of a job that had ended, whose last answers the frame holds; it is another once the job is retried."""

    @property
    def settled(self) -> bool:
        """Whether there is nothing more to bind."""
        return self.last is not None and self.last == self.job.snapshot


Bindings = dict[str, _Binding]
"""What is bound, by name."""


class LiveFrames:
    """The live names of one notebook.

    Args:
        namespace: the user's variables.
    """

    def __init__(self, namespace: MutableMapping[str, Any]) -> None:
        self._namespace = namespace
        self._bindings: Bindings = {}

    def bind(self, name: str, job: Job) -> None:
        """Bind a name to the frame of a job, now and before each cell that names it; a wait that ends binds it too."""
        self._rebind(name, job)
        job.subscribe(_OnWait(self, name, job))

    def before_cell(self, info: Any) -> None:
        """What IPython calls before each cell: refresh the live names that stand in its text."""
        # Subshells of newer kernels fire this hook on threads of their own, while a cell of the main one may run.
        if threading.current_thread() is not threading.main_thread():
            return
        # A name that the cell is about to bind to a new job is not being used.
        used = re.sub(r"(?m)\A(%%dwbatch (?:\\\n|.)*?)(-o|--out)[ =]\w+", r"\1", info.raw_cell or "")
        words = set(re.findall(r"\w+", used))
        for name in [name for name in self._bindings if name in words]:
            remark = self.refresh(name)
            if remark:
                print(remark)  # noqa: T201 - said in the cell that is about to use the frame

    def refresh(self, name: str) -> str:
        """Bind the name anew if it is still ours; what there is to say about its job, or ``""``."""
        binding = self._bindings[name]
        if self._namespace.get(name) is not binding.frame:
            del self._bindings[name]
            return ""
        if not binding.settled and not self._rebind_if_ours(name, binding):
            return ""
        snapshot = binding.job.snapshot
        if snapshot.state == "completed":
            return ""
        return f"{name}: {snapshot.headline[:1].lower()}{snapshot.headline[1:]}"

    def forget(self) -> Bindings:
        """Let go of every name; the frames stay as they are. What was held, for another to take over."""
        held, self._bindings = self._bindings, {}
        return held

    def take_over(self, bindings: Bindings) -> None:
        """Keep names alive that another has let go of, as far as they are still theirs."""
        for name, binding in bindings.items():
            self._bindings[name] = binding
            binding.job.subscribe(_OnWait(self, name, binding.job))

    def wait_ended(self, name: str, job: Job) -> None:
        """Bind the last frame in the cell that waited for it, if the name is still this job's and ours."""
        binding = self._bindings.get(name)
        if binding is not None and binding.job is job and not binding.settled:
            self._rebind_if_ours(name, binding)

    def _rebind(self, name: str, job: Job) -> None:
        # Asked before the frame is made, so that the last answers are never missed.
        last = job.snapshot if job.done() else None
        frame = job.df
        binding = _Binding(job, frame, fingerprint(frame), last)
        self._namespace[name], self._bindings[name] = frame, binding

    def _rebind_if_ours(self, name: str, binding: _Binding) -> bool:
        ours = self._namespace.get(name) is binding.frame and fingerprint(binding.frame) == binding.mark
        if ours:
            self._rebind(name, binding.job)
        else:
            del self._bindings[name]
        return ours


class _OnWait:
    """Listens for the end of a wait; it draws nothing."""

    def __init__(self, frames: LiveFrames, name: str, job: Job) -> None:
        self._frames = frames
        self._name = name
        self._job = job

    def update(self, snapshot: Snapshot) -> None:
        """A tick: the name is bound before the next cell, not now."""

    def flush(self, snapshot: Snapshot) -> None:  # noqa: ARG002 - the job knows all that the snapshot says
        """A wait has ended."""
        self._frames.wait_ended(self._name, self._job)


class _Same:
    """Equal to what holds the very same object, and keeps it from being freed and its place from being taken."""

    def __init__(self, held: object) -> None:
        self._held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._held is other._held

    def __hash__(self) -> int:
        return id(self._held)


def fingerprint(frame: pd.DataFrame) -> tuple[object, ...]:
    """What tells whether a frame was changed in place: its labels, and a mark of each column's values."""
    columns = (_mark(frame.iloc[:, position]) for position in range(frame.shape[1]))
    return (id(frame.index), frame.shape, tuple(map(repr, frame.columns)), *columns)


def _mark(column: pd.Series[Any]) -> object:
    values = column.array
    if isinstance(values, pd.arrays.ArrowExtensionArray):
        return _Same(values.__arrow_array__())  # what Arrow holds never changes: a change puts another in its place
    if column.dtype == object:  # lists and dicts have no hash; being the same objects has to do
        return hash(tuple(map(id, column)))
    try:
        hashes = pd.util.hash_pandas_object(column, index=False).to_numpy()
    except TypeError:
        return _Same(values)
    return int(np.bitwise_xor.reduce(hashes * _odd(len(column)), initial=0))


def _odd(length: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Odd weights, so that values which change places change the hash."""
    return np.arange(length, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
