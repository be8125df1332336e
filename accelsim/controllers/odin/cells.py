"""Synapse words of ODIN in cells that are not ideal: each holds a weight, the mapping bit above it is configuration."""

from __future__ import annotations

import numpy as np

from accelsim.controllers.odin.kernels import item
from accelsim.controllers.odin.state import State
from accelsim.datapath.compile import inner
from accelsim.devices.kernels import program_items, read_weight


@inner
def store_word(s: State, at: int, old: np.uint64, new: np.uint64) -> np.uint64:
    """What the synapse word at an address holds after it was written."""
    shape = s.shape
    first = at % shape.words * shape.items
    return program_items(s.cells, at // shape.words, first, old, new, shape.item_bits, shape.items)


@inner
def store_row(s: State, row: int, words: np.ndarray) -> int:
    """Replace the words written to a row, whose first is at `row`, by what it holds; returns how many changed."""
    changed = 0
    for g in range(s.shape.words):
        old = s.synapses[row + g]
        if words[g] != old:
            words[g] = store_word(s, row + g, old, words[g])
            changed += words[g] != old
    return changed


@inner
def read_synapse(s: State, word: np.uint64, k: int, weight: int) -> int:
    """Weight that synapse `k` of a word transmits, `weight` without noise."""
    bits = s.shape.item_bits
    return read_weight(s.cells, weight) if item(word, k, bits) >> (bits - 1) else weight


@inner
def read_row(s: State, words: np.ndarray, weights: np.ndarray) -> None:
    """The same of a whole row."""
    items = s.shape.items
    for n in range(weights.size):
        weights[n] = read_synapse(s, words[n // items], n % items, weights[n])
