"""Synapses of a network sorted by source and by target, as mapping walks through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from accelsim.config.errors import Problem, check
from accelsim.datapath.compile import kernel


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Targets and sources of every neuron; the same for synapses in any order.

    Attributes
    ----------
    first_target : int64 array, shape (n + 1,)
        Targets of neuron i are ``target[first_target[i] : first_target[i + 1]]``.
    target : int32 array, shape (synapses,)
        Ascending for each neuron; parallel synapses repeat their target.
    first_source, source : arrays of the same types
        Sources of every neuron, likewise.
    """

    first_target: NDArray[np.int64]
    target: NDArray[np.int32]
    first_source: NDArray[np.int64]
    source: NDArray[np.int32]

    @classmethod
    def of(cls, n: int, src: NDArray[np.integer], dst: NDArray[np.integer]) -> Self:
        """Sort the synapses of n neurons.

        Raises
        ------
        ConfigError
            If a synapse names a neuron that does not exist.
        """
        problems = []
        for name, ends in (("src", src), ("dst", dst)):
            if ends.size and (ends.min() < 0 or ends.max() >= n):
                at = int(np.argmax((ends < 0) | (ends >= n)))
                problems.append(Problem(path=f"{name}[{at}]", message=f"{ends[at]} is not a neuron of 0 to {n - 1}"))
        check(problems)
        first_target = np.concatenate([[0], np.cumsum(np.bincount(src, minlength=n))]).astype(np.int64)
        first_source = np.concatenate([[0], np.cumsum(np.bincount(dst, minlength=n))]).astype(np.int64)
        target, source = np.empty(src.size, np.int32), np.empty(src.size, np.int32)
        _by_target(src.astype(np.int32, copy=False), dst.astype(np.int32, copy=False), first_source.copy(), source)
        _transpose(first_source, source, first_target.copy(), target)
        _transpose(first_target, target, first_source.copy(), source)
        return cls(first_target, target, first_source, source)

    @property
    def n(self) -> int:
        """Number of neurons."""
        return self.first_target.size - 1

    @property
    def fan_in(self) -> NDArray[np.int64]:
        """Synapses onto each neuron."""
        return np.diff(self.first_source)


@kernel
def _by_target(src: np.ndarray, dst: np.ndarray, at: np.ndarray, source: np.ndarray) -> None:
    for e in range(src.size):
        v = dst[e]
        source[at[v]] = src[e]
        at[v] += 1


@kernel
def _transpose(first: np.ndarray, neighbour: np.ndarray, at: np.ndarray, result: np.ndarray) -> None:
    """Lists of the other end, ascending because the neurons are visited in order."""
    for v in range(first.size - 1):
        for e in range(first[v], first[v + 1]):
            u = neighbour[e]
            result[at[u]] = v
            at[u] += 1
