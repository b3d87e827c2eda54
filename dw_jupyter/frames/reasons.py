"""Failures of a job, grouped by what they have in common."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

_STATUS = re.compile(r"^(\d{3})(?:: |$)")
_KINDS = (
    ("schema", re.compile(r"does not fit the schema")),
    ("refusal", re.compile(r"^refused: ")),
    ("timeout", re.compile(r"^timed out")),
    ("network", re.compile(r"^network error")),
    ("no text", re.compile(r"^no text in the answer|^no answer in the line")),
)
# What differs from row to row within one reason: numbers, ids, and what is quoted.
_VARYING = (
    (re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"), "…"),
    (re.compile(r"\b[a-z]+[-_][0-9a-fA-F]{12,}\b"), "…"),
    (re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`"), "'…'"),
    (re.compile(r"(?<![\w.])-?\d[\d,]*(?:\.\d+)?"), "N"),
)
LONGEST = 120
EXAMPLES = 3


def group_reasons(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows without an answer, by why: one row a reason, the commonest first.

    Args:
        frame: has ``dw_status`` and ``dw_error``.

    Returns:
        ``kind`` (``http``, ``timeout``, ``network``, ``schema``, ``refusal``, ``no text``, ``other``, or the status of
        rows that did not fail), ``status`` (of HTTP, where there is one), ``message`` (with ``N`` and ``…`` for what
        differs from row to row), ``rows`` (how many), ``example`` (one whole reason), ``index`` (a few labels).
    """
    lost, keys = _keys(frame)
    reasons = lost["dw_error"]
    groups = []
    for (status, code, message), places in pd.Series(range(len(lost)), dtype="int64").groupby(keys, sort=False):
        example = reasons.iloc[int(places.iloc[0])]
        groups.append(
            {
                "kind": _kind(example) if status == "failed" else status,
                "status": int(str(code)) if code and status == "failed" else pd.NA,
                "message": message,
                "rows": len(places),
                "example": example,
                "index": lost.index[places.to_numpy()[:EXAMPLES]].tolist(),
            }
        )
    columns = ["kind", "status", "message", "rows", "example", "index"]
    grouped = pd.DataFrame(groups, columns=columns).astype(
        {"kind": "string", "status": "Int64", "message": "string", "rows": "int64", "example": "string"}
    )
    return grouped.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def find_reason(frame: pd.DataFrame, kind: str, code: str, message: str) -> npt.NDArray[np.bool_]:
    """Which rows of a frame belong to one of the groups of `group_reasons`; ``code`` is of HTTP, or ``""``."""
    lost, (statuses, codes, messages) = _keys(frame)
    kinds = {reason: _kind(reason) for reason in lost["dw_error"].unique()}
    of_kind = np.where(statuses == "failed", lost["dw_error"].map(kinds), statuses)
    found = np.zeros(len(frame), dtype=bool)
    same = (of_kind == kind) & (messages == message) & ((statuses != "failed") | (codes == code))
    found[np.flatnonzero(_is_lost(frame))[same]] = True
    return found


def _is_lost(frame: pd.DataFrame) -> pd.Series[bool]:
    return ~frame["dw_status"].isin(["pending", "completed"])


def _keys(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[npt.NDArray[np.object_]]]:
    """The rows without an answer, and what each is grouped by: its status, the status of HTTP, the message."""
    lost = frame.loc[_is_lost(frame), ["dw_status", "dw_error"]]
    lost["dw_error"] = lost["dw_error"].fillna("").astype(str)
    reasons = lost["dw_error"]
    patterns = {reason: _pattern(reason) for reason in reasons.unique()}
    codes = reasons.str.extract(_STATUS, expand=False).fillna("")
    return lost, [lost["dw_status"].astype(str).to_numpy(), codes.to_numpy(), reasons.map(patterns).to_numpy()]


def _kind(reason: str) -> str:
    if _STATUS.match(reason):
        return "http"
    return next((kind for kind, pattern in _KINDS if pattern.search(reason)), "other")


def _pattern(reason: str) -> str:
    # What did not fit the schema is quoted last, and differs in every row.
    text = _STATUS.sub("", reason.partition("): ")[0] + ")" if "does not fit the schema (" in reason else reason)
    for varying, sign in _VARYING:
        text = varying.sub(sign, text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
