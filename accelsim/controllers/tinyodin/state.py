"""State of a tinyODIN core of any size as a tuple of arrays that the compiled functions share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.schema import Core
from accelsim.config.errors import ConfigError, Problem
from accelsim.controllers.crossbar import Shape
from accelsim.controllers.geometry import address_bits, core_problems

# Entries of `config`
OPEN_LOOP, SOURCE_CONTROL = range(2)


class State(NamedTuple):
    """Memories and configuration of a core, and what a sweep works on."""

    shape: Shape
    neurons: NDArray[np.uint32]
    synapses: NDArray[np.uint64]
    """Synapse words, row by row, whatever their width."""
    config: NDArray[np.int64]
    """Configuration registers."""
    weights: NDArray[np.int32]
    """Scratch of a sweep: the weights of a row, by neuron."""
    after: NDArray[np.uint32]
    """Scratch of a sweep: the neurons' new words."""
    fired: NDArray[np.uint8]
    """Scratch of a sweep: neurons whose spike leaves them."""


def allocate(core: Core, neurons: int) -> State:
    """A core of zeroed memories and registers.

    Parameters
    ----------
    core : Core
        Gives the number of neurons that there are (that of the neuron memory), the widths of synapses and their
        words, and the lanes of unit `soma`.
    neurons : int
        Neurons that take part.

    Raises
    ------
    ConfigError
        If no such core can be built: one line per problem.
    """
    problems = core_problems(core, neurons)
    if problems:
        raise ConfigError(problems)
    memory, lanes = core.memories["synapses"], core.units["soma"].lanes
    words = core.memories["neurons"].capacity_words
    held = neurons if words is None else words * core.memories["neurons"].items_per_word
    if neurons > held:
        message = f"{neurons} neurons take part, but the memory holds {held}"
        raise ConfigError(Problem(path="core.memories.neurons", message=message))
    row = -(-held // memory.items_per_word)
    shape = Shape(
        neurons=neurons,
        address_bits=address_bits(held),
        item_bits=memory.item_bits,
        items=memory.items_per_word,
        words=row,
        lanes=lanes,
        slots=0,
    )
    return State(
        shape=shape,
        neurons=np.zeros(held, np.uint32),
        synapses=np.zeros(held * row, np.uint64),
        config=np.zeros(SOURCE_CONTROL + 1, np.int64),
        weights=np.zeros(neurons, np.int32),
        after=np.zeros(neurons, np.uint32),
        fired=np.zeros(neurons, np.uint8),
    )
