"""A network that delays messages by their hops and does nothing else: no links to share, no end to the queues.

Every core serves messages in the order of their arrival; of several that arrive in one tick, those of the core with
the smaller number come first.
"""

from __future__ import annotations

import numpy as np

from accelsim.datapath.compile import kernel
from accelsim.engine.stepped.costs import Grid, Mesh, StepCosts, way
from accelsim.engine.stepped.messages import TAIL, TimedMessages
from accelsim.engine.stepped.schedule import LAST_DONE, LAST_SENT, LAST_TAIL, Schedule, empty_schedule, end_at


def schedule(messages: TimedMessages, grid: Grid, costs: StepCosts, recorded: bool = False) -> Schedule:
    """Schedule of messages in the ideal network."""
    result = empty_schedule(messages, grid.cores, recorded)
    _schedule(messages, grid.mesh, np.array(costs.hop, np.int64), recorded, result)
    return result


@kernel
def _schedule(messages: TimedMessages, mesh: Mesh, hop: np.ndarray, recorded: bool, result: Schedule) -> None:
    cores = mesh.positions.shape[1]
    rows = max(0, np.diff(messages.step_start).max()) if messages.step_start.size > 1 else 0
    sent = np.empty(rows, np.int64)
    arrival = np.empty(rows, np.int64)
    first = np.empty(cores + 1, np.int64)  # of each receiver in `queued`
    at = np.empty(cores, np.int64)
    queued = np.empty(rows, np.int64)
    for step in range(messages.step_start.size - 1):
        start, end = messages.step_start[step], messages.step_start[step + 1]
        ends = result.ends[step]
        first[:] = 0
        tick, before = 0, -1
        for i in range(start, end):
            core, destination = messages.source[i], messages.destination[i]
            tick = messages.gen[i] + (tick if core == before else 0)
            before = core
            sent[i - start] = tick
            if destination == TAIL:
                end_at(ends, LAST_TAIL, tick, core)
                continue
            flight = 0
            for axis in range(2):
                hops = way(mesh, axis, core, destination)
                flight += abs(hops) * hop[2 * axis + (1 if hops < 0 else 0)]
            arrival[i - start] = tick + flight
            first[destination + 1] += 1
            end_at(ends, LAST_SENT, tick, core)
        for core in range(cores):
            at[core] = first[core]
            first[core + 1] += first[core]
        for i in range(start, end):
            destination = messages.destination[i]
            if destination != TAIL:
                queued[at[destination]] = i - start
                at[destination] += 1
        for core in range(cores):
            queue = queued[first[core] : first[core + 1]]
            free = 0
            for j in queue[np.argsort(arrival[queue], kind="mergesort")]:
                free = max(free, arrival[j]) + messages.proc[start + j]
                if recorded:
                    result.arrived[start + j] = arrival[j]
                    result.served[start + j] = free
            end_at(ends, LAST_DONE, free, core)
        if recorded:
            result.sent[start:end] = sent[: end - start]
