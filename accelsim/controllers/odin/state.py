"""State of an ODIN core of any size as a tuple of arrays that the compiled functions share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.crossbar import Shape
from accelsim.controllers.geometry import address_bits, core_problems
from accelsim.devices.state import Cells, no_cells

NEURONS, SYNAPSES = 0, 1
"""Memories whose changed words are told."""
# Entries of `config`
(OPEN_LOOP, BURST_TIMEREF, SOURCE_CONTROL, MONITOR, MONITOR_NEURON, MONITOR_SYNAPSE, UPDATE_UNMAPPED,
 PROPAGATE_UNMAPPED, SDSP_ON_SYNAPSE, SLOT0, TICK0) = range(11)  # fmt: skip


class State(NamedTuple):
    """Memories, flags and configuration of a core, and what a sweep works on."""

    shape: Shape
    low: NDArray[np.uint64]
    """Neuron words, bits 63..0."""
    high: NDArray[np.uint64]
    synapses: NDArray[np.uint64]
    """Synapse words, row by row, whatever their width."""
    up: NDArray[np.uint8]
    down: NDArray[np.uint8]
    sign: NDArray[np.uint8]
    """1 for an inhibitory source."""
    cells: Cells
    """Of the weights of the synapses."""
    config: NDArray[np.int64]
    """Configuration registers, and where the burst scheduler's slot pointer and tick counter begin."""
    weights: NDArray[np.int64]
    """Scratch of a sweep: the weights of a row, by neuron."""
    learned: NDArray[np.uint64]
    """Scratch of a sweep: the row's new words."""
    after: NDArray[np.uint64]
    """Scratch of a sweep: the neurons' new `high`."""
    fired: NDArray[np.uint8]
    """Scratch of a sweep: neurons whose spike leaves them."""


def allocate(core: Core, neurons: int) -> State:
    """A core of zeroed memories and registers.

    Parameters
    ----------
    core : Core
        Gives the widths of synapses and their words, the lanes of unit `soma`, and the burst queues.
    neurons : int
        Neurons of the crossbar, all of which each event visits.

    Raises
    ------
    ConfigError
        If no such core can be built: one line per problem.
    """
    memory, lanes = core.memories["synapses"], core.units["soma"].lanes
    problems = core_problems(core, neurons)
    for each, what in ((lanes, "lanes of `soma`"), (memory.items_per_word, "synapses of a word")):
        if neurons % each:
            problems.append(Problem(path="core", message=f"{neurons} neurons are no multiple of the {each} {what}"))
    if problems:
        raise ConfigError(problems)
    bursts = core.queues.get("burst")
    words = neurons // memory.items_per_word
    shape = Shape(
        neurons=neurons,
        address_bits=address_bits(neurons),
        item_bits=memory.item_bits,
        items=memory.items_per_word,
        words=words,
        lanes=lanes,
        slots=bursts.count if bursts is not None else 0,
    )
    return State(
        shape=shape,
        low=np.zeros(neurons, np.uint64),
        high=np.zeros(neurons, np.uint64),
        synapses=np.zeros(neurons * words, np.uint64),
        up=np.zeros(neurons, np.uint8),
        down=np.zeros(neurons, np.uint8),
        sign=np.zeros(neurons, np.uint8),
        cells=no_cells(),
        config=np.zeros(TICK0 + 1, np.int64),
        weights=np.zeros(neurons, np.int64),
        learned=np.zeros(words, np.uint64),
        after=np.zeros(neurons, np.uint64),
        fired=np.zeros(neurons, np.uint8),
    )
