"""Cores filled one after the other: with neurons in order, or with those that share most sources.

A limit on what neurons send, unlike the others, depends on cores that are filled later. Where it is exceeded, the core
is given fewer neurons and everything is placed anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.compile import inner, kernel
from accelsim.mapping.adjacency import Adjacency
from accelsim.mapping.limits import CoreLimits, Usage

NEURONS, SYNAPSES, AXONS_IN, WORDS = 0, 1, 2, 4
_ATTEMPTS = 40
"""Placements tried until no core sends to too many."""


@dataclass(frozen=True, eq=False)
class Filled:
    """Neurons on cores; negative where there was no core left."""

    core: NDArray[np.int32]
    full: NDArray[np.int64]
    """Limit that ended each core, as its number in `RESOURCES`; negative where there was none."""
    room: NDArray[np.int64]
    """Neurons that each core was allowed to take."""
    fits: bool
    """Whether every neuron has a core and every core keeps to its limits."""


def fill_in_order(
    network: Adjacency,
    cores: int,
    limits: CoreLimits,
    starts: NDArray[np.bool_],
    work: NDArray[np.float64] | None = None,
    most_work: float = np.inf,
) -> Filled:
    """Neurons in the order of their ids, the next core when a limit is reached.

    Parameters
    ----------
    starts : (n,) bool
        Neurons that begin a core.
    work, most_work : work of each neuron, and a limit on the work of a core.
    """
    work = np.zeros(network.n) if work is None else work

    def place(room: NDArray[np.int64], core: NDArray[np.int32], full: NDArray[np.int64]) -> None:
        _fill(network.first_source, network.source, limits.bounds, limits.packing, room, starts, work, most_work,
              core, full)  # fmt: skip

    return _attempt(place, network, cores, limits)


def grow(network: Adjacency, cores: int, limits: CoreLimits, rates: NDArray[np.float64]) -> Filled:
    """Each core takes, one by one, the neuron most of whose sources it receives messages from already.

    Neurons without sources are as good anywhere and come last.
    """
    seeds = np.argsort(network.fan_in == 0, kind="stable").astype(np.int32)

    def place(room: NDArray[np.int64], core: NDArray[np.int32], full: NDArray[np.int64]) -> None:
        _grow(network.first_target, network.target, network.first_source, network.source, limits.bounds,
              limits.packing, room, rates, seeds, core, full)  # fmt: skip

    return _attempt(place, network, cores, limits)


def _attempt(place: Callable[..., None], network: Adjacency, cores: int, limits: CoreLimits) -> Filled:
    room = np.full(cores, limits.bound("neurons"))
    most = limits.bound("axons_out")
    for _ in range(_ATTEMPTS):
        core, full = np.full(network.n, -1, np.int32), np.full(cores, -1)
        place(room, core, full)
        placed = bool((core >= 0).all())
        if limits.axons_out is None:
            break
        usage = Usage.of(network, core, cores, limits)
        over = usage.axons_out > most
        if not placed or not over.any() or (usage.neurons[over] == 1).all():
            placed &= not over.any()
            break
        room = np.where(over, np.maximum(1, usage.neurons * most // np.maximum(usage.axons_out, 1)), room)
    return Filled(core, full, room, placed)


@inner
def _lists(
    v: int, c: int, first_source: np.ndarray, source: np.ndarray, packing: tuple, has: np.ndarray, size: np.ndarray
) -> tuple[int, int]:
    """Fan-in lists and words that core c needs for neuron v, in addition to those of its neurons."""
    per_word, per_list = packing
    lists = words = 0
    e, end = first_source[v], first_source[v + 1]
    while e < end:
        u, first = source[e], e
        while e < end and source[e] == u:
            e += 1
        old = size[u] if has[u] == c else 0
        words += -(-(old + e - first) // per_word) - (-(-old // per_word))
        if old == 0:
            lists += 1
            words += per_list
    return lists, words


@inner
def _limit(used: np.ndarray, needs: np.ndarray, bounds: np.ndarray, room: int) -> int:
    """The limit that keeps a neuron from a core, or -1."""
    if used[NEURONS] + 1 > room:
        return NEURONS
    for k in (SYNAPSES, AXONS_IN, WORDS):
        if used[k] + needs[k] > bounds[k]:
            return k
    return -1


@inner
def _add(v: int, c: int, first_source: np.ndarray, source: np.ndarray, has: np.ndarray, size: np.ndarray) -> None:
    for e in range(first_source[v], first_source[v + 1]):
        u = source[e]
        if has[u] != c:
            has[u], size[u] = c, 0
        size[u] += 1


@kernel
def _fill(
    first_source: np.ndarray,
    source: np.ndarray,
    bounds: np.ndarray,
    packing: tuple,
    room: np.ndarray,
    starts: np.ndarray,
    work: np.ndarray,
    most_work: float,
    core: np.ndarray,
    full: np.ndarray,
) -> None:
    has, size = np.full(core.size, -1, np.int32), np.zeros(core.size, np.int32)
    used, needs = np.zeros(5, np.int64), np.ones(5, np.int64)
    busy = 0.0
    c = 0
    for v in range(core.size):
        while True:
            needs[SYNAPSES] = first_source[v + 1] - first_source[v]
            needs[AXONS_IN], needs[WORDS] = _lists(v, c, first_source, source, packing, has, size)
            reason = _limit(used, needs, bounds, room[c])
            if reason < 0 and (used[NEURONS] == 0 or (not starts[v] and busy + work[v] <= most_work)):
                break
            full[c] = reason
            c += 1
            if c == room.size:
                return
            used[:] = 0
            busy = 0.0
        core[v] = c
        used += needs
        busy += work[v]
        _add(v, c, first_source, source, has, size)


@kernel
def _grow(
    first_target: np.ndarray,
    target: np.ndarray,
    first_source: np.ndarray,
    source: np.ndarray,
    bounds: np.ndarray,
    packing: tuple,
    room: np.ndarray,
    rates: np.ndarray,
    seeds: np.ndarray,
    core: np.ndarray,
    full: np.ndarray,
) -> None:
    n = core.size
    has, size = np.full(n, -1, np.int32), np.zeros(n, np.int32)
    known = np.full(n, -1, np.int32)  # core of which a source's targets have been told last
    heap, at, score = np.empty(n, np.int32), np.full(n, -1, np.int32), np.zeros(n)
    share = np.empty(n)
    for v in range(n):
        total = 0.0
        for e in range(first_source[v], first_source[v + 1]):
            total += rates[source[e]]
        share[v] = 1 / total
    used, needs = np.zeros(5, np.int64), np.ones(5, np.int64)
    c = waiting = following = 0
    for _ in range(n):
        if waiting:
            v = heap[0]
            waiting = _remove_first(heap, at, score, waiting)
        else:
            while core[seeds[following]] >= 0:
                following += 1
            v = seeds[following]
        needs[SYNAPSES] = first_source[v + 1] - first_source[v]
        needs[AXONS_IN], needs[WORDS] = _lists(v, c, first_source, source, packing, has, size)
        reason = _limit(used, needs, bounds, room[c])
        if reason >= 0:
            full[c] = reason
            c += 1
            if c == room.size:
                return
            used[:] = 0
            for k in range(waiting):
                at[heap[k]] = -1
                score[heap[k]] = 0
            waiting = 0
            needs[AXONS_IN], needs[WORDS] = _lists(v, c, first_source, source, packing, has, size)
        core[v] = c
        used += needs
        _add(v, c, first_source, source, has, size)
        for e in range(first_source[v], first_source[v + 1]):
            u = source[e]
            if known[u] == c:
                continue
            known[u] = c
            for f in range(first_target[u], first_target[u + 1]):
                w = target[f]
                if core[w] < 0:
                    score[w] += rates[u] * share[w]
                    if at[w] < 0:
                        at[w] = waiting
                        waiting += 1
                    _rise(heap, at, score, w)


@inner
def _rise(heap: np.ndarray, at: np.ndarray, score: np.ndarray, v: int) -> None:
    """Move a neuron up in the binary heap to where its score belongs."""
    k = at[v]
    while k > 0:
        above = (k - 1) >> 1
        w = heap[above]
        if score[w] >= score[v]:
            break
        heap[k], at[w] = w, k
        k = above
    heap[k], at[v] = v, k


@inner
def _remove_first(heap: np.ndarray, at: np.ndarray, score: np.ndarray, waiting: int) -> int:
    """Take the neuron of highest score from the heap; returns how many are left."""
    score[heap[0]] = 0
    at[heap[0]] = -1
    left = waiting - 1
    if left == 0:
        return 0
    v = heap[left]
    k = 0
    while True:
        below = 2 * k + 1
        if below >= left:
            break
        if below + 1 < left and score[heap[below + 1]] > score[heap[below]]:
            below += 1
        if score[heap[below]] <= score[v]:
            break
        heap[k] = heap[below]
        at[heap[k]] = k
        k = below
    heap[k], at[v] = v, k
    return left
