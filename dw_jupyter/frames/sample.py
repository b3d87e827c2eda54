"""Rows picked by chance, the same by the same seed."""

from __future__ import annotations

import numpy as np

from dw_jupyter.errors import OptionError
from dw_jupyter.frames.column import Positions


def check_sample(sample: float, seed: int) -> None:
    """Whether ``sample`` is a whole number of rows or a share below 1.

    Raises:
        OptionError: it is neither, or the seed is out of range.
    """
    if type(sample) is bool or not (0 < sample < 1 or (type(sample) is int and sample >= 1)):
        raise OptionError(f"The sample is {sample}.", "Give a whole number of rows, or a share such as 0.01.")
    if type(seed) is not int or not 0 <= seed < 2**32:
        raise OptionError(f"The seed of the sample is {seed}.", f"Give a whole number from 0 to {2**32 - 1}.")


def pick(rows: int, sample: float, seed: int) -> Positions:
    """Some of the positions below ``rows``, in order: so many, or that share (at least one), or all there are.

    Every row draws a number and the lowest win, so that a larger sample holds the smaller ones. NumPy promises the
    numbers of ``RandomState`` to be the same for ever; those of its newer generators may change.
    """
    count = max(1, round(sample * rows)) if sample < 1 else min(int(sample), rows)
    draws = np.random.RandomState(seed).random_sample(rows)
    return np.sort(np.argsort(draws, kind="stable")[:count])
