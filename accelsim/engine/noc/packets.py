"""Lists of packets, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accelsim.config.errors import ConfigError, Problem
from accelsim.engine.noc.config import LOCAL, NocConfig

Integers = NDArray[np.int64]
MAX_PACKETS = 1 << 29


@dataclass(frozen=True, eq=False)
class Packets:
    """Packets in list order.

    Attributes
    ----------
    src : int[packets]
        Sending core.
    dst : int[deliveries]
        Receiving cores; without multicast one for each packet.
    size : int[packets]
        Flits.  A multicast packet is one flit: longer ones could deadlock.
    t_create : int[packets]
        Cycle in which a packet enters its core's unbounded queue; packets of one cycle in list order.
    dst_start : int[packets + 1] or None
        Packet p goes to the cores ``dst[dst_start[p]:dst_start[p + 1]]``, which must differ; None without multicast.
    """

    src: Integers
    dst: Integers
    size: Integers
    t_create: Integers
    dst_start: Integers | None = None

    @classmethod
    def of(
        cls,
        src: ArrayLike,
        dst: ArrayLike,
        size: ArrayLike = 1,
        t_create: ArrayLike = 0,
        dst_start: ArrayLike | None = None,
    ) -> Packets:
        """Packets from anything like an array; a single `size` or `t_create` holds for all."""
        sources = np.asarray(src, np.int64)
        start = None if dst_start is None else np.asarray(dst_start, np.int64)
        spread = [np.broadcast_to(np.asarray(a, np.int64), sources.shape).copy() for a in (size, t_create)]
        return cls(sources, np.asarray(dst, np.int64), spread[0], spread[1], start)

    def __len__(self) -> int:
        return len(self.src)

    @property
    def starts(self) -> Integers:
        """Where each packet's destinations start, and their end."""
        return np.arange(len(self.src) + 1) if self.dst_start is None else self.dst_start

    @property
    def packet_of(self) -> Integers:
        """Packet of each delivery."""
        return np.repeat(np.arange(len(self.src)), np.diff(self.starts))

    def check(self, config: NocConfig) -> None:
        """Raise `ConfigError` if the network cannot take these packets."""
        problems = []
        for name, low, high in (("src", 0, config.cores), ("dst", 0, config.cores),
                                ("size", 1, 1 << 20), ("t_create", 0, 1 << 48)):  # fmt: skip
            values = getattr(self, name)
            wrong = np.flatnonzero((values < low) | (values >= high))
            if wrong.size:
                at = int(wrong[0])
                problems.append(Problem(path=f"{name}[{at}]", message=f"{values[at]} is not from {low} to {high - 1}"))
        starts = self.starts
        if len(self.src) >= MAX_PACKETS or len(self.dst) >= MAX_PACKETS:
            problems.append(Problem(path="packets", message=f"more than {MAX_PACKETS - 1}"))
        lengths = {len(self.src), len(self.size), len(self.t_create), len(starts) - 1}
        if len(lengths) > 1 or starts[-1] != len(self.dst) or starts[0] != 0 or np.any(np.diff(starts) < 1):
            problems.append(Problem(path="dst_start", message="does not fit the numbers of packets and destinations"))
        elif self.dst_start is not None:
            long = np.flatnonzero((np.diff(starts) > 1) & (self.size > 1))
            if long.size:
                message = f"a multicast packet is one flit, not {self.size[long[0]]}"
                problems.append(Problem(path=f"size[{long[0]}]", message=message))
            pairs = np.stack([self.packet_of, self.dst])
            if len(np.unique(pairs, axis=1).T) != len(self.dst):
                problems.append(Problem(path="dst", message="a packet has the same destination twice"))
        if problems:
            raise ConfigError(problems)


@dataclass(frozen=True, eq=False)
class Traffic:
    """What flowed where, over a run.

    Attributes
    ----------
    flits : int[networks, routers, ports]
        Flits through each router's crossbar to each output port, in the order x+1, x-1, y+1, y-1, terminals.
    heads : int[networks, routers, ports]
        Packets among them: allocations of a virtual channel.
    """

    flits: Integers
    heads: Integers

    @property
    def flit_hops(self) -> int:
        """Flits through routers: crossbar traversals, buffer reads and crossbar allocations alike."""
        return int(self.flits.sum())

    @property
    def link_flits(self) -> Integers:
        """Flits over the links between routers: int[networks, routers, 4]."""
        return self.flits[..., :LOCAL]


@dataclass(frozen=True, eq=False)
class Delivered:
    """When packets moved.

    Attributes
    ----------
    t_inject : int[packets]
        Cycle in which the head leaves the sending terminal.
    t_head, t_tail : int[deliveries]
        Cycle in which the receiving terminal takes the head and the tail.
    routers : int[deliveries]
        Routers on the way.
    traffic : Traffic
    injected : int[networks, routers, terminals]
        Flits that entered at each terminal.
    """

    t_inject: Integers
    t_head: Integers
    t_tail: Integers
    routers: Integers
    traffic: Traffic
    injected: Integers

    @property
    def flit_hops(self) -> int:
        """Flits through routers."""
        return self.traffic.flit_hops

    def buffer_writes(self) -> int:
        """Flits written to router buffers: those that came over links or from terminals."""
        return int(self.traffic.link_flits.sum() + self.injected.sum())
