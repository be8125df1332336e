"""Which time steps of a sample are listened to for the operands of the datapath."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BEFORE, AFTER = 6, 2
"""Time steps before the middle one, and from it on (assumed)."""


def middle(held: NDArray[np.integer] | NDArray[np.bool_]) -> range:
    """A few time steps around the middle one of those that hold, or of all if none does."""
    steps = np.flatnonzero(held)
    at = int(steps[steps.size // 2]) if steps.size else held.size // 2
    return range(max(0, at - BEFORE), min(held.size, at + AFTER))
