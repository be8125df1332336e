"""What event-driven crossbar cores have in common: their sizes, and what a whole sweep tells of its spikes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from accelsim.datapath.compile import inlined


class Shape(NamedTuple):
    """Sizes of a core."""

    neurons: int
    """Neurons that an event visits."""
    address_bits: int
    """Width of a neuron address in input words and queue entries."""
    item_bits: int
    """Bits of a synapse."""
    items: int
    """Synapses of a word."""
    words: int
    """Words of a row."""
    lanes: int
    """Neurons updated at once."""
    slots: int
    """Burst queues; without any, the core never bursts."""


@inlined
def tell_spikes(shape: Shape, fired: np.ndarray, code: int, enters: bool, emitted: np.ndarray) -> None:
    """List the spikes of a sweep: iteration, neuron, code, entry for queue 0 if they enter it, output packet."""
    found = 0
    for n in range(shape.neurons):
        if fired[n]:
            emitted[found, 0] = n // shape.lanes
            emitted[found, 1] = n
            emitted[found, 2] = code
            emitted[found, 3] = n if enters else -1
            emitted[found, 4] = n
            found += 1


@inlined
def tell(changes: np.ndarray, at: int, iteration: int, memory: int, address: int, old: int, new: int) -> None:
    """Note a changed word."""
    changes[at, 0] = iteration
    changes[at, 1] = memory
    changes[at, 2] = address
    changes[at, 3] = np.int64(old)
    changes[at, 4] = np.int64(new)
