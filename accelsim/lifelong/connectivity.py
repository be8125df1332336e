"""Tables of live synapses by row: words of addresses out of a pool, with a list of the free ones.

A word holds the postsynaptic neurons of some synapses of one row. A synapse that is pruned is replaced by the last one
of its row; one that is grown comes behind the last. A word that becomes empty goes back to the free list; words of a
row, and free ones, are linked.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray


class AddressTable:
    """Live synapses of a matrix.

    Parameters
    ----------
    shape : (int, int)
        Presynaptic and postsynaptic neurons.
    items : int
        Synapses of a word.
    words : int
        Words of the pool.
    """

    def __init__(self, shape: tuple[int, int], items: int, words: int) -> None:
        self.shape = shape
        self.items = items
        self.words = words
        self.targets: list[list[int]] = [[] for _ in range(shape[0])]
        """Postsynaptic neurons of each row."""
        self.taken: list[list[int]] = [[] for _ in range(shape[0])]
        """Words of each row."""
        self.free = list(range(words))[::-1]
        """Free words, the one that is taken next last."""
        self._moved: set[int] = set()
        self._linked: set[int] = set()
        self._rows: set[int] = set()

    @classmethod
    def encode(cls, present: NDArray[np.generic], items: int, words: int) -> Self:
        """A table of the synapses that are present."""
        rows, posts = present.shape
        table = cls((rows, posts), items, words)
        for i, j in zip(*(index.tolist() for index in np.nonzero(present)), strict=True):
            table.grow(i, j)
        table.touched()
        return table

    def decode(self) -> NDArray[np.bool_]:
        """(pre, post): which synapses the words hold."""
        present = np.zeros(self.shape, np.bool_)
        for i, targets in enumerate(self.targets):
            present[i, targets] = True
        return present

    @property
    def live(self) -> int:
        """Synapses in the table."""
        return sum(map(len, self.targets))

    @property
    def used(self) -> int:
        """Words taken."""
        return sum(map(len, self.taken))

    def grow(self, i: int, j: int) -> None:
        """Add a synapse.

        Raises
        ------
        IndexError
            If no word is free.
        """
        if len(self.targets[i]) == len(self.taken[i]) * self.items:
            word = self.free.pop()
            self._linked |= {word, *self.taken[i][-1:]}
            self.taken[i].append(word)
        self.targets[i].append(j)
        self._moved.add(self.taken[i][-1])
        self._rows.add(i)

    def prune(self, i: int, j: int) -> None:
        """Remove a synapse."""
        targets, taken = self.targets[i], self.taken[i]
        at, last = targets.index(j), targets.pop()
        if at < len(targets):
            targets[at] = last
            self._moved |= {taken[at // self.items], taken[-1]}
        if len(targets) == (len(taken) - 1) * self.items:
            word = taken.pop()
            self.free.append(word)
            self._moved.discard(word)
            self._linked |= {word, *taken[-1:]}
        self._rows.add(i)

    def touched(self) -> tuple[int, int, int]:
        """Words of synapses, links and rows that were rewritten since this was last asked."""
        found = len(self._moved), len(self._linked), len(self._rows)
        self._moved, self._linked, self._rows = set(), set(), set()
        return found
