"""Synapse words of crossbar cores as they are programmed and read."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pack_rows(matrix: NDArray[np.int64], bits: int, items: int) -> NDArray[np.uint64]:
    """Synapse words, row by row.

    Parameters
    ----------
    matrix : (presynaptic, postsynaptic), the second a multiple of `items`; the low `bits` bits of each are kept
    bits : of an item
    items : of a word, the first in its lowest bits
    """
    fields = matrix.astype(np.int64).view(np.uint64) & np.uint64((1 << bits) - 1)
    places = np.arange(items, dtype=np.uint64) * np.uint64(bits)
    return np.bitwise_or.reduce(fields.reshape(-1, items) << places, axis=1)


def unpack_rows(words: NDArray[np.uint64], rows: int, bits: int, items: int) -> NDArray[np.int64]:
    """The items of synapse words, (rows, items of a row), unsigned."""
    places = np.arange(items, dtype=np.uint64) * np.uint64(bits)
    found = words.reshape(rows, -1, 1) >> places & np.uint64((1 << bits) - 1)
    return found.reshape(rows, -1).astype(np.int64)
