"""Packets as jobs of the cycle loop."""

from __future__ import annotations

from typing import Any

import numpy as np

from accelsim.config.errors import ConfigError, Problem
from accelsim.engine.noc.config import NocConfig
from accelsim.engine.noc.layout import Net, Shape
from accelsim.engine.noc.loop import run
from accelsim.engine.noc.multicast import trees
from accelsim.engine.noc.packets import Integers, Packets
from accelsim.engine.noc.routing import ways
from accelsim.engine.noc.terminals import Job

NEVER = -1


def job_of(config: NocConfig, shape: Shape, net: Net, packets: Packets, step_start: Any, service: Any = None) -> Job:
    """Lay packets out for the loop.

    Parameters
    ----------
    packets : with cycles of creation, or with gaps if there is a `service`
    step_start : int[steps + 1], first packet of each step; packets of a step join their queues by `t_create`, or in
        list order if there is a `service`
    service : int[deliveries] or None, cycles that receivers take; sources are then held back by the network
    """
    network = packets.src % config.networks * config.cores
    source = (packets.src + network).astype(np.int32)
    starts = packets.starts
    target = packets.dst + network[packets.packet_of]
    copies = trees(config, shape, net, source, target, starts)
    # A tree is made for the positive way.
    copies[4][: len(packets)] = ways(config, len(packets)) * (np.diff(starts) == 1)
    order = np.arange(len(packets))
    if service is None:
        order = np.argsort(packets.t_create, kind="stable")
    deliveries = len(packets.dst)

    def never(size: int) -> Integers:
        return np.full(size, NEVER, np.int64)

    return Job(
        int(service is not None), int(service is not None), order.astype(np.int32),
        np.asarray(step_start, np.int64), source, packets.size.astype(np.int32),
        np.ascontiguousarray(packets.t_create, np.int64),
        np.zeros(0, np.int64) if service is None else np.ascontiguousarray(service, np.int64),
        np.zeros(0, np.int32) if service is None else packets.size[packets.packet_of].astype(np.int32),
        packets.dst.astype(np.int32), *copies,
        np.zeros(len(packets), np.int32), never(len(step_start) - 1), never(len(packets)), never(len(packets)),
        never(deliveries), never(deliveries), never(0 if service is None else deliveries),
        never(0 if service is None else deliveries), np.zeros(0 if service is None else deliveries, np.int32),
        np.zeros(0 if service is None else deliveries, np.int32),
    )  # fmt: skip


def complete(shape: Shape, net: Net, job: Job) -> None:
    """Run a job to its end.

    Raises
    ------
    ConfigError
        If packets wait for each other for ever.
    """
    done = run(shape, net, job)
    if done != len(job.t_tail):
        message = f"deadlock: {len(job.t_tail) - done} of {len(job.t_tail)} packets never arrive"
        raise ConfigError(Problem(path="interconnect", message=message))


def routers_on_the_way(config: NocConfig, packets: Packets) -> Integers:
    """Routers that each delivery passes."""
    (x, y), (to_x, to_y) = (config.positions(cores) for cores in (packets.src[packets.packet_of], packets.dst))
    dx, dy = abs(to_x - x), abs(to_y - y)
    if config.torus:
        dx, dy = np.minimum(dx, config.width - dx), np.minimum(dy, config.height - dy)
    return dx + dy + 1
