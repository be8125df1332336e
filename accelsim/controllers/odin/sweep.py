"""Whole sweeps of ODIN over integrate-and-fire neurons: what the iterations of a phase do, in loops over arrays.

The same scalar functions as word by word, in loops that fill SIMD registers: first the row of synapse words is
unpacked and learns, then every neuron is updated from its word, then spikes and changed words are told in the order
in which the iterations would. The words in memory stay the state of record.
"""

from __future__ import annotations

import numpy as np

from accelsim.controllers.crossbar import tell, tell_spikes
from accelsim.controllers.odin.cells import read_row, store_row
from accelsim.controllers.odin.kernels import (
    ITEM_BITS,
    ITEMS,
    SPIKE,
    item,
    learnt,
    transmitted,
    update_lif,
)
from accelsim.controllers.odin.state import NEURONS, OPEN_LOOP, PROPAGATE_UNMAPPED, SYNAPSES, UPDATE_UNMAPPED, State
from accelsim.datapath.compile import inlined, inner
from accelsim.devices.state import ON


@inlined
def all_integrate_and_fire(s: State) -> bool:
    """Whether every neuron word is an integrate-and-fire one."""
    kinds = np.uint64(1)
    for n in range(np.uint64(s.low.size)):
        kinds &= s.low[n]
    return kinds != 0


@inlined
def _unpack(words: np.ndarray, row: np.ndarray, bits: int, items: int) -> None:
    for g in range(np.uint64(words.size)):
        for k in range(np.uint64(items)):
            row[np.uint64(items) * g + k] = item(words[g], k, bits)


@inlined
def _flip(words: np.ndarray, flips: np.ndarray, learned: np.ndarray, bits: int, items: int) -> int:
    changed = 0
    for g in range(np.uint64(words.size)):
        new = words[g]
        for k in range(np.uint64(items)):
            new ^= flips[np.uint64(items) * g + k] << (np.uint64(bits) * k)
        learned[g] = new
        changed += new != words[g]
    return changed


@inner
def learn_row(
    words: np.ndarray, learned: np.ndarray, row: np.ndarray, flips: np.ndarray, up: np.ndarray, down: np.ndarray,
    propagate_unmapped: int, update_unmapped: int, bits: int, items: int,
) -> int:  # fmt: skip
    """A row of synapse words meets a presynaptic spike.

    Parameters
    ----------
    words : uint64 array, (words,)
    learned : uint64 array, (words,)
        Out, if any word changes: the words after learning.
    row : int64 array, (neurons,)
        Out: the weights that the row transmits, from before.
    flips : uint64 array, (neurons,): scratch
    up, down : uint8 arrays, (neurons,): flags of the targets
    propagate_unmapped, update_unmapped, bits, items : see :func:`accelsim.controllers.odin.kernels.sdsp_word`

    Returns
    -------
    changed : words that changed.
    """
    released = bits == ITEM_BITS and items == ITEMS
    if released:
        _unpack(words, row, ITEM_BITS, ITEMS)
    else:
        _unpack(words, row, bits, items)
    flipped = np.uint64(0)
    for n in range(np.uint64(row.size)):
        synapse = row[n]
        flips[n] = np.uint64(synapse ^ learnt(synapse, up[n], down[n], update_unmapped, bits))
        flipped |= flips[n]
        row[n] = transmitted(synapse, bits, propagate_unmapped)
    if flipped == 0:
        return 0
    if released:
        return _flip(words, flips, learned, ITEM_BITS, ITEMS)
    return _flip(words, flips, learned, bits, items)


@inner
def update_neurons(
    low: np.ndarray, high: np.ndarray, tref: int, inhibitory: int, weights: np.ndarray, after: np.ndarray,
    fired: np.ndarray, up: np.ndarray, down: np.ndarray,
) -> tuple[int, int]:  # fmt: skip
    """Update every neuron; returns the spikes that leave them, and how many words changed."""
    spikes = 0
    changed = 0
    for n in range(np.uint64(high.size)):
        _, new, code, rises, falls = update_lif(low[n], high[n], tref, inhibitory, weights[n])
        after[n] = new
        changed += new != high[n]
        up[n] = rises
        down[n] = falls
        fired[n] = code != 0
        spikes += code != 0
    return spikes, changed


@inlined
def sweep(
    s: State, row: int, inhibitory: int, emitted: np.ndarray, changes: np.ndarray, recorded: bool
) -> tuple[int, int, int]:
    """One time reference (`row` -1) or one neuron event, whose first synapse word is `row`, for every neuron.

    See :func:`accelsim.controllers.odin.events.sweep`.
    """
    shape = s.shape
    learned = 0
    words = s.synapses[max(row, 0) : max(row, 0) + shape.words]
    if row >= 0:
        learned = learn_row(
            words, s.learned, s.weights, s.after, s.up, s.down, s.config[PROPAGATE_UNMAPPED],
            s.config[UPDATE_UNMAPPED], shape.item_bits, shape.items,
        )  # fmt: skip
    if row >= 0 and s.cells.law[ON]:
        read_row(s, words, s.weights)
        if learned:
            learned = store_row(s, row, s.learned)
    tref = 1 if row < 0 else 0
    spikes, changed = update_neurons(s.low, s.high, tref, inhibitory, s.weights, s.after, s.fired, s.up, s.down)
    if spikes:
        tell_spikes(shape, s.fired, SPIKE, s.config[OPEN_LOOP] == 0, emitted)
    if recorded:
        told = 0
        for n in range(shape.neurons):
            if s.after[n] != s.high[n]:
                tell(changes, told, n // shape.lanes, NEURONS, n, s.high[n], s.after[n])
                told += 1
            if learned and n % shape.items == 0:
                g = n // shape.items
                if s.learned[g] != s.synapses[row + g]:
                    tell(changes, told, n // shape.lanes, SYNAPSES, row + g, s.synapses[row + g], s.learned[g])
                    told += 1
    for n in range(shape.neurons):
        s.high[n] = s.after[n]
    if learned:
        for g in range(shape.words):
            s.synapses[row + g] = s.learned[g]
    return spikes, changed, learned
