"""A job as plain HTML and as text: what a saved notebook keeps, and what a place without widgets shows.

No script, no style sheet and nothing from outside. The words alone say everything, since GitHub strips every
style and JupyterLab many of those in a notebook it does not trust; the bar is an ornament that may vanish.
Nothing in them goes stale: a job under way is shown as of a time, with the line that finds it again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dw_jupyter.job.snapshot import Snapshot

_BOX = (
    "box-sizing:border-box; max-width:64rem; margin:2px 0; padding:8px 12px; border-radius:6px; "
    "border:1px solid rgba(128,128,128,.3); font-size:13px; line-height:20px; "
    "font-variant-numeric:tabular-nums; "
    "font-family:var(--jp-ui-font-family, var(--vscode-font-family, system-ui, sans-serif))"
)
_HEADER = "display:flex; flex-wrap:wrap; column-gap:12px; justify-content:space-between; align-items:baseline"
_HEADLINE = "font-size:14px; font-weight:600; line-height:24px"
_TRACK = (
    "display:flex; height:8px; margin:5px 0 7px; border-radius:4px; overflow:hidden; background:rgba(128,128,128,.2); "
    "outline:1px solid transparent"  # which forced colours draw, where they take the background away
)
_KEPT = "forced-color-adjust:none"
# JupyterLab keeps plain colours in a notebook that it does not trust, and drops variables and gradients: one of each,
# or a job that is done would show an empty bar.
_ANSWERED = (
    f"{_KEPT}; background:#3a7fd5; background:var(--jp-brand-color1, var(--vscode-progressBar-background, #3a7fd5))"
)
_FAILED = (
    f"{_KEPT}; min-width:3px; background:#d9534a; background:repeating-linear-gradient(-45deg, "
    "var(--jp-error-color1, var(--vscode-errorForeground, #d9534a)) 0 3px, transparent 3px 5px)"
)
_MARK = "display:inline-block; box-sizing:border-box; width:9px; height:9px; margin-right:6px"
_NONE = "rgba(128,128,128,.8)"
_NO_ANSWERS = f"{_KEPT}; background:{_NONE}"
_NO_FAILURES = f"{_NO_ANSWERS}; background:repeating-linear-gradient(-45deg, {_NONE} 0 3px, transparent 3px 5px)"
_WAITING = "border:1.5px solid #808080; border:1.5px solid currentColor; border-radius:50%; opacity:.8"
_SOFT = "opacity:.8"
_CODE = "font-family:var(--jp-code-font-family, monospace)"


def render_html(snapshot: Snapshot, *, place: str = "") -> str:
    """One ``<div>`` that needs nothing else. Every word of the job is escaped.

    With the mark of a ``place`` a live view finds it: while there is a kernel, and where the page lets it, the view
    shows itself there, and the rows can be read.
    """
    header = _div(f"<strong>{escape(snapshot.headline)}</strong>", _HEADLINE) + _line(snapshot.label, _SOFT)
    again = f'To see it again: <code style="{_CODE}">{escape(attach_line(snapshot))}</code>'
    return _div(
        _div(header, _HEADER)
        + _line(remedy(snapshot))
        + (_bar(snapshot) + _legend(snapshot) if snapshot.total else "")
        + _line(" · ".join(_facts(snapshot)), _SOFT)
        + _line(snapshot.note, _SOFT)
        + (_div(again) if attach_line(snapshot) else ""),
        _BOX,
        mark=f' data-dw-view="{escape(place)}"' if place else "",
    )


def render_text(snapshot: Snapshot) -> str:
    """What happened in one line, and what to do in a second where something can be done."""
    first = " · ".join(filter(None, (snapshot.headline, snapshot.label, *_facts(snapshot))))
    return "\n".join(filter(None, (first, remedy(snapshot), attach_line(snapshot))))


def remedy(snapshot: Snapshot) -> str:
    """What to do about a failed job. Its headline has said what happened, the first line of ``error``."""
    return snapshot.error.partition("\n")[2].strip()


def attach_line(snapshot: Snapshot) -> str:
    """The Python line that finds a job under way again; ``""`` once it has ended or while it has no id."""
    return "" if snapshot.ended or not snapshot.job else f'dw.attach("{snapshot.job}")'


def _facts(snapshot: Snapshot) -> tuple[str, ...]:
    """Model, time taken and job id; of a job under way no rate and no time left, but when this was so."""
    if snapshot.ended:
        facts = snapshot.details(snapshot.updated)
    else:
        seen = datetime.fromtimestamp(snapshot.updated, UTC) if snapshot.updated else None
        facts = (snapshot.model, f"as of {seen:%Y-%m-%d %H:%M} UTC" if seen else "")
    return tuple(filter(None, (*facts, snapshot.job and f"job {snapshot.job}")))


def _bar(snapshot: Snapshot) -> str:
    def part(count: int, style: str) -> str:
        return _div("", f"width:{count / snapshot.total:.2%}; {style}") if count else ""

    return _div(part(snapshot.completed, _ANSWERED) + part(snapshot.failed, _FAILED), _TRACK)


def _legend(snapshot: Snapshot) -> str:
    """The three parts of a job with the marks and the words of the live view; a part of none is soft and grey."""

    def part(count: int, word: str, style: str) -> str:
        mark = f'<span style="{_MARK}; {style}"></span>'
        return _div(f"{mark}{count:,} {word}", "" if count else _SOFT)

    waiting = part(snapshot.waiting, "not answered" if snapshot.ended else "waiting", _WAITING)
    return _div(
        part(snapshot.completed, "answered", f"border-radius:50%; {_ANSWERED if snapshot.completed else _NO_ANSWERS}")
        + part(snapshot.failed, "failed", _FAILED if snapshot.failed else _NO_FAILURES)
        + ("" if snapshot.ended and not snapshot.waiting else waiting),
        "display:flex; flex-wrap:wrap; column-gap:24px",
    )


def _line(text: str, style: str = "") -> str:
    return _div(escape(text), style) if text else ""


def _div(inner: str, style: str = "", *, mark: str = "") -> str:
    return f'<div style="{style}"{mark}>{inner}</div>' if style else f"<div>{inner}</div>"
