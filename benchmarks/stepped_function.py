"""Synaptic events per CPU second of networks run step by step, without timing.

    python benchmarks/stepped_function.py [SECONDS] [NETWORK ...]

Each network runs its steps again and again until SECONDS of CPU time (default 2) have gone by, once with messages only
counted and once with messages recorded.  Then 10 million synapses in shuffled order are built.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from networks import CORES_PER_ROUTER, MESH, NETWORKS, PeerNetwork

from accelsim.controllers.stepped.function import Routers, SteppedNetwork
from accelsim.controllers.stepped.network import NetworkData

WARM_UP = 5
"""Steps before the measured ones."""


def build(peer: PeerNetwork) -> SteppedNetwork:
    """A network on the mesh of the comparison."""
    router = np.arange(MESH[0] * MESH[1] * CORES_PER_ROUTER) // CORES_PER_ROUTER
    routers = Routers(router // MESH[1], router % MESH[1])
    return SteppedNetwork.build(peer.network, peer.core, "lif", routers)


def shuffled(peer: PeerNetwork) -> PeerNetwork:
    """The same network, its synapses in another order."""
    order = np.random.default_rng(0).permutation(peer.network.synapses)
    src, dst, weight = (x[order] for x in (peer.network.src, peer.network.dst, peer.network.weight))
    return PeerNetwork(
        NetworkData(peer.network.n, src, dst, weight, parameters=peer.network.parameters), peer.core, peer.steps
    )


def main() -> None:
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    for name in sys.argv[2:] or NETWORKS:
        peer = NETWORKS[name]()
        rates = []
        for messages in (False, True):
            function = build(peer)
            function.run(WARM_UP, messages=messages)
            spent, events = 0.0, 0
            best = 0.0
            while spent < seconds:
                began = time.process_time()
                chunk = function.run(peer.steps, messages=messages)
                took = time.process_time() - began
                best = max(best, chunk.synops.sum() / took)
                spent += took
                events += int(chunk.synops.sum())
            rates.append(f"mean {events / spent / 1e6:.1f}, best {best / 1e6:.1f}")
        print(f"{name:12} M synaptic events/s: messages counted {rates[0]}; recorded {rates[1]}")
    peer = shuffled(NETWORKS["rec100k_10M"]())
    spent = []
    for _ in range(3):
        began = time.process_time()
        function = build(peer)
        spent.append(time.process_time() - began)
    size = function.nbytes / peer.network.synapses
    print(f"{peer.network.synapses} shuffled synapses built in {min(spent):.2f} s, {size:.1f} bytes each")


if __name__ == "__main__":
    main()
