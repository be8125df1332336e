"""Synapses sorted for delivery: by source neuron, then by destination core, then by target."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.stepped.network import NetworkData
from accelsim.datapath.compile import kernel


class Rows(NamedTuple):
    """The synapses of every neuron; neurons are numbered in the order of the kernels ("slots").

    A neuron's synapses on one core form a segment; a spike sends one message for each.
    """

    first_synapse: NDArray[np.int64]
    """(n + 1,): where the synapses of each neuron start."""
    first_segment: NDArray[np.int64]
    """(n + 1,): where the segments of each neuron start, in the order of sending."""
    target: NDArray[np.uint32]
    """(synapses,)"""
    weight: NDArray
    """(synapses,): int16, or float64 where the weights need it."""
    delay: NDArray[np.uint8]
    """(synapses,), or (0,) if there is none."""
    segment_size: NDArray[np.int32]
    """(segments,): synapses of each segment, negative if its targets are consecutive neurons."""

    @property
    def nbytes(self) -> int:
        """Memory, in bytes."""
        return sum(array.nbytes for array in self)


def sort_rows(network: NetworkData, slot: NDArray[np.int32], group: NDArray[np.int32], rank: NDArray[np.int32]) -> Rows:
    """Sort the synapses of a network by counting, in two passes.

    Parameters
    ----------
    network : NetworkData
    slot : (n,), slot of each neuron.
    group : (n,), core of each slot, ascending.
    rank : (cores,), place of each core in the order of sending.
    """
    # Place of each slot if cores were laid out in the order of sending: sorts by segment and target at once.
    by_rank = np.argsort(rank[group], kind="stable").astype(np.int32)
    place = np.empty_like(by_rank)
    place[by_rank] = np.arange(by_rank.size, dtype=np.int32)
    weight = _compact(network.weight)
    delay = np.zeros(0, np.uint8)
    if network.delay is not None and network.delay.any():
        delay = network.delay.astype(np.uint8)
    src, dst = (np.ascontiguousarray(ids, np.int32) for ids in (network.src, network.dst))
    return Rows(*_sort(src, dst, weight, delay, slot, place[slot], by_rank, group))


def _compact(weight: NDArray) -> NDArray:
    """Weights in int16 if they fit, else in float64."""
    low, high = weight.min(initial=0), weight.max(initial=0)
    whole = weight.dtype.kind in "biu" or bool((weight == np.trunc(weight)).all())
    if whole and low >= -(2**15) and high < 2**15:
        return np.ascontiguousarray(weight, np.int16)
    # A sum that starts at -0 tells by its sign whether anything arrived: no weight may be -0.
    return weight.astype(np.float64) + 0.0


@kernel
def _sort(
    src: np.ndarray,
    dst: np.ndarray,
    weight: np.ndarray,
    delay: np.ndarray,
    slot: np.ndarray,
    place: np.ndarray,
    by_rank: np.ndarray,
    group: np.ndarray,
) -> tuple:
    n, synapses = slot.size, src.size
    start = np.zeros(n + 1, np.int64)
    first_synapse = np.zeros(n + 1, np.int64)
    for e in range(synapses):
        start[np.uint32(place[np.uint32(dst[e])]) + np.uint32(1)] += 1
        first_synapse[np.uint32(slot[np.uint32(src[e])]) + np.uint32(1)] += 1
    for i in range(n):
        start[i + 1] += start[i]
        first_synapse[i + 1] += first_synapse[i]
    # First pass: by target, in the order of sending.
    cursor = start.copy()
    source = np.empty(synapses, np.uint32)
    weight_of = np.empty_like(weight)
    delay_of = np.empty_like(delay)
    for e in range(synapses):
        at = np.uint32(place[np.uint32(dst[e])])
        to = np.uint64(cursor[at])
        cursor[at] += 1
        source[to] = slot[np.uint32(src[e])]
        weight_of[to] = weight[e]
        if delay.size:
            delay_of[to] = delay[e]
    # Second pass: by source, which keeps the order of the first.
    cursor[:] = first_synapse
    target = np.empty(synapses, np.uint32)
    sorted_weight = np.empty_like(weight)
    sorted_delay = np.empty_like(delay)
    for at in range(n):
        for e in range(np.uint64(start[at]), np.uint64(start[at + 1])):
            i = source[e]
            to = np.uint64(cursor[i])
            cursor[i] += 1
            target[to] = by_rank[at]
            sorted_weight[to] = weight_of[e]
            if delay.size:
                sorted_delay[to] = delay_of[e]
    first_segment = np.zeros(n + 1, np.int64)
    segment_size = np.empty(synapses, np.int32)
    k = 0
    for i in range(n):
        e, end = np.uint64(first_synapse[i]), np.uint64(first_synapse[i + 1])
        while e < end:
            first = e
            core = group[target[first]]
            consecutive = True
            e += np.uint64(1)
            while e < end and group[target[e]] == core:
                consecutive = consecutive and target[e] == target[e - np.uint64(1)] + np.uint32(1)
                e += np.uint64(1)
            size = np.int32(e - first)
            segment_size[k] = -size if consecutive else size
            k += 1
        first_segment[i + 1] = k
    return first_synapse, first_segment, target, sorted_weight, sorted_delay, segment_size[:k].copy()
