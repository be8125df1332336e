"""A mapping improved by moving neurons between cores and exchanging them, as Kernighan and Lin did for two parts.

Cost: every neuron sends one message per core that holds a target of it; a message weighs the neuron's rate, twice that
if it leaves the core.  A neuron is moved to the core where it saves most, if there is room.  Where there is none, the
neurons that would go from one core to another and those that would go back are exchanged, best savings first
(B. W. Kernighan and S. Lin, Bell Syst. Tech. J. 49, 1970; by all pairs of parts at once: I. Kabiljo et al., VLDB 10,
2017).  Each change is made, measured and, unless it helps within all limits, taken back: the cost never rises.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.compile import inner
from accelsim.mapping.adjacency import Adjacency
from accelsim.mapping.limits import RESOURCES, CoreLimits

NEURONS, SYNAPSES, AXONS_IN, AXONS_OUT, WORDS = range(5)
_SWEEPS = 30
_ENOUGH = 2e-3
"""Saving of a sweep, relative to the cost, below which the search ends."""
_NOTHING = 1e-9
"""A saving that may be rounding."""


class _State(NamedTuple):
    first_source: NDArray[np.int64]
    source: NDArray[np.int32]
    rate: NDArray[np.float64]
    core: NDArray[np.int32]
    first: NDArray[np.int64]
    """Where each neuron's list of destination cores starts."""
    reached: NDArray[np.int32]
    """Entries of each neuron's list: number of destination cores."""
    destination: NDArray[np.int32]
    synapses: NDArray[np.int32]
    """Synapses of the neuron on the destination."""
    used: NDArray[np.int64]
    """(resources, cores)"""
    bounds: NDArray[np.int64]
    packing: tuple[int, int]


def refine(
    network: Adjacency, core: NDArray[np.int32], cores: int, limits: CoreLimits, rates: NDArray[np.float64], seed: int
) -> NDArray[np.int32]:
    """Return a mapping within the limits that costs no more.

    Parameters
    ----------
    core : (n,) int32
        A mapping within the limits.
    rates : (n,) float
        Expected spikes of each neuron per step, or any weights of its messages.
    seed : order in which neurons are visited.
    """
    s = _state(network, core, cores, limits, rates)
    generator = np.random.default_rng(seed)
    wish, saving = np.empty(network.n, np.int32), np.empty(network.n)
    attraction, touched = np.zeros(cores), np.empty(cores, np.int32)
    cost = _cost(s)
    for _ in range(_SWEEPS):
        order = generator.permutation(network.n).astype(np.int32)
        saved = _move_all(s, order, attraction, touched, wish, saving)
        saved += _exchange_all(s, *_pairs(s.core, wish, saving, cores), saving)
        if saved < _ENOUGH * cost:
            break
        cost -= saved
    return s.core


def _pairs(
    core: NDArray[np.int32], wish: NDArray[np.int32], saving: NDArray[np.float64], cores: int
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Neurons by core and wish, best savings first, and for two cores where those lie that want to and fro.

    Returns
    -------
    queue : (neurons with a wish,) int32
    ranges : (pairs, 4) int64
        First and end of the neurons that want from one core to another, first and end of those that want back.
    """
    wanting = np.flatnonzero(wish >= 0).astype(np.int32)
    pair = core[wanting].astype(np.int64) * cores + wish[wanting]
    order = np.lexsort((-saving[wanting], pair))
    keys, first, sizes = np.unique(pair[order], return_index=True, return_counts=True)
    reverse = keys % cores * cores + keys // cores
    _, to, fro = np.intersect1d(keys, reverse, assume_unique=True, return_indices=True)
    once = to < fro
    to, fro = to[once], fro[once]
    end = first + sizes
    return wanting[order], np.stack([first[to], end[to], first[fro], end[fro]], axis=1)


def _state(
    network: Adjacency, core: NDArray[np.int32], cores: int, limits: CoreLimits, rates: NDArray[np.float64]
) -> _State:
    capacity = np.minimum(np.diff(network.first_target), cores)
    first = np.concatenate([[0], np.cumsum(capacity)])
    s = _State(
        network.first_source,
        network.source,
        rates,
        core.astype(np.int32),
        first,
        np.zeros(network.n, np.int32),
        np.zeros(first[-1], np.int32),
        np.zeros(first[-1], np.int32),
        np.zeros((len(RESOURCES), cores), np.int64),
        limits.bounds,
        limits.packing,
    )
    _start(s)
    return s


@inner
def _start(s: _State) -> None:
    for v in range(s.core.size):
        s.used[NEURONS, s.core[v]] += 1
        s.used[SYNAPSES, s.core[v]] += s.first_source[v + 1] - s.first_source[v]
        for e in range(s.first_source[v], s.first_source[v + 1]):
            _connect(s, s.source[e], s.core[v], 1)


@inner
def _cost(s: _State) -> float:
    cost = 0.0
    for u in range(s.core.size):
        cost += s.rate[u] * (2 * s.reached[u] - (_find(s, u, s.core[u]) >= 0))
    return cost


@inner
def _find(s: _State, u: int, core: int) -> int:
    """Entry of a core in a neuron's list, or -1."""
    for k in range(s.first[u], s.first[u] + s.reached[u]):
        if s.destination[k] == core:
            return k
    return -1


@inner
def _connect(s: _State, u: int, core: int, m: int) -> float:
    """Add m synapses of a neuron onto a core; returns what is added to the cost."""
    k = _find(s, u, core)
    per_word, per_list = s.packing
    if k >= 0:
        old = s.synapses[k]
        s.synapses[k] = old + m
        s.used[WORDS, core] += -(-(old + m) // per_word) - (-(-old // per_word))
        return 0.0
    k = s.first[u] + s.reached[u]
    s.destination[k], s.synapses[k] = core, m
    s.reached[u] += 1
    s.used[WORDS, core] += per_list - (-m // per_word)
    s.used[AXONS_IN, core] += 1
    s.used[AXONS_OUT, s.core[u]] += 1
    return s.rate[u] * (2 - (core == s.core[u]))


@inner
def _disconnect(s: _State, u: int, core: int, m: int) -> float:
    """Take m synapses of a neuron from a core; returns what the cost falls by."""
    k = _find(s, u, core)
    per_word, per_list = s.packing
    old = s.synapses[k]
    if old > m:
        s.synapses[k] = old - m
        s.used[WORDS, core] += -(-(old - m) // per_word) - (-(-old // per_word))
        return 0.0
    s.reached[u] -= 1
    last = s.first[u] + s.reached[u]
    s.destination[k], s.synapses[k] = s.destination[last], s.synapses[last]
    s.used[WORDS, core] -= per_list - (-m // per_word)
    s.used[AXONS_IN, core] -= 1
    s.used[AXONS_OUT, s.core[u]] -= 1
    return s.rate[u] * (2 - (core == s.core[u]))


@inner
def _move(s: _State, v: int, to: int) -> float:
    """Move a neuron; returns what the cost falls by."""
    at = s.core[v]
    saved = 0.0
    e, end = s.first_source[v], s.first_source[v + 1]
    s.used[SYNAPSES, at] -= end - e
    s.used[SYNAPSES, to] += end - e
    while e < end:
        u, first = s.source[e], e
        while e < end and s.source[e] == u:
            e += 1
        # Disconnecting first leaves room for the new entry.
        saved += _disconnect(s, u, at, e - first)
        saved -= _connect(s, u, to, e - first)
    s.used[NEURONS, at] -= 1
    s.used[NEURONS, to] += 1
    s.used[AXONS_OUT, at] -= s.reached[v]
    s.used[AXONS_OUT, to] += s.reached[v]
    s.core[v] = to
    return saved + s.rate[v] * ((_find(s, v, to) >= 0) * 1.0 - (_find(s, v, at) >= 0) * 1.0)


@inner
def _within(s: _State, v: int) -> bool:
    """Whether the core of a neuron and those that send to it keep to their limits."""
    core = s.core[v]
    for k in range(5):
        if s.used[k, core] > s.bounds[k]:
            return False
    for e in range(s.first_source[v], s.first_source[v + 1]):
        if s.used[AXONS_OUT, s.core[s.source[e]]] > s.bounds[AXONS_OUT]:
            return False
    return True


@inner
def _move_all(
    s: _State, order: np.ndarray, attraction: np.ndarray, touched: np.ndarray, wish: np.ndarray, saving: np.ndarray
) -> float:
    """Move every neuron that saves by it to where there is room; note where the others would save most."""
    total = 0.0
    for v in order:
        wish[v], saving[v] = -1, 0.0
        at = s.core[v]
        found = 0
        leaving = joining = 0.0
        e, end = s.first_source[v], s.first_source[v + 1]
        size = end - e
        while e < end:
            u, first = s.source[e], e
            while e < end and s.source[e] == u:
                e += 1
            home, weight, local = s.core[u], s.rate[u], False
            joining += 2 * weight
            for k in range(s.first[u], s.first[u] + s.reached[u]):
                c = s.destination[k]
                local |= c == home
                if c == at:
                    leaving += weight * (2 - (c == home)) * (s.synapses[k] == e - first)
                else:
                    if attraction[c] == 0.0:
                        touched[found] = c
                        found += 1
                    attraction[c] += 2 * weight
            if not local and home != at:
                if attraction[home] == 0.0:
                    touched[found] = home
                    found += 1
                attraction[home] += weight
        for k in range(s.first[v], s.first[v] + s.reached[v]):
            c = s.destination[k]
            if c == at:
                leaving -= s.rate[v]
            else:
                if attraction[c] == 0.0:
                    touched[found] = c
                    found += 1
                attraction[c] += s.rate[v]
        best, roomy = -1, -1
        for k in range(found):
            c = touched[k]
            if best < 0 or attraction[c] > attraction[best]:
                best = c
            room = s.used[NEURONS, c] < s.bounds[NEURONS] and s.used[SYNAPSES, c] + size <= s.bounds[SYNAPSES]
            if room and (roomy < 0 or attraction[c] > attraction[roomy]):
                roomy = c
        if roomy >= 0 and leaving - joining + attraction[roomy] > _NOTHING:
            saved = _move(s, v, roomy)
            if saved > _NOTHING and _within(s, v):
                total += saved
            else:
                _move(s, v, at)
                roomy = -1
        else:
            roomy = -1
        if best >= 0 and roomy != best:
            saving[v] = leaving - joining + attraction[best]
            if roomy >= 0:
                saving[v] -= leaving - joining + attraction[roomy]
            wish[v] = best
        for k in range(found):
            attraction[touched[k]] = 0.0
    return total


@inner
def _exchange_all(s: _State, queue: np.ndarray, ranges: np.ndarray, saving: np.ndarray) -> float:
    """Exchange neurons of two cores that want to and fro."""
    total = 0.0
    for i in range(len(ranges)):
        p, end, q, end_back = ranges[i]
        while p < end and q < end_back:
            v, w = queue[p], queue[q]
            p, q = p + 1, q + 1
            if saving[v] + saving[w] <= _NOTHING:
                break
            a, b = s.core[v], s.core[w]
            saved = _move(s, v, b)
            saved += _move(s, w, a)
            if saved > _NOTHING and _within(s, v) and _within(s, w):
                total += saved
            else:
                _move(s, w, b)
                _move(s, v, a)
    return total
