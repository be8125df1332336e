"""Find where a float word of a core became NaN or infinite: which word, whose, and in which time step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.samples import Samples
from accelsim.datapath.component import Component
from accelsim.datapath.probe import arrays_of

LARGEST = 1 << 28
"""Bytes of a state that is copied before every chunk of samples."""


class FloatWord(NamedTuple):
    """A float word that is kept, the place it belongs to, and the component that is told to be at fault."""

    name: str
    place: str
    owner: Component
    array: NDArray[Any]

    @property
    def spoilt(self) -> bool:
        """Whether it is NaN or infinite anywhere. A sum finds either in one pass; a sum that overflows is looked at."""
        with np.errstate(all="ignore"):
            return not np.isfinite(self.array.sum()) and not bool(np.isfinite(self.array).all())


class Watch:
    """Holds a copy of a core's state before some samples, to come back to if a word is not finite after them.

    Parameters
    ----------
    state : arrays of the core; ``state.samples`` (1,) tells how many samples were run before.
    words : those that are looked at, in this order.
    """

    def __init__(self, state: Any, words: Iterable[FloatWord]) -> None:
        self.state = state
        self.words = [word for word in words if word.array.dtype.kind == "f"]
        arrays = list(arrays_of(state))
        small = sum(array.nbytes for array in arrays) <= LARGEST
        self._kept = [(array, array.copy()) for array in arrays] if small else []

    def check(self, samples: Samples, advance: Callable[[range], None]) -> None:
        """Raise `ConfigError` if a word is not finite after the samples.

        The error names the first time step after which one is not, unless the state was too large to be copied;
        `advance` runs time steps from the present state on.
        """
        if not self._spoilt():
            return
        when = f"in the last {len(samples)} samples"
        if self._kept:
            tick = self._first(samples.ticks, advance)
            sample = int(samples.sample_of_tick[tick]) + int(self.state.samples[0])
            when = f"in time step {int(samples.tick_index[tick])} of sample {sample}"
        name, place, owner, array = next(word for word in self.words if word.spoilt)
        where = tuple(np.argwhere(~np.isfinite(array))[0])
        became = "NaN" if np.isnan(array[where]) else "infinite"
        raise owner.problem(f"word `{name}` of the {place} became {became} at [{', '.join(map(str, where))}] {when}")

    def _spoilt(self) -> bool:
        return any(word.spoilt for word in self.words)

    def _first(self, ticks: int, advance: Callable[[range], None]) -> int:
        """The first time step after which a word is not finite; the state is left as it was then."""
        low, high = 0, ticks  # not yet spoilt after `low` time steps, spoilt after `high`
        while high - low > 1:
            middle = (low + high) // 2
            self._run(middle, advance)
            low, high = (low, middle) if self._spoilt() else (middle, high)
        self._run(high, advance)
        return high - 1

    def _run(self, ticks: int, advance: Callable[[range], None]) -> None:
        for array, contents in self._kept:
            array[...] = contents
        advance(range(ticks))
