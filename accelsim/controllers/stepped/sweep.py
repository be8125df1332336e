"""Neuron phase: one step of all neurons, in blocks whose fixed layout lets loops fill SIMD registers."""

from __future__ import annotations

import math

import numpy as np

from accelsim.controllers.stepped.population import (
    BIAS,
    BLOCK,
    CURRENT,
    INPUT_DECAY,
    LEAK,
    LEAK_DECAY,
    LEAK_TOWARDS_ZERO,
    REFRACTORY,
    REFRACTORY_AFTER,
    REFRACTORY_LEFT,
    REVERSE_ADD,
    REVERSE_KEEP,
    REVERSE_THRESHOLD,
    SPIKE_ADD,
    SPIKE_KEEP,
    THRESHOLD,
    U_AFTER,
    V_AFTER,
    Population,
    U,
    V,
)
from accelsim.datapath.compile import inlined, inner
from accelsim.neurons import stepped_lif, truenorth

LIF, TRUENORTH = range(2)

_lif = inlined(stepped_lif.update)
_truenorth = inlined(truenorth.update)


@inner
def _lif_block(w: np.ndarray, first: bool, fired: np.ndarray, active: np.ndarray, base: int) -> None:
    for i in range(np.uint64(BLOCK)):
        current = w[CURRENT * BLOCK + i]
        v, u, left, spike, busy = _lif(
            w[V * BLOCK + i],
            w[U * BLOCK + i],
            w[REFRACTORY_LEFT * BLOCK + i],
            current,
            (current != 0) | (math.copysign(1.0, current) > 0),
            first,
            w[THRESHOLD * BLOCK + i],
            w[BIAS * BLOCK + i],
            w[LEAK_DECAY * BLOCK + i],
            w[INPUT_DECAY * BLOCK + i],
            w[REFRACTORY * BLOCK + i],
            w[SPIKE_KEEP * BLOCK + i],
            w[SPIKE_ADD * BLOCK + i],
            w[REVERSE_THRESHOLD * BLOCK + i],
            w[REVERSE_KEEP * BLOCK + i],
            w[REVERSE_ADD * BLOCK + i],
        )
        w[V_AFTER * BLOCK + i] = v
        w[U_AFTER * BLOCK + i] = u
        w[REFRACTORY_AFTER * BLOCK + i] = left
        fired[base + i] = spike
        active[base + i] = busy | spike


@inner
def _truenorth_block(w: np.ndarray, fired: np.ndarray, active: np.ndarray, base: int) -> None:
    for i in range(np.uint64(BLOCK)):
        current = w[CURRENT * BLOCK + i]
        v, spike, busy = _truenorth(
            w[V * BLOCK + i],
            current,
            (current != 0) | (math.copysign(1.0, current) > 0),
            w[THRESHOLD * BLOCK + i],
            w[BIAS * BLOCK + i],
            w[LEAK * BLOCK + i],
            w[LEAK_TOWARDS_ZERO * BLOCK + i],
            w[SPIKE_KEEP * BLOCK + i],
            w[SPIKE_ADD * BLOCK + i],
            w[REVERSE_THRESHOLD * BLOCK + i],
            w[REVERSE_KEEP * BLOCK + i],
            w[REVERSE_ADD * BLOCK + i],
        )
        w[V_AFTER * BLOCK + i] = v
        fired[base + i] = spike
        active[base + i] = busy | spike


@inner
def update_neurons(
    model: int, p: Population, current: np.ndarray, first: bool, fired: np.ndarray, active: np.ndarray
) -> None:
    """Update every neuron and clear the sums of what arrived.

    Parameters
    ----------
    current : (slots in whole blocks,), see `accelsim.controllers.stepped.state.State`.
    first : whether this is the first step of all.
    fired, active : set for every slot.
    """
    values, w = p.values, p.work
    for base in range(0, current.size, BLOCK):
        for row in range(p.loaded.size):
            to = p.loaded[row] * BLOCK
            for i in range(np.uint64(BLOCK)):
                w[np.uint64(to) + i] = values[row, np.uint64(base) + i]
        for i in range(np.uint64(BLOCK)):
            w[np.uint64(CURRENT * BLOCK) + i] = current[np.uint64(base) + i]
            current[np.uint64(base) + i] = -0.0
        if model == LIF:
            _lif_block(w, first, fired, active, np.uint64(base))
        else:
            _truenorth_block(w, fired, active, np.uint64(base))
        for row in range(p.stored.size):
            at = p.stored[row] * BLOCK
            for i in range(np.uint64(BLOCK)):
                values[row, np.uint64(base) + i] = w[np.uint64(at) + i]
