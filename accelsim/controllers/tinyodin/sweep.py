"""Whole sweeps of tinyODIN: what the iterations of a phase do, in loops over arrays that fill SIMD registers."""

from __future__ import annotations

import numpy as np

from accelsim.controllers.crossbar import tell, tell_spikes
from accelsim.controllers.tinyodin.kernels import ITEM_BITS, ITEMS, SPIKE, synapse_weight, update_neuron
from accelsim.controllers.tinyodin.state import OPEN_LOOP, State
from accelsim.datapath.compile import inlined, inner

NEURONS = 0


@inlined
def _unpack(words: np.ndarray, weights: np.ndarray, bits: int, items: int) -> None:
    whole = weights.size // items
    for g in range(np.uint64(whole)):
        for k in range(np.uint64(items)):
            weights[np.uint64(items) * g + k] = synapse_weight(words[g], k, bits)
    for n in range(whole * items, weights.size):
        weights[n] = synapse_weight(words[whole], n - whole * items, bits)


@inner
def take_weights(words: np.ndarray, weights: np.ndarray, bits: int, items: int) -> None:
    """Unpack the weights that a row of synapse words transmits."""
    if bits == ITEM_BITS and items == ITEMS:
        _unpack(words, weights, ITEM_BITS, ITEMS)
    else:
        _unpack(words, weights, bits, items)


@inner
def update_neurons(
    neurons: np.ndarray, tref: int, weights: np.ndarray, after: np.ndarray, fired: np.ndarray
) -> tuple[int, int]:
    """Update every neuron that takes part; returns the spikes that leave them, and how many words changed."""
    spikes = 0
    changed = 0
    for n in range(np.uint64(after.size)):
        new, code = update_neuron(neurons[n], tref, weights[n])
        after[n] = new
        changed += new != neurons[n]
        fired[n] = code != 0
        spikes += code != 0
    return spikes, changed


@inlined
def sweep(s: State, row: int, emitted: np.ndarray, changes: np.ndarray, recorded: bool) -> tuple[int, int, int]:
    """One time reference (`row` -1) or one neuron event, whose first synapse word is `row`, for every neuron.

    See :func:`accelsim.controllers.odin.events.sweep`.
    """
    shape = s.shape
    if row >= 0:
        take_weights(s.synapses[row : row + shape.words], s.weights, shape.item_bits, shape.items)
    spikes, changed = update_neurons(s.neurons, 1 if row < 0 else 0, s.weights, s.after, s.fired)
    if spikes:
        tell_spikes(shape, s.fired, SPIKE, s.config[OPEN_LOOP] == 0, emitted)
    if recorded:
        told = 0
        for n in range(shape.neurons):
            if s.after[n] != s.neurons[n]:
                tell(changes, told, n // shape.lanes, NEURONS, n, s.neurons[n], s.after[n])
                told += 1
    for n in range(shape.neurons):
        s.neurons[n] = s.after[n]
    return spikes, changed, 0
