"""Quality and CPU time of the policies that map networks to cores.

    python benchmarks/mapping.py [NETWORK ...]

Networks are numbered at random, on 128 cores of a mesh of 8 x 4 routers. Messages are those of one spike of every
neuron. CPU times are without compilation.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from accelsim.mapping.adjacency import Adjacency
from accelsim.mapping.cores import CoreMap, balance, fill, minimise_traffic
from accelsim.mapping.limits import CoreLimits
from accelsim.mapping.tiles import hop_table, message_hops, traffic

CORES = 128
PER_CORE = 1024
Targets = Callable[[np.random.Generator, NDArray[np.int64]], NDArray[np.int64]]


def shuffled(n: int, fan_out: int, targets: Targets) -> Adjacency:
    """A network whose neurons are numbered at random."""
    generator = np.random.default_rng(1)
    src = np.repeat(np.arange(n), fan_out)
    name = generator.permutation(n)
    return Adjacency.of(n, name[src], name[targets(generator, src)])


def ring(generator: np.random.Generator, src: NDArray[np.int64], n: int, window: int) -> NDArray[np.int64]:
    """Targets at most `window` away on a ring."""
    return (src + generator.integers(-window, window + 1, src.size)) % n


def grid(generator: np.random.Generator, src: NDArray[np.int64], side: int, reach: int) -> NDArray[np.int64]:
    """Targets at most `reach` away along both axes of a torus."""
    x, y = (at + generator.integers(-reach, reach + 1, src.size) for at in (src % side, src // side))
    return x % side + side * (y % side)


def groups(generator: np.random.Generator, src: NDArray[np.int64], n: int, size: int) -> NDArray[np.int64]:
    """Four in five targets in the same group."""
    inside = src // size * size + generator.integers(0, size, src.size)
    return np.where(generator.random(src.size) < 0.8, inside, generator.integers(0, n, src.size))


def anywhere(generator: np.random.Generator, src: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Targets without structure."""
    return generator.integers(0, n, src.size)


NETWORKS: dict[str, Callable[[], Adjacency]] = {
    "ring 100k": partial(shuffled, 102400, 10, partial(ring, n=102400, window=32)),
    "grid 100k": partial(shuffled, 102400, 10, partial(grid, side=320, reach=4)),
    "groups 100k": partial(shuffled, 100000, 10, partial(groups, n=100000, size=500)),
    "random 100k": partial(shuffled, 102400, 10, partial(anywhere, n=102400)),
    "random 10M": partial(shuffled, 102400, 100, partial(anywhere, n=102400)),
}


def main() -> None:
    """Measure and print."""
    core = np.arange(CORES)
    hops = hop_table(core // 4 // 4, core // 4 % 4)
    limits = CoreLimits(neurons=PER_CORE)
    policies: dict[str, Callable[[Adjacency], CoreMap]] = {
        "fill": lambda network: fill(network, CORES, limits),
        "balance": lambda network: balance(network, CORES, limits),
        "minimise-traffic": lambda network: minimise_traffic(network, CORES, limits, hops),
    }
    warm_up = shuffled(1000, 5, partial(anywhere, n=1000))
    for policy in policies.values():
        policy(warm_up)
    print(f"{'network':12} {'policy':16} {'messages':>9} {'hops':>9} {'most synapses':>14} {'CPU s':>6}")
    for name in sys.argv[1:] or NETWORKS:
        network = NETWORKS[name]()
        for title, policy in policies.items():
            began = time.process_time()
            mapping = policy(network)
            took = time.process_time() - began
            messages = traffic(network, mapping.core, CORES)
            print(
                f"{name:12} {title:16} {messages.sum():9.0f} {message_hops(messages, hops):9.0f} "
                f"{mapping.usage.synapses.max():14} {took:6.2f}"
            )


if __name__ == "__main__":
    main()
