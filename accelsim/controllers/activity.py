"""Activity: what the network did in a run of time steps, as the engines read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Activity:
    """Counts, and optionally the indices behind them, of consecutive time steps.

    Attributes
    ----------
    counts : int64 array, shape (time steps, columns)
        Conditions, mask counts and other counts, by the columns of the controller's vocabulary.
    masks : mapping of str to uint8 array, shape (masked time steps, *sizes of the mask's index sets)
        Where each mask holds; needed to place events inside a time step, not to count them.
    masked : range
        Time steps that the masks speak of.
    """

    counts: NDArray[np.int64]
    masks: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    masked: range = range(0)

    def __len__(self) -> int:
        return self.counts.shape[0]

    def placed(self) -> Activity:
        """Only the time steps whose masks are known."""
        return Activity(self.counts[self.masked.start : self.masked.stop], self.masks, range(len(self.masked)))
