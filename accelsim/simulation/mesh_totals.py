"""What a network spread over cores tells of each core and of the network between them."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accelsim.architecture.partition import KINDS
from accelsim.engine.stepped.exchange import ExchangeWork
from accelsim.engine.stepped.messages import TAIL
from accelsim.engine.stepped.timing import StepTimes
from accelsim.simulation.mesh_setup import MeshPlan


class MeshTotals:
    """Running totals of a run."""

    def __init__(self, plan: MeshPlan) -> None:
        self.plan = plan
        cores = plan.slices.cores
        self.ticks = self.cycles = self.compute = 0
        self.messages, self.hops = np.zeros((2, len(KINDS)), np.int64)
        self.work, self.spikes, self.sent, self.received, self.blocked = np.zeros((5, cores), np.int64)

    def add(
        self,
        work: ExchangeWork,
        times: StepTimes,
        first_round: NDArray[np.int64],
        messages: NDArray[np.int64],
        hops: NDArray[np.int64],
    ) -> None:
        """Add time steps: their rounds, messages and hops."""
        cores = self.plan.slices.cores
        self.ticks += len(messages)
        self.cycles += int(times.time.sum())
        self.compute += int(compute_cycles(work).sum())
        self.messages += messages.sum(axis=0)
        self.hops += hops.sum(axis=0)
        self.work += work.cycles.sum(axis=(0, 2))
        self.spikes += work.spikes.sum(axis=0)
        real = times.messages.destination != TAIL
        self.sent += np.bincount(times.messages.source[real], minlength=cores)[:cores]
        self.received += np.bincount(times.messages.destination[real], minlength=cores)[:cores]
        self.blocked += times.blocked.sum(axis=0)[:cores]

    def kept(self) -> dict[str, Any]:
        """The totals so far."""
        return {name: copy(total) for name, total in vars(self).items() if name != "plan"}

    def put_back(self, kept: dict[str, Any]) -> None:
        """Return to earlier totals."""
        vars(self).update({name: copy(total) for name, total in kept.items()})

    def metrics(self) -> dict[str, float | int | None]:
        """Figures of the chip as a whole."""
        ticks = max(self.ticks, 1)
        return {
            "cores": self.plan.architecture.cores,
            "cores_used": self.plan.slices.cores,
            "core_readout": self.plan.partition.readout,
            "core_busiest": int(np.argmax(self.work)),
            "network_time_share": 1 - self.compute / self.cycles if self.cycles else None,
            "messages_per_step": float(self.messages.sum() / ticks),
            "hops_per_step": float(self.hops.sum() / ticks),
            **{f"messages_{kind}": int(count) for kind, count in zip(KINDS, self.messages, strict=True)},
            **{f"hops_{kind}": int(count) for kind, count in zip(KINDS, self.hops, strict=True)},
        }

    def rows(self) -> list[dict[str, Any]]:
        """A row for each core that holds neurons; `busy_share` is that of the run in which its phases run."""
        slices = self.plan.slices
        return [
            {
                "core": core,
                "first_neuron": slices.neurons(core).start,
                "neurons": len(slices.neurons(core)),
                "work_cycles": int(self.work[core]),
                "busy_share": float(self.work[core] / self.cycles) if self.cycles else None,
                "blocked_cycles": int(self.blocked[core]),
                "spikes": int(self.spikes[core]),
                "messages_sent": int(self.sent[core]),
                "messages_received": int(self.received[core]),
            }
            for core in range(slices.cores)
        ]


def compute_cycles(work: ExchangeWork) -> NDArray[np.int64]:
    """(steps,): cycles of the core with most work, between two points where cores wait for each other."""
    cycles = work.cycles
    at_once = cycles.sum(axis=2).max(axis=1)
    apart = sum(part.sum(axis=2).max(axis=1) for part in np.split(cycles, (3, 4), axis=2))
    return np.where(work.target != 0, apart, at_once)
