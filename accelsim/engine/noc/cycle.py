"""Replay of packet lists, cycle by cycle."""

from __future__ import annotations

import numpy as np

from accelsim.engine.noc.config import LOCAL, NocConfig
from accelsim.engine.noc.jobs import complete, job_of, routers_on_the_way
from accelsim.engine.noc.layout import Net, allocate
from accelsim.engine.noc.packets import Delivered, Packets, Traffic


def replay(config: NocConfig, packets: Packets) -> Delivered:
    """Send packets through a network that is empty before and after.

    Raises
    ------
    ConfigError
        If the packets do not fit the network.
    """
    packets.check(config)
    shape, net = allocate(config)
    job = job_of(config, shape, net, packets, [0, len(packets)])
    complete(shape, net, job)
    injected = np.zeros(config.networks * config.cores, np.int64)
    np.add.at(injected, job.source, packets.size)
    return Delivered(
        job.t_inject, job.t_head, job.t_tail, routers_on_the_way(config, packets), traffic_of(config, net),
        injected.reshape(config.networks, config.routers, config.terminals),
    )  # fmt: skip


def traffic_of(config: NocConfig, net: Net) -> Traffic:
    """What has flowed through a network so far."""
    shape = (config.networks, config.routers, LOCAL + config.terminals)
    return Traffic(net.flits.reshape(shape).copy(), net.heads.reshape(shape).copy())
