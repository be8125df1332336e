"""Whole sweeps of ODIN over a population of integrate-and-fire neurons held as one array per field.

The same scalar functions as in `accelsim.controllers.odin.kernels`, in loops that fill SIMD registers: for cores
whose 256 words are all integrate-and-fire ones, and as long as nothing interrupts a sweep.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.odin.kernels import MAPPED, NIBBLES, WEIGHT_BITS, lif_update, read, sdsp_word, write
from accelsim.datapath.compile import inner
from accelsim.neurons.odin_lif import LIF

Lanes = NDArray[np.int16]


class Population(NamedTuple):
    """One array per field of the neuron words, shape (neurons,), and what a sweep leaves behind.

    `w` holds the weights of the current row; `spike` the spikes of the last sweep whose output is not disabled;
    `up` and `down` the plasticity flags, one byte each, of which `up_words` and `down_words` are views by
    synapse word.
    """

    leak_str: Lanes
    leak_en: Lanes
    thr: Lanes
    ca_en: Lanes
    thetamem: Lanes
    theta1: Lanes
    theta2: Lanes
    theta3: Lanes
    caleak: Lanes
    core: Lanes
    calcium: Lanes
    caleak_cnt: Lanes
    disable: Lanes
    w: Lanes
    spike: NDArray[np.uint8]
    up: NDArray[np.uint8]
    down: NDArray[np.uint8]
    up_words: NDArray[np.uint64]
    down_words: NDArray[np.uint64]


def allocate(neurons: int = 256) -> Population:
    """A zeroed population; `neurons` is a multiple of 8."""
    arrays: dict[str, Any] = {name: np.zeros(neurons, np.int16) for name in Population._fields[:14]}
    spike, up, down = (np.zeros(neurons, np.uint8) for _ in range(3))
    arrays |= {"up_words": up.view(np.uint64), "down_words": down.view(np.uint64)}
    return Population(**arrays, spike=spike, up=up, down=down)


@inner
def load(p: Population, low: NDArray[np.uint64], high: NDArray[np.uint64]) -> None:
    """Take the fields from neuron words, each in two halves."""
    for n in range(p.core.size):
        p.leak_str[n] = read(low[n], high[n], LIF.leak_str)
        p.leak_en[n] = read(low[n], high[n], LIF.leak_en)
        p.thr[n] = read(low[n], high[n], LIF.thr)
        p.ca_en[n] = read(low[n], high[n], LIF.ca_en)
        p.thetamem[n] = read(low[n], high[n], LIF.thetamem)
        p.theta1[n] = read(low[n], high[n], LIF.theta1)
        p.theta2[n] = read(low[n], high[n], LIF.theta2)
        p.theta3[n] = read(low[n], high[n], LIF.theta3)
        p.caleak[n] = read(low[n], high[n], LIF.caleak)
        p.core[n] = read(low[n], high[n], LIF.core)
        p.calcium[n] = read(low[n], high[n], LIF.calcium)
        p.caleak_cnt[n] = read(low[n], high[n], LIF.caleak_cnt)
        p.disable[n] = read(low[n], high[n], LIF.disable)


@inner
def store(p: Population, low: NDArray[np.uint64], high: NDArray[np.uint64]) -> None:
    """Put the state back into the neuron words."""
    for n in range(p.core.size):
        low[n], high[n] = write(low[n], high[n], LIF.core, p.core[n])
        low[n], high[n] = write(low[n], high[n], LIF.calcium, p.calcium[n])
        low[n], high[n] = write(low[n], high[n], LIF.caleak_cnt, p.caleak_cnt[n])


@inner
def sweep(p: Population, tref: int, inhibitory: int) -> int:
    """Update every neuron with its weight or a time reference; returns the spikes that leave the core."""
    spikes = 0
    for n in range(np.uint64(p.core.size)):  # unsigned: no test for negative indices
        core, calcium, count, spike, up, down = lif_update(
            tref,
            inhibitory,
            p.w[n],
            p.leak_str[n],
            p.leak_en[n],
            p.thr[n],
            p.ca_en[n],
            p.thetamem[n],
            p.theta1[n],
            p.theta2[n],
            p.theta3[n],
            p.caleak[n],
            p.core[n],
            p.calcium[n],
            p.caleak_cnt[n],
        )
        p.core[n] = core
        p.calcium[n] = calcium
        p.caleak_cnt[n] = count
        fired = spike & (p.disable[n] == 0)
        p.spike[n] = fired
        p.up[n] = up
        p.down[n] = down
        spikes += fired
    return spikes


@inner
def take_weights(p: Population, row: NDArray[np.uint32], propagate_unmapped: int) -> None:
    """Unpack the weights that a row of synapse words transmits."""
    for q in range(np.uint64(row.size)):
        word = row[q]
        for k in range(np.uint64(NIBBLES)):
            nibble = (word >> np.uint32(4 * k)) & np.uint32(15)
            mapped = nibble >> np.uint32(WEIGHT_BITS)
            transmits = mapped | np.uint32(propagate_unmapped)
            p.w[np.uint64(NIBBLES) * q + k] = np.int16((nibble & np.uint32(MAPPED - 1)) * transmits)


@inner
def learn_row(p: Population, row: NDArray[np.uint32], update_unmapped: int) -> int:
    """Spike-driven update of a row of synapse words; returns how many changed."""
    changed = 0
    for q in range(np.uint64(row.size)):
        if p.up_words[q] | p.down_words[q]:
            up = 0
            down = 0
            for k in range(np.uint64(NIBBLES)):
                up |= int(p.up[np.uint64(NIBBLES) * q + k]) << int(k)
                down |= int(p.down[np.uint64(NIBBLES) * q + k]) << int(k)
            new = sdsp_word(row[q], up, down, update_unmapped)
            changed += new != row[q]
            row[q] = new
    return changed


@inner
def neuron_event(
    p: Population, row: NDArray[np.uint32], inhibitory: int, propagate_unmapped: int, update_unmapped: int
) -> tuple[int, int]:
    """One presynaptic spike: learn its row, deliver the weights from before; returns spikes and words changed."""
    take_weights(p, row, propagate_unmapped)
    changed = learn_row(p, row, update_unmapped)
    return sweep(p, 0, inhibitory), changed


@inner
def time_reference(p: Population) -> int:
    """One time reference for every neuron; returns the spikes that leave the core."""
    return sweep(p, 1, 0)
