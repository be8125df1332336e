"""Synapses kept as rows of live ones beside a table of their addresses: a visit of a row takes as many words as these.

A core that has memories `winp_addresses` and `wrec_addresses` keeps them so. A word holds as many synapses as a word of
the weights; a row takes whole words, out of a pool of words that is linked in lists. How many words and synapses are
visited in a time step follows from the rows that had a spike, and is counted here, with the live synapses at the
beginning of a chunk of samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.tick import loop
from accelsim.controllers.tick.vocabulary import ROW_MASKS, SPARSE

MARKS = dict(zip(SPARSE, (loop.INPUT_EVENT, loop.SPIKE), strict=True))
"""What marks a row that has a spike."""


def table_sizes(shape: tuple[int, ...], live: int, items: int) -> tuple[int, int]:
    """Slots for synapses, and words that hold them, that any `live` synapses in rows of whole words fit into."""
    rows, posts = shape
    words = min((live + rows * (items - 1)) // items, rows * -(-posts // items))
    return words * items, words


@dataclass(frozen=True)
class Rows:
    """Live synapses of a matrix in rows.

    Attributes
    ----------
    synapses, words : (rows,) int64
    """

    synapses: NDArray[np.int64]
    words: NDArray[np.int64]

    @classmethod
    def of(cls, present: NDArray[np.generic], items: int) -> Rows:
        """Rows of the synapses that are present, `items` of them in a word."""
        synapses = np.count_nonzero(present, axis=1).astype(np.int64)
        return cls(synapses, -(-synapses // items))


def row_counts(
    matrices: Mapping[str, Rows],
    events: NDArray[np.uint8],
    learning: NDArray[np.uint8],
    occasion: NDArray[np.int64],
    situations: NDArray[np.uint8],
) -> dict[str, NDArray[np.int64]]:
    """Words and synapses of rows, and what happens to these, by time step; by `ROW_COUNTS` and `ROW_CONDITIONS`.

    Parameters
    ----------
    matrices : rows by matrix
    events : (time steps, indices), marks of the loop
    learning : (time steps,), whether rows may be visited
    occasion : (time steps,), what happens to rows without a spike
    situations : what happens to a row in each situation (bits of the loop)
    """
    found: dict[str, NDArray[np.int64]] = {}
    for who, spike in (("quiet", 0), ("sent", 1)):
        happens = situations[occasion + spike].astype(np.int64)
        found |= {f"{who}_{mask}": ((happens >> bit) & 1) * learning for bit, mask in enumerate(ROW_MASKS)}
    for name, rows in matrices.items():
        spiking = (events[:, : rows.words.size] & MARKS[name]) != 0
        for what, held in (("words", rows.words), ("synapses", rows.synapses)):
            sent, live = spiking @ held, np.full(len(events), held.sum())
            found |= {f"{name}_live_{what}": live, f"{name}_sent_{what}": sent, f"{name}_quiet_{what}": live - sent}
    return found
