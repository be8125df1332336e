"""What the kernels of a stepped network work on, and what they record."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

COUNTS = ("fired", "inputs_fired", "updated", "synops", "messages", "east", "west", "north", "south")
"""Counts of a step; the last four are hops of messages by direction."""
FIRED, INPUTS_FIRED, UPDATED, SYNOPS, MESSAGES, EAST, WEST, NORTH, SOUTH = range(len(COUNTS))

COLUMNS = ("neuron", "source_core", "destination_core", "synops", "neurons", "accesses", "updates", "spikes")
"""Numbers of a message: who sends it, where, for how many synapses, and the sender's work before it."""
(NEURON, SOURCE_CORE, DESTINATION_CORE, MESSAGE_SYNOPS, WORK_NEURONS, WORK_ACCESSES, WORK_UPDATES,
 WORK_SPIKES) = range(len(COLUMNS))  # fmt: skip

TAIL = -1
"""Destination of the marker of a core's work after its last message, and the neuron that sends it."""


class State(NamedTuple):
    """Activity of the neurons between steps, in slots: neurons sorted by core, then by id."""

    model: int
    """0: lif, 1: truenorth."""
    progress: NDArray[np.int64]
    """(2,): steps begun, and whether the spikes of the last one still wait for room to record their messages."""
    current: NDArray[np.float64]
    """(delays + 1, slots in whole blocks): sums of arrived weights, of step t in row t mod rows.

    -0.0 says that nothing arrived: any sum of weights, 0 too, has another sign bit.
    """
    fired: NDArray[np.uint8]
    active: NDArray[np.uint8]
    """Of neurons with state."""
    spikes: NDArray[np.int32]
    """Slots that fired in this step, ascending."""


class Layout(NamedTuple):
    """Where neurons and cores are."""

    first_slot: NDArray[np.int32]
    """(cores + 1,)"""
    core: NDArray[np.int32]
    """(slots,)"""
    neuron: NDArray[np.int32]
    """(slots,): ids."""
    accesses_before: NDArray[np.int32]
    """(slots + 1,): neurons with state before each slot."""
    inputs: NDArray[np.int32]
    """Slots of the input neurons, in the raster's order."""
    raster: NDArray[np.uint8]
    x: NDArray[np.int32]
    """(cores,): column of each core's router; `y` its row."""
    y: NDArray[np.int32]
    wrap: NDArray[np.int32]
    """(2,): columns and rows of a torus, 0 of a mesh."""


class Recording(NamedTuple):
    """Room for what a chunk of steps did."""

    start: int
    """Step at which the chunk starts."""
    counts: NDArray[np.int64]
    """(steps, counts)"""
    first_spike: NDArray[np.int64]
    """(steps + 1,)"""
    spikes: NDArray[np.int32]
    first_message: NDArray[np.int64]
    """(steps + 1,)"""
    messages: NDArray[np.int32]
    """(columns, room); without columns if messages are only counted."""
    probes: NDArray[np.int32]
    """Slots whose potential is recorded."""
    potentials: NDArray[np.float64]
    """(steps, probes)"""
