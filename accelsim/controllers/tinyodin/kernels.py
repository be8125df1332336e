"""Compiled kernels of tinyODIN: what one event does to a neuron word, and the weights of a synapse word."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from accelsim.datapath import fields
from accelsim.datapath.compile import inlined, inner
from accelsim.neurons import tinyodin_lif as lif
from accelsim.neurons.tinyodin_lif import LIF

ITEM_BITS, ITEMS = 4, 8
"""Synapse and word of the released design, for which loops are unrolled."""
SPIKE = 0x40
"""Spike code."""


@overload(lif.leak)
def _leak(core: Any, leak_str: Any) -> Any:
    return lif.leak


read = inner(fields.read)
write = inner(fields.write)
lif_update = inner(lif.update)


@inner
def update_neuron(word: np.uint32, tref: int, w: int) -> tuple[np.uint32, int]:
    """One write of a neuron: its new word, and the spike code.

    Parameters
    ----------
    word : uint32
    tref : 1 for a time reference, which ignores the weight.
    w : signed weight.

    Returns
    -------
    word : uint32
    code : 0x40 for a spike, 0 without one or with a disabled output.
    """
    low, high = np.uint64(word), np.uint64(0)
    core, spike = lif_update(
        tref, w, read(low, high, LIF.core), read(low, high, LIF.thr), read(low, high, LIF.leak_str)
    )
    code = SPIKE if spike and not read(low, high, LIF.disable) else 0
    low, high = write(low, high, LIF.core, core)
    return np.uint32(low), code


@inlined
def synapse_weight(word: np.uint64, k: int, bits: int) -> int:
    """Signed weight of synapse `k` of a word, in `bits` bits."""
    raw = np.int64((word >> np.uint64(bits * k)) & ((np.uint64(1) << np.uint64(bits)) - np.uint64(1)))
    half = np.int64(1) << (bits - 1)
    return (raw ^ half) - half
