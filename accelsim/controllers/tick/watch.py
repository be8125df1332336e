"""Find where a float word of a tick-driven core became NaN: which word, whose, and in which time step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.samples import Samples
from accelsim.controllers.tick.datapath import Datapath
from accelsim.controllers.tick.state import State
from accelsim.datapath.component import Component
from accelsim.datapath.probe import arrays_of

MATRICES = (("inp", "input synapses"), ("rec", "recurrent synapses"), ("out", "output synapses"))

LARGEST = 1 << 28
"""Bytes of a state that is copied before every chunk of samples."""


def float_words(path: Datapath, state: State) -> Iterator[tuple[str, str, Component, NDArray[Any]]]:
    """Name, place and owner of every float word that is kept, neurons last, with its array."""
    for field, place in MATRICES:
        unit = path.output_rule if field == "out" else path.rule
        matrix = getattr(state, field)
        for word in (*unit.synapse_state, *unit.presynaptic_state, *unit.postsynaptic_state):
            array = getattr(matrix, word, None)
            if array is not None and array.dtype.kind == "f":
                yield word, place, unit.owner(word), array
    for word in path.neuron.state:
        array = getattr(state.neurons, word)
        if array.dtype.kind == "f":
            yield word, "neurons", path.neuron, array


def is_spoilt(path: Datapath, state: State) -> bool:
    """Whether any float word is NaN. A sum finds it in one pass: it is NaN if a term is, or if terms are infinite."""
    with np.errstate(all="ignore"):
        return any(np.isnan(array.sum()) and bool(np.isnan(array).any()) for *_, array in float_words(path, state))


class Watch:
    """Holds a copy of a core's state before some samples, to come back to if a word is NaN after them."""

    def __init__(self, path: Datapath, state: State) -> None:
        self.path = path
        self.state = state
        arrays = list(arrays_of(state))
        small = sum(array.nbytes for array in arrays) <= LARGEST
        self._kept = [(array, array.copy()) for array in arrays] if small else []

    def check(self, samples: Samples, advance: Callable[[range], None]) -> None:
        """Raise `ConfigError` if a word is NaN after the samples; `advance` runs time steps from the present state on.

        The error names the first time step after which one is, unless the state was too large to be copied.
        """
        if not is_spoilt(self.path, self.state):
            return
        when = f"in the last {len(samples)} samples"
        if self._kept:
            tick = self._first(samples.ticks, advance)
            sample = int(samples.sample_of_tick[tick]) + int(self.state.samples[0])
            when = f"in time step {int(samples.tick_index[tick])} of sample {sample}"
        for word, place, owner, array in float_words(self.path, self.state):
            where = np.argwhere(np.isnan(array))
            if where.size:
                index = ", ".join(map(str, where[0]))
                raise owner.problem(f"word `{word}` of the {place} became NaN at [{index}] {when}")

    def _first(self, ticks: int, advance: Callable[[range], None]) -> int:
        """The first time step after which a word is NaN; the state is left as it was then."""
        low, high = 0, ticks  # not yet spoilt after `low` time steps, spoilt after `high`
        while high - low > 1:
            middle = (low + high) // 2
            self._run(middle, advance)
            low, high = (low, middle) if is_spoilt(self.path, self.state) else (middle, high)
        self._run(high, advance)
        return high - 1

    def _run(self, ticks: int, advance: Callable[[range], None]) -> None:
        for array, contents in self._kept:
            array[...] = contents
        advance(range(ticks))
