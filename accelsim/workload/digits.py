"""Handwritten digits of 8 x 8 pixels.

The 1,797 pictures of the UCI set "Optical Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, 1998) that
scikit-learn ships, 17 levels a pixel, ten classes.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from accelsim.workload.examples import Pictures, held_out_parts

SIDE = 8
"""Pixels of a row and of a column."""
LEVELS = 16.0
"""Brightest level of a pixel."""
CLASSES = 10
PICTURES = 1797


class Digits(Pictures):
    """Classification of handwritten digits, a picture per sample.

    A picture is shown for `length` time steps. In each of them an input spikes with its pixel's brightness (0 to 1)
    times `spikes_per_tick`; the spikes of a time step come in random order.
    """

    kind: Literal["digits"]
    held_out: int = Field(default=500, gt=0, lt=PICTURES - CLASSES)
    """Pictures kept for the test, drawn with the seed, classes in proportion."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of a picture."""
        return SIDE, SIDE

    @property
    def outputs(self) -> int:
        """Number of classes."""
        return CLASSES

    def features(self, seed: int, training: bool) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """Brightness of the pixels, (pictures, pixels), and classes of one part of the set."""
        brightness, label = _pictures()
        chosen = _split(self.held_out, seed)[0 if training else 1]
        return brightness[chosen], label[chosen]


@cache
def _pictures() -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    from sklearn.datasets import load_digits

    held = load_digits()
    return held.data / LEVELS, held.target.astype(np.int32)


@cache
def _split(held_out: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Training and test pictures by number."""
    return held_out_parts(_pictures()[1], held_out, seed)
