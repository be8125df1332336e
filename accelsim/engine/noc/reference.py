"""The reference engine of networks on chip: routers and cores as SimPy processes, to be read and to be compared with.

It follows the description of the router stage by stage, from its own data structures and with a plain iSLIP, and shares
only the routing function with the compiled loop.  It takes about a thousand times as long.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import simpy

from accelsim.config.errors import ConfigError, Problem
from accelsim.engine.noc.config import LOCAL, NocConfig
from accelsim.engine.noc.jobs import NEVER, routers_on_the_way
from accelsim.engine.noc.network import Served, Work
from accelsim.engine.noc.packets import Delivered, Packets, Traffic
from accelsim.engine.noc.reference_router import Component, Flit, Router
from accelsim.engine.noc.routing import ways

TO_ROUTER = 2
"""Cycles between a core and its router."""


@dataclass
class Log:
    """Cycles of what happened to packets and deliveries."""

    config: NocConfig
    packets: Packets
    service: np.ndarray | None
    deliveries: dict[tuple[int, int], int] = field(init=False)

    def __post_init__(self) -> None:
        pairs = zip(self.packets.packet_of.tolist(), self.packets.dst.tolist(), strict=True)
        several = np.diff(self.packets.starts) > 1
        self.ways = np.where(several, 0, ways(self.config, len(self.packets)))
        self.deliveries = {pair: delivery for delivery, pair in enumerate(pairs)}
        self.t_ready, self.t_inject = (np.full(len(self.packets), NEVER, np.int64) for _ in range(2))
        self.t_head, self.t_tail, self.t_start, self.t_end = (
            np.full(len(self.packets.dst), NEVER, np.int64) for _ in range(4)
        )


class Core(Component):
    """A core as the network sees it: a source and a receive queue."""

    def __init__(self, env: simpy.Environment, config: NocConfig, number: int, routers: list[Router], log: Log) -> None:
        self.config, self.number, self.log = config, number, log
        self.queue: deque[int] = deque()
        self.flits: deque[Flit] = deque()
        self.last_vc = config.vcs - 1
        self.ready = 0
        self.credits = [config.buffer] * config.vcs
        self.received: deque[tuple[int, int, int]] = deque()
        self.tails: list[tuple[int, int, int]] = []
        self.free_at = 0
        self.routers = [router for router in routers if router.number == number // config.terminals]
        self.port = LOCAL + number % config.terminals
        self.home = number % config.networks
        for network, router in enumerate(self.routers):
            router.send_flit[self.port] = partial(self._on_flit, network)
            router.send_credit[self.port] = self._on_credit
        super().__init__(env)

    def _on_flit(self, network: int, now: int, flit: Flit, vc: int) -> None:
        self.deliver(now + TO_ROUTER, self._take, network, flit, vc)

    def _on_credit(self, now: int, vc: int) -> None:
        self.deliver(now + TO_ROUTER, self._take_credit, vc)

    def _take_credit(self, vc: int) -> None:
        self.credits[vc] += 1

    def _take(self, network: int, flit: Flit, vc: int) -> None:
        now, log = int(self.env.now), self.log
        delivery = log.deliveries[flit.packet, self.number]
        if flit.head:
            log.t_head[delivery] = now
        if log.service is None:
            self._return(now, network, vc)
        if flit.tail:
            log.t_tail[delivery] = now
            self.tails.append((network, delivery, vc))

    def _return(self, now: int, network: int, vc: int) -> None:
        router = self.routers[network]
        router.deliver(now + TO_ROUTER + self.config.credit, router.take_credit, self.port, vc)

    def begin(self, packets: list[int]) -> None:
        """Start a step with these packets to send."""
        self.queue.extend(packets)
        if packets:
            self._next(int(self.env.now), int(self.env.now))

    def _next(self, base: int, now: int) -> None:
        """Turn to the next packet, whose time counts from `base`."""
        packet = self.queue.popleft()
        log, packets = self.log, self.log.packets
        self.ready = int(packets.t_create[packet]) + base
        log.t_ready[packet] = self.ready
        size = int(packets.size[packet])
        targets = tuple(packets.dst[packets.starts[packet] : packets.starts[packet + 1]].tolist())
        way = int(log.ways[packet])
        self.flits.extend(Flit(packet, i == 0, i == size - 1, targets, way) for i in range(size))
        self.deliver(max(self.ready, now), lambda: None)

    def act(self, now: int) -> bool:
        """Serve the receive queue, then send a flit."""
        self.received.extend(sorted(self.tails))
        self.tails.clear()
        if self.log.service is not None:
            self._serve(now)
        if self.flits and self.ready <= now:
            self._send(now)
        return bool(self.flits) and self.ready <= now + 1

    def _serve(self, now: int) -> None:
        log = self.log
        assert log.service is not None
        while self.received and self.free_at <= now:
            network, delivery, vc = self.received.popleft()
            self.free_at = now + int(log.service[delivery])
            log.t_start[delivery], log.t_end[delivery] = now, self.free_at
            for _ in range(int(log.packets.size[log.packets.packet_of[delivery]])):
                self._return(now, network, vc)
            self.deliver(self.free_at, lambda: None) if self.free_at > now else None

    def _send(self, now: int) -> None:
        """Send the next flit if a channel has room: the one after the last used, for a head."""
        flit, vcs = self.flits[0], self.config.vcs
        turns = [(self.last_vc + 1 + i) % vcs for i in range(vcs)] if flit.head else [self.last_vc]
        vc = next((vc for vc in turns if self.credits[vc]), None)
        if vc is None:
            return
        self.flits.popleft()
        self.last_vc = vc
        self.credits[vc] -= 1
        if flit.head:
            self.log.t_inject[flit.packet] = now
        router = self.routers[self.home]
        router.deliver(now + TO_ROUTER, router.take_flit, self.port, flit, vc)
        if flit.tail and self.queue:
            base = int(self.log.t_inject[flit.packet]) if self.log.service is not None else 0
            self._next(base, now + 1)


def replay(config: NocConfig, packets: Packets) -> Delivered:
    """The same as :func:`accelsim.engine.noc.cycle.replay`."""
    packets.check(config)
    log = Log(config, packets, None)
    env, routers, cores = _build(config, log)
    order = np.argsort(packets.t_create, kind="stable").tolist()
    _send_all(env, cores, packets, order)
    _arrived(log)
    injected = np.zeros((config.networks, config.cores), np.int64)
    np.add.at(injected, (packets.src % config.networks, packets.src), packets.size)
    return Delivered(
        log.t_inject, log.t_head, log.t_tail, routers_on_the_way(config, packets), _traffic(config, routers),
        injected.reshape(config.networks, config.routers, config.terminals),
    )  # fmt: skip


def run(config: NocConfig, work: Work) -> Served:
    """The same as :meth:`accelsim.engine.noc.network.Network.run` of a new network."""
    packets = work.packets
    packets.check(config)
    log = Log(config, packets, work.service)
    env, routers, cores = _build(config, log)
    ends = np.zeros(len(work.step_start) - 1, np.int64)
    for step, (low, high) in enumerate(zip(work.step_start[:-1], work.step_start[1:], strict=True)):
        begin = int(env.now)
        _send_all(env, cores, packets, list(range(low, high)))
        first, last = packets.starts[low], packets.starts[high]
        for times in (log.t_ready[low:high], log.t_inject[low:high]):
            times -= begin
        for times in (log.t_head, log.t_tail, log.t_start, log.t_end):
            times[first:last] -= begin
        ends[step] = log.t_end[first:last].max(initial=0)
    _arrived(log)
    return Served(
        log.t_ready, log.t_inject, log.t_head, log.t_tail, log.t_start, log.t_end, ends, _traffic(config, routers)
    )


def _build(config: NocConfig, log: Log) -> tuple[simpy.Environment, list[Router], list[Core]]:
    """Routers and cores, connected."""
    env = simpy.Environment()
    routers = [Router(env, config, n) for _ in range(config.networks) for n in range(config.routers)]
    for network in range(config.networks):
        own = routers[network * config.routers :][: config.routers]
        at = {(router.x, router.y): router for router in own}
        for router in own:
            for port, (dx, dy) in enumerate(((1, 0), (-1, 0), (0, 1), (0, -1))):
                place = router.x + dx, router.y + dy
                if config.torus:
                    place = place[0] % config.width, place[1] % config.height
                if place in at:
                    _connect(config, router, port, at[place])
    return env, routers, [Core(env, config, number, routers, log) for number in range(config.cores)]


def _connect(config: NocConfig, router: Router, port: int, other: Router) -> None:
    """Lead an output of a router, and the credits of the input at the same port, to a neighbour."""
    delay = (config.link_x if port < 2 else config.link_y) + 1

    def send_flit(now: int, flit: Flit, vc: int) -> None:
        other.deliver(now + delay, other.take_flit, port ^ 1, flit, vc)

    def send_credit(now: int, vc: int) -> None:
        other.deliver(now + delay + config.credit, other.take_credit, port ^ 1, vc)

    router.send_flit[port], router.send_credit[port] = send_flit, send_credit


def _send_all(env: simpy.Environment, cores: list[Core], packets: Packets, order: list[int]) -> None:
    """Let the cores send packets, and wait until nothing moves any more."""
    for core in cores:
        core.begin([packet for packet in order if packets.src[packet] == core.number])
    env.run()


def _arrived(log: Log) -> None:
    missing = int((log.t_tail == NEVER).sum())
    if missing:
        message = f"deadlock: {missing} of {len(log.t_tail)} packets never arrive"
        raise ConfigError(Problem(path="interconnect", message=message))


def _traffic(config: NocConfig, routers: list[Router]) -> Traffic:
    shape = (config.networks, config.routers, config.ports)
    flits, heads = ([getattr(router, what) for router in routers] for what in ("flits", "heads"))
    return Traffic(np.array(flits, np.int64).reshape(shape), np.array(heads, np.int64).reshape(shape))
