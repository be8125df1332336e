"""Flit-hops per CPU second of networks on chip.

    python benchmarks/noc_speed.py [ROUNDS]

Replays packet lists of `tests/golden/noc` and sparse traffic of its own, the best of ROUNDS (default 7), and then shows
that the cost follows the flit-hops: the same packets spread over 1000 times as many cycles, and on meshes of 16 to 4096
routers.  A flit-hop is one flit through one router.  Reference points measured elsewhere: BookSim 2 on such lists 0.39
to 0.59 million flit-hops per CPU second under load, 0.03 to 0.05 million when nearly idle.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.cycle import replay
from accelsim.engine.noc.network import Network, Work
from accelsim.engine.noc.packets import Packets
from accelsim.validation.noc_packets import recorded

FOLDER = Path(__file__).parents[1] / "tests" / "golden" / "noc"
LISTS = ("t04_8x8_uniform20k", "t08_16x16_uniform10k", "t12_8x8_4vc_heavy10k", "t13_8x8_torus2vc_5k")


def random_packets(cores: int, count: int, apart: int, hops: int | None = None) -> Packets:
    """Uniform traffic, one packet every so many cycles; or to the core so many places on."""
    random = np.random.default_rng(1)
    src = random.integers(0, cores, count)
    dst = random.integers(0, cores, count) if hops is None else (src + hops) % cores
    return Packets.of(src, dst, 1, np.arange(count) * apart)


def best(config: NocConfig, packets: Packets, rounds: int) -> tuple[int, float]:
    """Flit-hops, and least CPU seconds of a replay."""
    times = []
    for _ in range(rounds):
        start = time.process_time()
        found = replay(config, packets)
        times.append(time.process_time() - start)
    return found.flit_hops, min(times)


def show(name: str, flit_hops: int, seconds: float) -> None:
    """Print a measurement."""
    print(f"{name:44} {flit_hops:9,} flit-hops  {seconds * 1e3:8.2f} ms  {flit_hops / seconds / 1e6:6.2f} M/s")


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    replay(NocConfig(2, 2), Packets.of([0], [1]))
    for name in LISTS:
        config, packets, _ = recorded(FOLDER / f"{name}.npz")
        show(name, *best(config, packets, rounds))
    mesh = NocConfig(16, 16)
    for apart in (1, 10, 1000, 100_000):
        packets = random_packets(mesh.cores, 20_000, apart)
        show(f"16x16, a packet every {apart} cycles", *best(mesh, packets, rounds))
    for side in (4, 16, 64):
        packets = random_packets(side * side, 20_000, 10, hops=2)
        show(f"{side}x{side}, 2 hops, a packet every 10 cycles", *best(NocConfig(side, side), packets, rounds))
    config = NocConfig(8, 4, terminals=4, buffer=16, routing=0, link_x=4, link_y=6, order="column")
    random = np.random.default_rng(2)
    count, per_step = 100_000, 2_000
    src, dst = random.integers(0, config.cores, (2, count))
    gap, service = random.integers(1, 100, count), random.integers(1, 60, count)
    work = Work.of(np.arange(0, count + 1, per_step), src, dst, gap, service)
    network, times = Network(config), []
    for _ in range(rounds):
        start = time.process_time()
        served = network.run(work)
        times.append(time.process_time() - start)
    show("128 cores that wait, 50 steps", served.traffic.flit_hops, min(times))


if __name__ == "__main__":
    main()
