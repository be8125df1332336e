"""Traffic between the cores of a mapping, and cores placed on the routers of a mesh or torus."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accelsim.datapath.compile import inner, kernel
from accelsim.mapping.adjacency import Adjacency

_EXCHANGES_PER_CORE = 4000
_MOST_WORK = 1_000_000_000
"""Terms summed in all exchanges of a placement."""
_COOLING = 1e-3
"""Last temperature relative to the first."""


def hop_table(x: ArrayLike, y: ArrayLike, wrap: tuple[int, int] = (0, 0)) -> NDArray[np.int32]:
    """Hops between the routers of any two cores.

    Parameters
    ----------
    x, y : (cores,) int
        Router of each core.
    wrap : columns and rows of a torus; (0, 0) for a mesh.

    Returns
    -------
    (cores, cores) int32
    """
    hops = 0
    for position, around in zip((x, y), wrap, strict=True):
        at = np.asarray(position, np.int32)
        distance = np.abs(at[:, None] - at[None, :])
        hops = hops + (np.minimum(distance, around - distance) if around else distance)
    return np.asarray(hops, np.int32)


def traffic(
    network: Adjacency, core: NDArray[np.int32], cores: int, rates: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Messages from each core to each core, per step if `rates` are spikes per step, else if every neuron fires once.

    A spike is one message to each core that holds a target, the neuron's own included.

    Returns
    -------
    (cores, cores) float64, indexed by source and destination.
    """
    messages = np.zeros((cores, cores))
    spikes = np.ones(network.n) if rates is None else np.asarray(rates, np.float64)
    _messages(network.first_target, network.target, core, spikes, messages)
    return messages


def message_hops(messages: NDArray[np.float64], hops: NDArray[np.integer]) -> float:
    """Hops of all messages of a traffic matrix."""
    return float((messages * hops).sum())


def place_cores(messages: NDArray[np.float64], hops: NDArray[np.integer], seed: int = 0) -> NDArray[np.int32]:
    """Where to put each core so that messages take few hops, by simulated annealing over exchanges of two cores.

    Parameters
    ----------
    messages : (cores, cores) float
        Traffic matrix.
    hops : (cores, cores) int
        Hops between places.

    Returns
    -------
    (cores,) int32
        Place of each core, a permutation; the identity if nothing better was found.
    """
    cores = len(messages)
    start = np.arange(cores, dtype=np.int32)
    flow = messages + messages.T
    np.fill_diagonal(flow, 0)
    if cores < 2 or not flow.any():
        return start
    distance = (hops + hops.T).astype(np.float64) / 2
    exchanges = min(_EXCHANGES_PER_CORE * cores, _MOST_WORK // cores)
    generator = np.random.default_rng(seed)
    # Exchanges of two cores without traffic change nothing: one of the two has some.
    busy = np.flatnonzero(flow.any(axis=1))
    first = generator.choice(busy, exchanges).astype(np.int32)
    second = (first + generator.integers(1, cores, exchanges)) % cores
    place = start.copy()
    _anneal(flow, distance, place, first, second.astype(np.int32), generator.random(exchanges))
    better = message_hops(messages, hops[np.ix_(place, place)]) < message_hops(messages, hops)
    return place if better else start


@kernel
def _messages(
    first_target: np.ndarray, target: np.ndarray, core: np.ndarray, spikes: np.ndarray, messages: np.ndarray
) -> None:
    told = np.full(len(messages), -1, np.int64)
    for u in range(core.size):
        for e in range(first_target[u], first_target[u + 1]):
            c = core[target[e]]
            if told[c] != u:
                told[c] = u
                messages[core[u], c] += spikes[u]


@inner
def _change(flow: np.ndarray, distance: np.ndarray, place: np.ndarray, a: int, b: int) -> float:
    """What an exchange of two cores adds to the hops."""
    total = 0.0
    at_a, at_b = place[a], place[b]
    for k in range(place.size):
        p = place[k]
        total += (flow[a, k] - flow[b, k]) * (distance[at_b, p] - distance[at_a, p])
    # The two keep their distance from each other.
    return total + 2 * flow[a, b] * distance[at_a, at_b]


@inner
def _anneal(
    flow: np.ndarray, distance: np.ndarray, place: np.ndarray, first: np.ndarray, second: np.ndarray, luck: np.ndarray
) -> None:
    size = 0.0
    samples = min(200, first.size)
    for i in range(samples):
        size += abs(_change(flow, distance, place, first[i], second[i]))
    temperature = size / samples / 2
    factor = _COOLING ** (1 / first.size)
    for i in range(first.size):
        a, b = first[i], second[i]
        change = _change(flow, distance, place, a, b)
        if change <= 0 or luck[i] < np.exp(-change / temperature):
            place[a], place[b] = place[b], place[a]
        temperature *= factor
