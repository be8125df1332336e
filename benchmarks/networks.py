"""Seeded networks on which simulators of barrier-synchronised chips are compared.

Weights, thresholds, biases and potentials are integers or multiples of 1/64, so that every sum is exact in float64
whatever its order.  The seeds and the order of the draws are fixed: other simulators were measured on equal arrays.

    python benchmarks/networks.py      # lists the networks
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.stepped.network import NetworkData

THRESHOLD = 256
MESH = (8, 4)
CORES_PER_ROUTER = 4


@dataclass(frozen=True, eq=False)
class PeerNetwork:
    """A network, its mapping, and the steps over which simulators are compared."""

    network: NetworkData
    core: NDArray[np.int32]
    steps: int


def neurons(generator: np.random.Generator, n: int, rate: float) -> dict[str, NDArray]:
    """Parameters of neurons that a constant bias alone makes fire at a mean rate (spikes per step)."""
    bias = rate * THRESHOLD * generator.uniform(0.5, 1.5, n)
    return {
        "threshold": np.full(n, THRESHOLD, np.float32),
        "bias": (np.round(bias * 64) / 64).astype(np.float32),
        "v0": np.floor(generator.uniform(0, THRESHOLD, n)).astype(np.float32),
        "leak_decay": np.full(n, 1 - 2.0**-10, np.float32),
    }


def recurrent(
    n: int, fan_out: int, rate: float, per_core: int, seed: int, steps: int, window: int | None = None
) -> PeerNetwork:
    """Random targets for each neuron, anywhere or at most `window` ids away on a ring.

    Four in five neurons excite with weights 1 to 4, the others inhibit with -4 to -16.
    """
    generator = np.random.default_rng(seed)
    parameters = neurons(generator, n, rate)
    synapses = n * fan_out
    src = np.repeat(np.arange(n, dtype=np.int32), fan_out)
    if window is None:
        dst = generator.integers(0, n, synapses, dtype=np.int32)
    else:
        dst = ((src + generator.integers(-window, window + 1, synapses)) % n).astype(np.int32)
    excites = (generator.random(n) < 0.8)[src]
    strong, weak = generator.integers(1, 5, synapses), generator.integers(4, 17, synapses)
    weight = np.where(excites, strong, -weak).astype(np.int16)
    core = np.arange(n, dtype=np.int32) // per_core
    return PeerNetwork(NetworkData(n, src, dst, weight, parameters=parameters), core, steps)


def layered(sizes: tuple[int, ...], rate: float, per_core: int, seed: int, steps: int) -> PeerNetwork:
    """Dense layers, each from a core of its own on; the first is driven by its bias, and weights keep the mean rate."""
    generator = np.random.default_rng(seed)
    parameters = neurons(generator, sum(sizes), rate)
    parameters["bias"][sizes[0] :] = 0
    first = np.concatenate([[0], np.cumsum(sizes)])
    src, dst, weight = [], [], []
    for layer, (fan_in, size) in enumerate(pairwise(sizes)):
        src.append(np.repeat(np.arange(fan_in) + first[layer], size))
        dst.append(np.tile(np.arange(size) + first[layer + 1], fan_in))
        mean = THRESHOLD / fan_in
        spread = max(4.0, 3 * mean)
        weight.append(np.round(generator.uniform(mean - spread, mean + spread, fan_in * size)))
    core, used = [], 0
    for size in sizes:
        core.append(used + np.arange(size) // per_core)
        used += -(-size // per_core)
    network = NetworkData(
        sum(sizes),
        np.concatenate(src).astype(np.int32),
        np.concatenate(dst).astype(np.int32),
        np.concatenate(weight).astype(np.int16),
        parameters=parameters,
    )
    return PeerNetwork(network, np.concatenate(core).astype(np.int32), steps)


NETWORKS: dict[str, Callable[[], PeerNetwork]] = {
    "rec256": partial(recurrent, 256, 40, 0.10, 64, 11, 2000),
    "rec1k": partial(recurrent, 1024, 100, 0.05, 128, 12, 1000),
    "rec10k_lo": partial(recurrent, 10240, 100, 0.01, 256, 13, 200),
    "rec10k_hi": partial(recurrent, 10240, 100, 0.10, 256, 13, 40),
    "lay3k": partial(layered, (1024, 1024, 1024, 256), 0.05, 256, 14, 100),
    "rec100k": partial(recurrent, 102400, 10, 0.02, 1024, 15, 40),
    "rec32k_loc": partial(recurrent, 32768, 64, 0.02, 256, 16, 60, 512),
    "rec100k_10M": partial(recurrent, 102400, 100, 0.02, 1024, 17, 10),
}
"""Networks by name."""


def main() -> None:
    """List them."""
    print(f"{'name':12} {'neurons':>8} {'synapses':>9} {'cores':>6} {'steps':>6}")
    for name, make in NETWORKS.items():
        peer = make()
        cores = np.unique(peer.core).size
        print(f"{name:12} {peer.network.n:8} {peer.network.synapses:9} {cores:6} {peer.steps:6}")


if __name__ == "__main__":
    main()
