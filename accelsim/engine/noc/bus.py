"""A bus that all cores share.

One packet has the bus at a time.  When the bus is free and packets wait, the arbiter takes `arbitration` cycles to give
it to a core, round robin, starting after the core that had it last; then the packet takes `flit` cycles for each of its
flits.  All cores listen, so a packet for several of them is sent once, whatever its size.  A core's packets stay in
order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np
import simpy

from accelsim.architecture.interconnect import Interconnect
from accelsim.config.errors import ConfigError, Problem
from accelsim.datapath.compile import inner
from accelsim.engine.noc.config import MAX_LATENCY, NocConfig
from accelsim.engine.noc.packets import Integers, Packets


@dataclass(frozen=True)
class BusConfig:
    """A bus.

    Attributes
    ----------
    cores : cores on it
    arbitration : cycles of choosing the next sender
    flit : cycles of a flit
    """

    cores: int
    arbitration: int = 1
    flit: int = 1

    def __post_init__(self) -> None:
        bounds = {"cores": (1, 1 << 20), "arbitration": (0, MAX_LATENCY), "flit": (1, MAX_LATENCY)}
        problems = [
            Problem(path=name, message=f"{getattr(self, name)} is not from {low} to {high}")
            for name, (low, high) in bounds.items()
            if not low <= getattr(self, name) <= high
        ]
        if problems:
            raise ConfigError(problems)


@dataclass(frozen=True, eq=False)
class Carried:
    """When packets had the bus.

    Attributes
    ----------
    t_grant, t_inject : int[packets]
        Cycle in which the arbiter turned to the packet, and that in which its head is put on the bus.
    t_head, t_tail : int[deliveries]
        Cycle in which its receivers have the head and the tail.
    busy_cycles : int
        Cycles in which flits were on the bus.
    """

    t_grant: Integers
    t_inject: Integers
    t_head: Integers
    t_tail: Integers
    busy_cycles: int


def bus_config(interconnect: Interconnect, cores: int) -> BusConfig:
    """The bus that an architecture describes."""
    return BusConfig(cores, interconnect.bus.arbitration_cycles, interconnect.bus.flit_cycles)


def replay(config: BusConfig, packets: Packets) -> Carried:
    """Send packets over a bus, compiled.

    Raises
    ------
    ConfigError
        If a packet's cores are not on the bus.
    """
    _check(config, packets)
    order = np.argsort(packets.t_create, kind="stable")
    t_grant = np.zeros(len(packets), np.int64)
    queues = np.full((2, config.cores), -1, np.int64)
    following = np.full(len(packets), -1, np.int64)
    busy = packets.size * config.flit
    _share(config.arbitration, packets.src, busy, packets.t_create, order, queues, following, t_grant)
    return _carried(config, packets, t_grant)


def reference(config: BusConfig, packets: Packets) -> Carried:
    """The same as SimPy processes: a source that queues packets, and an arbiter."""
    _check(config, packets)
    env = simpy.Environment()
    queues: list[deque[int]] = [deque() for _ in range(config.cores)]
    t_grant = np.zeros(len(packets), np.int64)
    arrival = [env.event()]

    def source() -> Generator[simpy.Event, Any, None]:
        for packet in np.argsort(packets.t_create, kind="stable").tolist():
            if packets.t_create[packet] > env.now:
                yield env.timeout(int(packets.t_create[packet]) - env.now)
            queues[packets.src[packet]].append(packet)
            if not arrival[0].triggered:
                arrival[0].succeed()

    def arbiter() -> Generator[simpy.Event, Any, None]:
        turn = 0
        while True:
            if not any(queues):
                arrival[0] = env.event()
                yield arrival[0]
            # Packets that are queued in this very cycle take part.
            yield env.timeout(0)
            turn = next(core % config.cores for core in range(turn, turn + config.cores) if queues[core % config.cores])
            packet = queues[turn].popleft()
            t_grant[packet] = env.now
            yield env.timeout(config.arbitration + int(packets.size[packet]) * config.flit)
            turn += 1

    env.process(source())
    env.process(arbiter())
    env.run()
    return _carried(config, packets, t_grant)


def _check(config: BusConfig, packets: Packets) -> None:
    """Packets are checked as for a row of cores; multicast may be of any size."""
    starts = packets.starts
    row = NocConfig(min(config.cores, 1024), -(-config.cores // 1024))
    Packets(packets.src, packets.dst, np.minimum(packets.size, 1), packets.t_create, packets.dst_start).check(row)
    for name in ("src", "dst"):
        wrong = np.flatnonzero(getattr(packets, name) >= config.cores)
        if wrong.size:
            message = f"{getattr(packets, name)[wrong[0]]} is not from 0 to {config.cores - 1}"
            raise ConfigError(Problem(path=f"{name}[{wrong[0]}]", message=message))
    assert starts[-1] == len(packets.dst)


def _carried(config: BusConfig, packets: Packets, t_grant: Integers) -> Carried:
    t_inject = t_grant + config.arbitration
    of = packets.packet_of
    t_tail = (t_inject + packets.size * config.flit)[of]
    return Carried(t_grant, t_inject, t_inject[of] + config.flit, t_tail, int(packets.size.sum()) * config.flit)


@inner
def _share(
    arbitration: int, src: Any, busy: Any, t_create: Any, order: Any, queues: Any, following: Any, t_grant: Any
) -> None:
    """Give the bus to one packet after the other; `queues` are the first and last packet of each core's queue."""
    cores = queues.shape[1]
    now, turn, arrived, waiting = 0, 0, 0, 0
    for _ in range(len(order)):
        if waiting == 0:
            now = max(now, t_create[order[arrived]])
        while arrived < len(order) and t_create[order[arrived]] <= now:
            packet = order[arrived]
            core = src[packet]
            if queues[0, core] < 0:
                queues[0, core] = packet
            else:
                following[queues[1, core]] = packet
            queues[1, core] = packet
            arrived += 1
            waiting += 1
        while queues[0, turn] < 0:
            turn = turn + 1 if turn + 1 < cores else 0
        packet = queues[0, turn]
        queues[0, turn] = following[packet]
        waiting -= 1
        t_grant[packet] = now
        now += arbitration + busy[packet]
        turn = turn + 1 if turn + 1 < cores else 0
