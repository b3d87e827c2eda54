"""The panel as a plain table and as text: what a saved notebook keeps, and what a place without widgets shows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from dw_jupyter.job.entries import Entry, total
from dw_jupyter.notebook.panel_state import cost_of, moment, totals_of

MOST = 25
"""Entries in the table; how many there are beside them is said."""
_BOX = (
    "box-sizing:border-box; margin:2px 0; padding:8px 12px; border-radius:6px; overflow-x:auto; "
    "border:1px solid rgba(128,128,128,.3); font-size:13px; line-height:20px; "
    "font-variant-numeric:tabular-nums; "
    "font-family:var(--jp-ui-font-family, var(--vscode-font-family, system-ui, sans-serif))"
)
_TABLE = "border-collapse:collapse; margin:6px 0"
_CELL = "text-align:left; vertical-align:top; padding:3px 16px 3px 0; font-size:13px; white-space:normal"
_HEAD = f"{_CELL}; font-weight:600; border-bottom:1px solid rgba(128,128,128,.3)"
_COLUMNS = ("Job", "State", "Cost", "Model", "Began", "Id")


def render_html(entries: Sequence[Entry], *, now: float, trouble: str, again: str, place: str = "") -> str:
    """A table of jobs as of a time. Every word of theirs is escaped.

    Args:
        entries: all that are listed, in order.
        now: when that was so, epoch seconds.
        trouble: why something may be missing.
        again: the line that shows the panel live.
        place: what it is marked with, for the live panel to find it; ``""`` for no mark.
    """
    head = "".join(f'<th scope="col" style="{_HEAD}">{name}</th>' for name in _COLUMNS)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(text)}</td>' for text in _cells(entry)) + "</tr>"
        for entry in entries[:MOST]
    )
    table = f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    mark = f' data-dw-view="{place}"' if place else ""
    return (
        f'<div style="{_BOX}"{mark}><div><strong>{escape(_headline(entries, now))}</strong></div>'
        + (table if entries else "")
        + "".join(f"<div>{escape(text)}</div>" for text in _below(entries, trouble))
        + f'<div style="opacity:.8">To see it live: <code>{escape(again)}</code></div></div>'
    )


def render_text(entries: Sequence[Entry], *, now: float, trouble: str, again: str) -> str:
    """The same as lines of text."""
    rows = [_COLUMNS, *(_cells(entry) for entry in entries[:MOST])] if entries else []
    rows = [tuple(" ".join(text.split())[:60] for text in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join((_headline(entries, now), *lines, *_below(entries, trouble), f"To see it live: {again}"))


def _headline(entries: Sequence[Entry], now: float) -> str:
    return f"Jobs as of {moment(now)}: {', '.join(totals_of(total(entries))) or 'none'}"


def _below(entries: Sequence[Entry], trouble: str) -> list[str]:
    more = len(entries) - MOST
    return list(filter(None, (f"And {more:,} more." if more > 0 else "", trouble)))


def _cells(entry: Entry) -> tuple[str, ...]:
    snapshot = entry.snapshot
    return (
        snapshot.label,
        entry.headline,
        cost_of(entry),
        snapshot.model,
        moment(snapshot.started),
        entry.id if entry.here else f"batch {entry.id}",
    )
