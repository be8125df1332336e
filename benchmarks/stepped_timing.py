"""CPU time of whole barrier-synchronised chips, function and timing, against SANA-FE.

    python benchmarks/stepped_timing.py [ROUNDS] [NETWORK ...]

Runs the networks of `networks.py` over the steps of the comparison, the best of ROUNDS (default 3) with each model of
the network.  The reference is SANA-FE 2.2.9 with its `detailed` timing on the same networks: recorded CPU seconds of
its simulation call, one thread, without traces, building excluded, on a machine of two cores; and the time it predicts.
It is not measured in the same run, so the ratios carry the difference of the machines and of their load.
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

from networks import CORES_PER_ROUTER, MESH, NETWORKS
from stepped_function import WARM_UP, build

from accelsim.engine.stepped.costs import Grid, StepCosts
from accelsim.engine.stepped.timing import Fidelity, StepTiming

GRID = Grid(*MESH, CORES_PER_ROUTER, order="column")
COSTS = StepCosts(
    access=60, update=37, spike=300, axon_out=51, axon_in=160, synapse=38, hop=(41, 41, 65, 65),
    barrier=((1, 6000), (2, 10000), (4, 14000), (29, 18000)), link=10,
)  # fmt: skip
"""Of the first Loihi, in ticks of 100 ps (SANA-FE 2.2.9, `loihi.yaml`); a link passes a message per nanosecond."""
TICK_S = 1e-10
FIDELITIES: tuple[Fidelity, ...] = ("ideal", "transaction", "cycle")


class Reference(NamedTuple):
    """What SANA-FE needs, and what it predicts."""

    cpu_s: float
    model_s: float


REFERENCES = {
    "rec256": Reference(0.25, 4.25573e-3),
    "rec1k": Reference(0.98, 4.62873e-3),
    "rec10k_lo": Reference(1.73, 1.05203e-3),
    "rec10k_hi": Reference(6.0, 1.06254e-3),
    "lay3k": Reference(0.62, 5.77296e-3),
    "rec32k_loc": Reference(0.99, 3.07759e-4),
    "rec100k": Reference(1.9, 5.53581e-4),
    "rec100k_10M": Reference(13.4, 3.89506e-4),
}
FEWER_WARM_UP = {"rec100k_10M": 1}


def main() -> None:
    """Measure and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    for name in sys.argv[2:] or NETWORKS:
        peer = NETWORKS[name]()
        reference = REFERENCES[name]
        parts = []
        for fidelity in FIDELITIES:
            spent = []
            for _ in range(rounds):
                function = build(peer)
                function.run(FEWER_WARM_UP.get(name, WARM_UP))
                timing = StepTiming(GRID, COSTS, peer.core, fidelity=fidelity)
                began = time.process_time()
                messages = function.run(peer.steps).messages
                called = time.process_time()
                assert messages is not None
                ticks = int(timing.run(messages).time.sum())
                spent.append((time.process_time() - began, time.process_time() - called))
            chip, alone = min(spent)
            difference = ticks * TICK_S / reference.model_s - 1
            parts.append(
                f"{fidelity} {chip:.3f} s, {reference.cpu_s / chip:.1f}x, {difference:+.1%}, "
                f"{messages.source_core.size / alone / 1e6:.1f} M messages/s"
            )
        print(f"{name:12} {'; '.join(parts)}", flush=True)


if __name__ == "__main__":
    main()
