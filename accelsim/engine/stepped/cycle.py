"""Messages on a network on chip, flit by flit; cores are held back by it and serve what it delivers.

The network runs on a clock of its own.  Durations are rounded to its cycles so that the rounding never adds up: the
sums over a core's rows are right to half a cycle.  The way through an empty router from core to core is taken off:
sending and receiving are in the costs of the cores.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.compile import inner
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.network import Network, Work
from accelsim.engine.stepped.costs import Grid, StepCosts
from accelsim.engine.stepped.flit_state import Served
from accelsim.engine.stepped.flits import FlitNetwork, simple
from accelsim.engine.stepped.messages import TAIL, TimedMessages
from accelsim.engine.stepped.schedule import LAST_DONE, LAST_SENT, LAST_TAIL, Schedule, empty_schedule, end_at

BLOCK = 1 << 16
"""Messages that the network takes at once, more if a step has more."""


def router_network(grid: Grid, costs: StepCosts, clock: int) -> NocConfig:
    """A network with look-ahead routing whose hops take what the costs say, as near as cycles allow.

    Opposite directions share the mean of their latencies.

    Parameters
    ----------
    clock : ticks of a cycle
    """
    plain = NocConfig(
        grid.width, grid.height, torus=grid.torus, terminals=grid.cores_per_router, vcs=2 if grid.torus else 1,
        buffer=costs.buffer, eject_buffer=costs.receive_queue, routing=0, order=grid.order,
    )  # fmt: skip
    in_router = plain.router_latency() + 1
    links = [max(0, round(sum(costs.hop[i : i + 2]) / (2 * clock)) - in_router) for i in (0, 2)]
    return plain.with_(link_x=links[0], link_y=links[1])


class CycleNetwork:
    """Schedules messages on a network on chip.

    Parameters
    ----------
    config : the network
    clock : ticks of its cycle
    """

    def __init__(self, config: NocConfig, clock: int) -> None:
        self.clock = clock
        self._network = FlitNetwork(config) if simple(config) else _AnyNetwork(config)
        self._empty = config.latency(0, 0)

    def schedule(self, messages: TimedMessages, grid: Grid, costs: StepCosts, recorded: bool = False) -> Schedule:
        """Schedule of messages in this network."""
        result = empty_schedule(messages, grid.cores, recorded)
        for low, high in _blocks(messages.step_start):
            part = messages.part(low, high)
            served = self._network.run(*packets_of(part, grid.cores, self.clock))
            rows = slice(messages.step_start[low], messages.step_start[high])
            moments = (column[rows] for column in result[2:])
            own = Schedule(result.ends[low:high], result.blocked[low:high], *moments)
            _collect(part, served, self.clock, self._empty, recorded, own)
        return result


class _AnyNetwork:
    """A network of whatever kind, for packets of one flit."""

    def __init__(self, config: NocConfig) -> None:
        self._network = Network(config)

    def run(self, step_start: NDArray, source: NDArray, target: NDArray, gap: NDArray, service: NDArray) -> Served:
        """Run steps, one after the other."""
        times = self._network.run(Work.of(step_start, source, target, gap, service))
        return Served(times.t_ready, times.t_inject, times.t_tail, times.t_end)


def _blocks(step_start: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Steps in blocks whose messages fit the processor's cache, one step at least."""
    low, steps = 0, len(step_start) - 1
    while low < steps:
        high = int(np.searchsorted(step_start, step_start[low] + BLOCK, side="right")) - 1
        high = max(high, low + 1)
        yield low, high
        low = high


def packets_of(messages: TimedMessages, cores: int, clock: int) -> tuple[NDArray[np.int64], ...]:
    """First packet of each step; source, target, gap and service of the packets, in cycles."""
    is_packet = messages.destination != TAIL
    rows = np.flatnonzero(is_packet)
    first = np.concatenate([[0], np.cumsum(is_packet)])[messages.step_start]
    packets = np.empty((4, len(rows)), np.int64)
    packets[0], packets[1] = messages.source[rows], messages.destination[rows]
    _in_cycles(messages, clock, np.zeros(cores, np.int64), packets[2], packets[3])
    return first, *packets


@inner
def _in_cycles(messages: TimedMessages, clock: int, received: np.ndarray, gap: np.ndarray, service: np.ndarray) -> None:
    """Durations in cycles: differences of the rounded sums of a core's durations in a step."""
    packet = 0
    half = clock // 2
    for step in range(messages.step_start.size - 1):
        received[:] = 0
        before, sent = -1, 0
        for i in range(messages.step_start[step], messages.step_start[step + 1]):
            source, destination = messages.source[i], messages.destination[i]
            if source != before:
                before, sent = source, 0
            if destination == TAIL:
                continue
            gap[packet] = (sent + messages.gen[i] + half) // clock - (sent + half) // clock
            sent += messages.gen[i]
            queued = received[destination]
            service[packet] = (queued + messages.proc[i] + half) // clock - (queued + half) // clock
            received[destination] = queued + messages.proc[i]
            packet += 1


@inner
def _collect(messages: TimedMessages, served: Served, clock: int, empty: int, recorded: bool, result: Schedule) -> None:
    packet = 0
    for step in range(messages.step_start.size - 1):
        ends = result.ends[step]
        before, sent = -1, 0
        for i in range(messages.step_start[step], messages.step_start[step + 1]):
            source, destination = messages.source[i], messages.destination[i]
            if source != before:
                before, sent = source, 0
            if destination == TAIL:
                sent += messages.gen[i]
                end_at(ends, LAST_TAIL, sent, source)
            else:
                sent = served.sent[packet] * clock
                end_at(ends, LAST_SENT, sent, source)
                end_at(ends, LAST_DONE, (served.done[packet] - empty) * clock, destination)
                result.blocked[step, source] += sent - served.ready[packet] * clock
                if recorded:
                    result.arrived[i] = (served.arrived[packet] - empty) * clock
                    result.served[i] = (served.done[packet] - empty) * clock
                packet += 1
            if recorded:
                result.sent[i] = sent
