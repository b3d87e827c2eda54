"""The durable life of a job: it knows the wire and the frames, and no notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

show: Callable[[Any], None] | None = None
"""What displays a job that is a cell's value. A notebook sets it; without one a job is its text."""
