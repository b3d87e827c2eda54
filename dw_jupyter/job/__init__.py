"""The durable life of a job: it knows the wire and the frames, and no notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

show: Callable[[Any], None] | None = None
"""What displays a job that is a cell's value, and goes on drawing it. The package sets it in a kernel; elsewhere a job
is its HTML or its text."""

render_html: Callable[[Any], str] | None = None
"""A snapshot as HTML. The package sets it."""

live_view: Callable[[Any], Any] = repr
"""A job as a widget that stays up to date, for a place that displays widgets by itself. The package sets it."""
