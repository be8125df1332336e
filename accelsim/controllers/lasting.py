"""What a core keeps from one sample to the next: what a checkpoint must save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REGISTERS = "registers"
"""In place of a memory: words that are in none, such as the states of random-number generators."""


@dataclass(frozen=True)
class LearningBits:
    """What the words of plasticity rules take.

    Attributes
    ----------
    synapses : int
    weights : int
        Bits of the weights that inference needs.
    synaptic : int
        Bits of all words kept per synapse, the weights among them.
    everything : int
        Those and the words kept per neuron and per matrix.
    """

    synapses: int
    weights: int
    synaptic: int
    everything: int


@dataclass(frozen=True)
class Lasting:
    """Words of a memory that outlive a sample.

    Attributes
    ----------
    arrays : tuple of arrays, each of shape (rows, columns) or (columns,)
        Those of the controller's state that hold them.
    item_bits : int
        What each element of all arrays together takes.
    """

    arrays: tuple[NDArray[np.generic], ...]
    item_bits: int

    @property
    def bits(self) -> int:
        """Of all items."""
        return self.arrays[0].size * self.item_bits if self.arrays else 0

    def words(self, items: int) -> int:
        """Words of so many items each; a row begins a word."""
        shape: tuple[int, ...] = self.arrays[0].shape
        return self.arrays[0].size // max(shape[-1], 1) * -(-shape[-1] // items)

    def copies(self) -> tuple[NDArray[np.generic], ...]:
        """The arrays as they are now."""
        return tuple(array.copy() for array in self.arrays)

    def changed(self, before: Sequence[NDArray[np.generic]], items: int) -> int:
        """Words of so many items in which something differs from earlier copies."""
        differs = np.zeros(self.arrays[0].shape, bool)
        for array, earlier in zip(self.arrays, before, strict=True):
            differs |= array != earlier
        rows = np.atleast_2d(differs)
        return int(np.add.reduceat(rows, np.arange(0, rows.shape[1], items), axis=1, dtype=bool).sum())
