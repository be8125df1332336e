"""Cells of one memory as arrays that compiled kernels share."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Planes of `analog`: conductance now, as last written, and when; factors on steps and bends; drift exponent; life left.
HELD, WRITTEN, SINCE, GAIN, BEND, EXPONENT, LIFE = range(7)
# Entries of `law`: whether there are such cells; what they do (see `CellModel`); what they did.
(
    ON, LOW, SPAN, WHOLE, BITS, STEP, UP, DOWN, CYCLE_SIGMA, WRITE_ERROR, VERIFY, STOCHASTIC, WEAR,
    DRIFT, LOSS, ZERO, FLOOR, TICK_S, READ_SIGMA, TOTAL_LOW, TOTAL_HIGH, WHOLE_TOTAL,
    CLOCK, PROGRAMMED, SQUARED, PULSES, STUCK, FAILED, USED,
) = range(29)  # fmt: skip
PROGRAMMING, READING = 0, 1
"""Streams of random numbers."""
ALL_BITS = 0xFFFFFFFF
"""In `Cells.frozen`: nothing changes any more."""


class Cells(NamedTuple):
    """Cells of a matrix of weights."""

    analog: NDArray[np.float64]
    """(planes, rows, columns)"""
    frozen: NDArray[np.uint32]
    """(rows, columns): bits that never change; any bit for an analog cell."""
    law: NDArray[np.float64]
    random: NDArray[np.uint64]


class Sums(NamedTuple):
    """What sums of weights are kept in, where noise of reads is added to them."""

    scale: float = 1.0
    """Units of a sum that a unit of a stored weight is."""
    low: float = -math.inf
    high: float = math.inf
    whole: bool = False


def no_cells() -> Cells:
    """An ideal memory."""
    law = np.zeros(USED + 1)
    return Cells(np.zeros((LIFE + 1, 0, 0)), np.zeros((0, 0), np.uint32), law, np.ones(2, np.uint64))
