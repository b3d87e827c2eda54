"""Failures of a job, grouped by what they have in common.

Only reasons that differ are looked at one by one, and those by Arrow: a hundred thousand failures take a moment.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from dw_jupyter.frames.column import Positions

_STATUS = r"^(?P<code>\d{3})(?:: |$)"
_KINDS = {
    "http": _STATUS,
    "schema": r"does not fit the schema",
    "refusal": r"^refused: ",
    "timeout": r"^timed out",
    "network": r"^network error",
    "no text": r"^no text in the answer|^no answer in the line",
}
# What differs from row to row within one reason: what did not fit the schema, which is quoted last; then numbers, ids,
# and what is quoted.
_VARYING = {
    r"(does not fit the schema \(.*?\)): .*": r"\1",
    r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}": "…",
    r"\b[a-z]+[-_][0-9a-fA-F]{12,}\b": "…",
    r"'[^']*'|\"[^\"]*\"|`[^`]*`": "'…'",
    r"(^|[^\pL\pN_.])-?\d+(?:,\d+)*(?:\.\d+)?": r"\1N",
}
LONGEST = 120
EXAMPLES = 3

Mask = npt.NDArray[np.bool_]


class Reasons:
    """Rows without an answer, by why.

    Args:
        frame: has ``dw_status`` and ``dw_error``.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._rows = len(frame)
        self._lost = np.flatnonzero(~frame["dw_status"].isin(["pending", "completed"]))
        """The rows without an answer; what follows is said of them, in this order."""
        statuses, names = pd.factorize(frame["dw_status"].iloc[self._lost].astype(str).to_numpy())
        self._said, texts = pd.factorize(frame["dw_error"].iloc[self._lost].fillna("").to_numpy(dtype=object))
        self._texts = _as_utf8(texts.tolist())
        pairs, first, pair = np.unique(statuses * len(texts) + self._said, return_index=True, return_inverse=True)
        status, said = np.divmod(pairs, max(1, len(texts)))
        keys = _keys(self._texts).take(said).assign(of=names[status])
        keys.loc[keys["of"] != "failed", "code"] = ""
        self._group = _by_size(keys.groupby(["of", "code", "message"], sort=False).ngroup().to_numpy()[pair])
        self.groups = self._table(frame.index, keys.take(pair))
        """One row a reason, the commonest first; see `group_reasons`."""
        self.alike: Mask = np.bincount(self._group[first], minlength=len(self.groups)) == 1
        """Of which of them all rows say the very same, which is then its example."""

    def _table(self, index: pd.Index, keys: pd.DataFrame) -> pd.DataFrame:
        order = np.argsort(self._group, kind="stable")
        _, starts, counts = np.unique(self._group[order], return_index=True, return_counts=True)
        some = order[np.arange(len(order)) - np.repeat(starts, counts) < EXAMPLES]
        labels = index.take(self._lost[some]).tolist()  # of all groups at once: there may be as many as rows
        ends = np.cumsum(np.minimum(counts, EXAMPLES))
        keys = keys.take(order[starts])
        columns: dict[str, Any] = {
            "kind": np.where(keys["of"] == "failed", keys["kind"], keys["of"]),
            "status": [int(code) if code else pd.NA for code in keys["code"]],
            "message": keys["message"].to_numpy(),
            "rows": counts,
            "example": [self._texts[said] for said in self._said[order[starts]]],
            "index": pd.Series([labels[start:end] for start, end in itertools.pairwise([0, *ends])], dtype=object),
        }
        return pd.DataFrame(columns).astype(
            {"kind": "string", "status": "Int64", "message": "string", "rows": "int64", "example": "string"}
        )

    def rows_of(self, kind: str, code: str, message: str) -> Mask:
        """Which rows of the frame belong to one of the groups; ``code`` is of HTTP, or ``""``."""
        codes = self.groups["status"].astype("string").fillna("")
        same = (self.groups["kind"] == kind) & (codes == code) & (self.groups["message"] == message)
        return self._spread(same.to_numpy(dtype=bool)[self._group])

    def rows_saying(self, text: str) -> Mask:
        """Which rows of the frame have a text in their reason; case does not matter."""
        folded = text.casefold()
        return self._spread(np.array([folded in said.casefold() for said in self._texts], dtype=bool)[self._said])

    def _spread(self, of_lost: Mask) -> Mask:
        found = np.zeros(self._rows, dtype=bool)
        found[self._lost[of_lost]] = True
        return found


def group_reasons(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows without an answer, by why: one row a reason, the commonest first.

    Args:
        frame: has ``dw_status`` and ``dw_error``.

    Returns:
        ``kind`` (``http``, ``timeout``, ``network``, ``schema``, ``refusal``, ``no text``, ``other``, or the status of
        rows that did not fail), ``status`` (of HTTP, where there is one), ``message`` (with ``N`` and ``…`` for what
        differs from row to row), ``rows`` (how many), ``example`` (one whole reason), ``index`` (a few labels).
    """
    return Reasons(frame).groups


def _by_size(groups: npt.NDArray[np.integer[Any]]) -> Positions:
    """Groups numbered by how many rows they have; those with as many, by which came first."""
    _, first, group, counts = np.unique(groups, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.lexsort((first, -counts))] = np.arange(len(counts))
    return rank[group]


def _as_utf8(texts: list[str]) -> list[str]:
    """Texts as Arrow can hold them: without lone surrogates."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:
        return [text.encode("utf-8", "replace").decode() for text in texts]
    return texts


def _keys(texts: list[str]) -> pd.DataFrame:
    """What each of some reasons is grouped by, as ``code`` of HTTP and ``message``, and what ``kind`` it is."""
    array = pa.array(texts, pa.large_string())
    kinds = np.full(len(texts), "other", dtype=object)
    for kind, pattern in reversed(_KINDS.items()):
        kinds[pc.match_substring_regex(array, pattern).to_numpy(zero_copy_only=False)] = kind
    codes = pc.struct_field(pc.extract_regex(array, _STATUS), "code").fill_null("")
    messages = pc.replace_substring_regex(array, _STATUS.replace("?P<code>", ""), "")
    for pattern, sign in _VARYING.items():
        messages = pc.replace_substring_regex(messages, pattern, sign)
    cut = [text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…" for text in messages.to_pylist()]
    return pd.DataFrame({"kind": kinds, "code": codes.to_pylist(), "message": cut}, dtype=object)
