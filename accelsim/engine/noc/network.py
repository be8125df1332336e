"""A network between cores that wait for it: sources held back, receivers that take time.

This is the form that the timing of many cores needs.  In every step each core has a list of packets.  It spends `gap`
cycles on a packet, counted from the cycle in which the packet before was sent (the step's begin for the first), and
then offers it to the network.  The head may have to wait for room in the router, and the core with it: that is
back-pressure.  At the other end a packet waits in the receiving core's queue, in order of arrival, until the core has
done with those before; it keeps its `service` cycles.  Its flits leave the queue, and credits return, when the service
starts.  A step ends when every packet is served and every credit is back; the next one starts with an empty network,
but the round-robin pointers of the routers stay where they are, as in hardware.

With one virtual channel, look-ahead routing and an empty network a packet sent in cycle t reaches the core at
t + `config.latency(hops_x, hops_y, size)`: 4 cycles for the ways between cores and routers, `router_latency()` for each
router, link + 1 for each hop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from accelsim.config.errors import ConfigError, Problem
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.cycle import traffic_of
from accelsim.engine.noc.jobs import complete, job_of
from accelsim.engine.noc.layout import allocate
from accelsim.engine.noc.packets import Integers, Packets, Traffic


@dataclass(frozen=True, eq=False)
class Work:
    """Packets of several steps, each core's in sending order.

    Attributes
    ----------
    step_start : int[steps + 1]
        First packet of each step.
    src, dst, size, gap : int[packets]
        Sending and receiving core, flits, and cycles from the sending of the core's packet before to readiness.
        With `dst_start`, `dst` has the destinations of all packets one after the other (see `Packets`).
    service : int[deliveries]
        Cycles that the receiver takes.
    """

    step_start: Integers
    src: Integers
    dst: Integers
    size: Integers
    gap: Integers
    service: Integers
    dst_start: Integers | None = None

    @classmethod
    def of(
        cls,
        step_start: ArrayLike,
        src: ArrayLike,
        dst: ArrayLike,
        gap: ArrayLike,
        service: ArrayLike,
        size: ArrayLike = 1,
        dst_start: ArrayLike | None = None,
    ) -> Work:
        """Work from anything like arrays; single values of `gap`, `service` and `size` hold for all."""
        packets = Packets.of(src, dst, size, gap, dst_start)
        times = np.broadcast_to(np.asarray(service, np.int64), packets.dst.shape).copy()
        steps = np.asarray(step_start, np.int64)
        return cls(steps, packets.src, packets.dst, packets.size, packets.t_create, times, packets.dst_start)

    @property
    def packets(self) -> Packets:
        """The packets, with gaps for their creation times."""
        return Packets(self.src, self.dst, self.size, self.gap, self.dst_start)


@dataclass(frozen=True, eq=False)
class Served:
    """What became of the packets of several steps, in cycles from the begin of each packet's step.

    Attributes
    ----------
    t_ready, t_inject : int[packets]
        Cycle in which a packet was offered, and that in which its head left the core.  The difference is the time for
        which the core was held back, or still sent the packet before.
    t_head, t_tail : int[deliveries]
        Cycle in which the receiving core's queue takes the head and the tail.
    t_start, t_end : int[deliveries]
        Begin and end of the service.
    step_end : int[steps]
        End of the last service, 0 in a step without packets.
    traffic : Traffic
        Flits and packets by output port, over all steps.
    """

    t_ready: Integers
    t_inject: Integers
    t_head: Integers
    t_tail: Integers
    t_start: Integers
    t_end: Integers
    step_end: Integers
    traffic: Traffic


class Network:
    """A network that keeps its buffers and round-robin pointers from run to run.

    Parameters
    ----------
    config : its `receive_buffer` is the receive queue of a core, per virtual channel and network
    """

    def __init__(self, config: NocConfig) -> None:
        self.config = config
        self._shape, self._net = allocate(config)

    def run(self, work: Work) -> Served:
        """Run steps, one after the other.

        Raises
        ------
        ConfigError
            If the packets do not fit the network, or a packet is larger than the receive queue.
        """
        packets = work.packets
        packets.check(self.config)
        _check(work, self.config)
        shape, net = self._shape, self._net
        net.flits[:] = 0
        net.heads[:] = 0
        job = job_of(self.config, shape, net, packets, work.step_start, work.service)
        complete(shape, net, job)
        steps = np.diff(work.step_start)
        begin = np.repeat(job.step_begin, steps)
        begins = begin if packets.dst_start is None else begin[packets.packet_of]
        t_end = job.t_end - begins
        step_end = np.zeros(len(steps), np.int64)
        if len(t_end):
            full = steps > 0
            step_end[full] = np.maximum.reduceat(t_end, packets.starts[work.step_start[:-1][full]])
        return Served(
            job.t_ready - begin, job.t_inject - begin, job.t_head - begins, job.t_tail - begins,
            job.t_start - begins, t_end, step_end, traffic_of(self.config, net),
        )  # fmt: skip


def _check(work: Work, config: NocConfig) -> None:
    problems = []
    large = np.flatnonzero(work.size > config.receive_buffer)
    if large.size:
        message = f"{work.size[large[0]]} flits do not fit a receive queue of {config.receive_buffer}"
        problems.append(Problem(path=f"size[{large[0]}]", message=message))
    starts = work.step_start
    if starts[0] != 0 or starts[-1] != len(work.src) or np.any(np.diff(starts) < 0):
        problems.append(Problem(path="step_start", message=f"does not divide {len(work.src)} packets into steps"))
    negative = np.flatnonzero(work.service < 0)
    if len(work.service) != len(work.dst):
        problems.append(Problem(path="service", message=f"{len(work.service)} values for {len(work.dst)} deliveries"))
    elif negative.size:
        message = f"{work.service[negative[0]]} is not >= 0"
        problems.append(Problem(path=f"service[{negative[0]}]", message=message))
    if problems:
        raise ConfigError(problems)
