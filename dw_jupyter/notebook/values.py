"""The values of options, read from the texts of a line; each function is a ``type`` of argparse."""

from __future__ import annotations

import argparse
import math


def number(text: str) -> float:
    """A number, and no infinity."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def rows_or_share(text: str) -> float:
    """A whole number of rows, or a share of them."""
    return int(text) if text.removeprefix("-").isdecimal() else number(text)


def integer(text: str) -> int:
    """A whole number."""
    if not text.removeprefix("-").isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number")
    return int(text)


def filled(text: str) -> str:
    """Any text but none."""
    if not text.strip():
        raise argparse.ArgumentTypeError("the value is empty")
    return text


def whole(text: str) -> int:
    """A whole number from 1 up."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 up")
    return int(text)
