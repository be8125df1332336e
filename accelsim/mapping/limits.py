"""What a core has room for, what a mapping needs of it, and what is short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import Problem
from accelsim.datapath.compile import kernel
from accelsim.mapping.adjacency import Adjacency

UNLIMITED = 1 << 62
RESOURCES = {
    "neurons": "neurons",
    "synapses": "synapses",
    "axons_in": "axons in",
    "axons_out": "axons out",
    "words": "words of synaptic memory",
}
"""What is limited, with its name in messages."""


@dataclass(frozen=True)
class CoreLimits:
    """Room on each core; None is unlimited.

    A core keeps one fan-in list for each axon in, that is, for each source neuron with a synapse on the core: some
    words of its own, then the synapses of that source, packed into words.
    """

    neurons: int | None = None
    synapses: int | None = None
    """Synapses onto neurons of the core."""
    axons_in: int | None = None
    """Distinct source neurons with a synapse on the core."""
    axons_out: int | None = None
    """Distinct pairs of a neuron of the core and a core with one of its targets."""
    words: int | None = None
    """Words of synaptic memory."""
    synapses_per_word: int = 1
    words_per_list: int = 0
    """Words of a fan-in list besides its synapses."""

    def bound(self, resource: str) -> int:
        """The limit of a resource, or a number beyond reach."""
        limit = getattr(self, resource)
        return UNLIMITED if limit is None else limit

    @property
    def bounds(self) -> NDArray[np.int64]:
        """The limits in the order of `RESOURCES`, with numbers beyond reach where there are none."""
        return np.array([self.bound(resource) for resource in RESOURCES], np.int64)

    @property
    def packing(self) -> tuple[int, int]:
        """Synapses per word, words per list."""
        return self.synapses_per_word, self.words_per_list


@dataclass(frozen=True, eq=False)
class Usage:
    """What each core holds; int64 arrays of shape (cores,), named as in `CoreLimits`."""

    neurons: NDArray[np.int64]
    synapses: NDArray[np.int64]
    axons_in: NDArray[np.int64]
    axons_out: NDArray[np.int64]
    words: NDArray[np.int64]

    @classmethod
    def of(cls, network: Adjacency, core: NDArray[np.int32], cores: int, limits: CoreLimits) -> Usage:
        """Count what a mapping needs; neurons whose core is negative are left out with their synapses."""
        counts = np.zeros((len(RESOURCES), cores), np.int64)
        _count(network.first_target, network.target, core, limits.packing, counts)
        return cls(*counts)

    def excess(self, limits: CoreLimits) -> Iterator[Problem]:
        """Yield a problem for each limit that is exceeded, at the core where it is exceeded most."""
        for field in fields(self):
            used, limit = getattr(self, field.name), limits.bound(field.name)
            over = int((used > limit).sum())
            if over:
                worst = int(used.argmax())
                others = f"; {over} cores exceed this limit" if over > 1 else ""
                message = (
                    f"core {worst} needs {used[worst]} {RESOURCES[field.name]}, "
                    f"{used[worst] - limit} more than the {limit} it has{others}"
                )
                yield Problem(path=f"limits.{field.name}", message=message)


def too_large(network: Adjacency, limits: CoreLimits) -> Iterator[Problem]:
    """Yield a problem for each limit that a single neuron exceeds on a core of its own."""
    needs = np.zeros((len(RESOURCES), network.n), np.int64)
    _alone(network.first_source, network.source, limits.packing, needs)
    for resource, needed in zip(RESOURCES, needs, strict=True):
        limit = limits.bound(resource)
        if network.n and needed.max() > limit:
            worst = int(needed.argmax())
            message = (
                f"neuron {worst} alone needs {needed[worst]} {RESOURCES[resource]}, "
                f"{needed[worst] - limit} more than the {limit} of a core"
            )
            yield Problem(path=f"limits.{resource}", message=message)


@kernel
def _count(first_target: np.ndarray, target: np.ndarray, core: np.ndarray, packing: tuple, counts: np.ndarray) -> None:
    per_word, per_list = packing
    neurons, synapses, axons_in, axons_out, words = counts
    here = np.zeros(neurons.size, np.int64)
    reached = np.empty(neurons.size, np.int32)
    for u in range(core.size):
        home = core[u]
        if home >= 0:
            neurons[home] += 1
        found = 0
        for e in range(first_target[u], first_target[u + 1]):
            c = core[target[e]]
            if c >= 0:
                if here[c] == 0:
                    reached[found] = c
                    found += 1
                here[c] += 1
        for c in reached[:found]:
            synapses[c] += here[c]
            axons_in[c] += 1
            words[c] += per_list + -(-here[c] // per_word)
            here[c] = 0
        if home >= 0:
            axons_out[home] += found


@kernel
def _alone(first_source: np.ndarray, source: np.ndarray, packing: tuple, needs: np.ndarray) -> None:
    per_word, per_list = packing
    for v in range(first_source.size - 1):
        needs[0, v] = 1
        e, end = first_source[v], first_source[v + 1]
        needs[1, v] = end - e
        while e < end:
            first = e
            while e < end and source[e] == source[first]:
                e += 1
            needs[2, v] += 1
            needs[4, v] += per_list + -(-(e - first) // per_word)
