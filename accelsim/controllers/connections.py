"""Synapses that come and go: which of a matrix are live, and what has to be known to change that between samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Presence:
    """Synapses of a core, of which some are live.

    Attributes
    ----------
    matrices : tuple of str
        Those whose synapses come and go.
    density : float or None
        Share of live synapses in the beginning, which is also the most that may be live.
    budget : int or None
        The same as a number, of all these matrices together.
    spare : int
        Neurons that have no synapses in the beginning, the last ones.
    ends_at_zero : bool
        Whether a synapse is no longer live once its weight has crossed zero.
    counts : bool
        Whether the core counts the spikes of every neuron.
    """

    matrices: tuple[str, ...]
    density: float | None
    budget: int | None
    spare: int = 0
    ends_at_zero: bool = False
    counts: bool = False

    def budgets(self, possible: Mapping[str, int]) -> dict[str, int]:
        """Synapses that may be live by matrix, of so many that there could be."""
        if self.density is not None:
            return {name: int(self.density * number) for name, number in possible.items()}
        share = min(1.0, (self.budget or 0) / max(sum(possible.values()), 1))
        return {name: int(share * number) for name, number in possible.items()}


@dataclass(frozen=True)
class Connections:
    """The synapses of a matrix as a core keeps them; arrays are (presynaptic, postsynaptic) and may be written.

    Attributes
    ----------
    weights : stored weights; 0 where no synapse is live
    present : uint8, whether a synapse is live
    words : what else is kept per synapse and outlives a sample
    writes : how often each weight has changed
    loops : whether a neuron may have a synapse onto itself
    pre, post : population on each side
    pre_activity, post_activity : spikes counted of each neuron, or None
    memories : names of the memories of `weights`, `present`, `pre_activity` and `post_activity`
    """

    weights: NDArray[np.generic]
    present: NDArray[np.uint8]
    words: tuple[NDArray[np.generic], ...]
    writes: NDArray[np.uint32]
    loops: bool
    pre: str
    post: str
    pre_activity: NDArray[np.generic] | None
    post_activity: NDArray[np.generic] | None
    memories: Mapping[str, str]

    @property
    def allowed(self) -> NDArray[np.bool_]:
        """Where a synapse can be."""
        return possible_synapses(self.present.shape, self.loops)


def possible_synapses(shape: tuple[int, ...], loops: bool) -> NDArray[np.bool_]:
    """Where a synapse can be in a matrix of some shape."""
    return np.ones(shape, np.bool_) if loops else ~np.eye(*shape, dtype=np.bool_)


def draw_connectivity(rng: np.random.Generator, allowed: NDArray[np.bool_], live: int) -> NDArray[np.bool_]:
    """So many live synapses at random among those allowed, or all of them."""
    found = np.zeros(allowed.shape, np.bool_)
    places = np.flatnonzero(allowed)
    found.flat[rng.choice(places, min(live, places.size), replace=False)] = True
    return found
