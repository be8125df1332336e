"""A network on flat arrays: what never changes, and its state.

A virtual channel has one number for the input and the output of its router: g = (router * ports + port) * vcs + vc.
Terminals are numbered across the networks: network * cores + core.  A credit count has the number of its output
channel, or, for the way from a terminal into its router, channels + terminal * vcs + vc.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from accelsim.engine.noc.config import LOCAL, NocConfig

FREE = -1


class Shape(NamedTuple):
    """Sizes and delays; `decide` and the loop take them as plain integers."""

    width: int
    height: int
    torus: int
    ports: int
    vcs: int
    buffer: int
    routing: int
    crossbar: int
    routing_batch: int
    """Length of a routing batch that is not pipelined, or 0."""
    crossbar_batch: int
    allocation: int
    allocation_batch: int
    single_cycle: int
    credit: int
    channels: int
    terminals: int
    """Terminals of all networks."""
    cores: int
    slots: int
    """Length of the timing wheels, a power of two."""
    flit_room: int
    """Entries of a wheel slot."""
    return_room: int
    """Credits that can be on their way to one count."""


class Net(NamedTuple):
    """Tables and state of a network; N channels, Q ports, R routers, T terminals."""

    port_of: Any  # int32[N]
    router_of: Any  # int32[N]
    bit_of: Any  # int32[N]: place in its router's sets
    vc_of: Any  # int32[N]
    x_of: Any  # int32[R]
    y_of: Any  # int32[R]
    home: Any  # int32[T]: first channel of a terminal's port
    flit_to: Any  # int32[Q]: first channel that an output leads to; terminals follow after the channels
    flit_delay: Any  # int32[Q]
    credit_to: Any  # int32[Q]: first count that an input's credits go to
    credit_delay: Any  # int32[Q]
    classes: Any  # int64[Q, 2]: channels that a packet of a class may have
    fifo: Any  # int32[N, buffer]
    head: Any  # int32[N]
    fill: Any  # int32[N]
    busy: Any  # int8[N]: a packet is at the front
    branch: Any  # int32[N]: copies of the front flit that have left
    owns: Any  # int32[N]: output channel of the front packet
    owner: Any  # int32[N]: input channel that has an output channel
    free: Any  # int64[Q]: output channels without an owner
    credits: Any  # int32[N + T * vcs]
    waiting: Any  # int64[Q, 2]: inputs that wait for a channel, by class
    grant_at: Any  # int32[N]: round-robin pointers of channel allocation
    accept_at: Any  # int32[N]
    accepted: Any  # int64[N]: channels granted to an input
    ready: Any  # int64[R]: inputs that ask for the crossbar in this cycle
    active: Any  # int32[R]: scratch: routers with such inputs
    port_grant_at: Any  # int32[Q]: the same of crossbar allocation
    port_accept_at: Any  # int32[Q]
    vc_at: Any  # int32[Q]
    batch: Any  # int64[R, 3]: start of the last batch of routing, of crossbar and of crossbar allocation
    due: Any  # int64[N]: cycle in which a channel's request for the crossbar is decided, if allocation takes several
    left: Any  # int64[Q]: when the last flit left an output
    flits: Any  # int64[Q]
    heads: Any  # int64[Q]
    flit_where: Any  # int32[slots, flit_room]
    flit_what: Any  # int32[slots, flit_room]
    flit_count: Any  # int32[slots]
    returns: Any  # int64[N + T * vcs, return_room]: when credits come back
    first_return: Any  # int32[N + T * vcs]
    returning: Any  # int32[N + T * vcs]
    awaited: Any  # int8[N + T * vcs]: whether someone waits for a credit, and when it arrives is known
    wake_where: Any  # int32[slots, N + T * vcs]: counts whose awaited credit arrives
    wake_count: Any  # int32[slots]
    front_where: Any  # int32[slots, N]
    front_count: Any  # int32[slots]
    pending: Any  # int64[1]: entries of all wheels
    outputs: Any  # int32[2, Q]: outputs to be allocated in even and odd cycles
    output_count: Any  # int32[2]
    output_stamp: Any  # int64[Q]
    movers: Any  # int32[2, N]: channels whose front flit asks for the crossbar
    mover_count: Any  # int32[2]
    senders: Any  # int32[2, T]
    sender_count: Any  # int32[2]
    heap: Any  # int64[T + cores]: time * (T + cores) + terminal, or T + core
    heap_count: Any  # int64[1]
    packet: Any  # int32[T]: packet that a terminal sends
    sent: Any  # int32[T]: its flits sent
    last_vc: Any  # int32[T]
    blocked: Any  # int8[T]: waits for a credit
    last_packet: Any  # int32[T]
    serving: Any  # int8[cores]
    tails: Any  # int32[2, cores]: deliveries that came complete in this cycle, by network
    tail_count: Any  # int32[2]
    first_queued: Any  # int32[cores]
    last_queued: Any  # int32[cores]
    requests: Any  # int64[ports]: scratch of crossbar allocation
    candidates: Any  # int32[ports, ports]
    grants: Any  # int64[ports]
    clock: Any  # int64[1]


def shape_of(config: NocConfig) -> Shape:
    """Sizes and delays of a network."""
    routers = config.routers * config.networks
    channels = routers * config.ports * config.vcs
    terminals = config.cores * config.networks
    delays = (config.routing, config.crossbar, config.allocation)
    batch = [delay if not config.pipelined and delay > 1 else 0 for delay in delays]
    # A flit that waits for a batch is at most three batches late.
    reach = max(config.link_x, config.link_y, 1) + config.credit + 3 * max(config.crossbar, config.routing) + 4
    return Shape(
        config.width, config.height, int(config.torus), config.ports, config.vcs, config.buffer, config.routing,
        config.crossbar, batch[0], batch[1], config.allocation, batch[2], int(config.single_cycle),
        config.credit, channels, terminals, config.cores, 1 << reach.bit_length(), routers * config.ports + terminals,
        max(config.buffer, config.receive_buffer),
    )  # fmt: skip


def allocate(config: NocConfig) -> tuple[Shape, Net]:
    """A network at rest."""
    shape = shape_of(config)
    ports, vcs = config.ports, config.vcs
    routers, queues = config.routers * config.networks, config.routers * config.networks * config.ports
    channel = np.arange(shape.channels)
    number = np.arange(routers) % config.routers
    if config.order == "row":
        x, y = number % config.width, number // config.width
    else:
        x, y = number // config.height, number % config.height
    terminal = np.arange(shape.terminals)
    home = (terminal // config.terminals * ports + LOCAL + terminal % config.terminals) * vcs

    def full(size: int | tuple[int, ...], dtype: Any = np.int32, value: int = 0) -> Any:
        return np.full(size, value, dtype)

    counts = shape.channels + shape.terminals * vcs
    credits = full(counts, value=config.buffer)
    credits[(home[:, None] + np.arange(vcs)).ravel()] = config.receive_buffer
    flit_to, flit_delay, credit_to, credit_delay = _links(config, x, y, home, shape)
    channels, terminals, cores = shape.channels, shape.terminals, config.cores
    net = Net(
        port_of=(channel // vcs).astype(np.int32), router_of=(channel // (vcs * ports)).astype(np.int32),
        bit_of=(channel % (vcs * ports)).astype(np.int32), vc_of=(channel % vcs).astype(np.int32),
        x_of=x.astype(np.int32), y_of=y.astype(np.int32), home=home.astype(np.int32),
        flit_to=flit_to, flit_delay=flit_delay, credit_to=credit_to, credit_delay=credit_delay,
        classes=_classes(config, queues),
        fifo=np.empty((channels, config.buffer), np.int32), head=full(channels), fill=full(channels),
        busy=full(channels, np.int8), branch=full(channels), owns=full(channels, value=FREE),
        owner=full(channels, value=FREE), free=full(queues, np.int64, (1 << vcs) - 1), credits=credits,
        waiting=full((queues, 2), np.int64), grant_at=full(channels), accept_at=full(channels),
        accepted=full(channels, np.int64), ready=full(routers, np.int64), active=full(routers),
        port_grant_at=full(queues), port_accept_at=full(queues), vc_at=full(queues),
        batch=full((routers, 3), np.int64, -(1 << 40)), due=full(channels, np.int64, -1),
        left=full(queues, np.int64, -1),
        flits=full(queues, np.int64), heads=full(queues, np.int64),
        flit_where=np.empty((shape.slots, shape.flit_room), np.int32),
        flit_what=np.empty((shape.slots, shape.flit_room), np.int32), flit_count=full(shape.slots),
        returns=np.empty((counts, shape.return_room), np.int64), first_return=full(counts), returning=full(counts),
        awaited=full(counts, np.int8),
        wake_where=np.empty((shape.slots, counts), np.int32), wake_count=full(shape.slots),
        front_where=np.empty((shape.slots, channels), np.int32), front_count=full(shape.slots),
        pending=full(1, np.int64), outputs=np.empty((2, queues), np.int32), output_count=full(2),
        output_stamp=full(queues, np.int64, -1), movers=np.empty((2, channels), np.int32), mover_count=full(2),
        senders=full((2, terminals)), sender_count=full(2), heap=full(terminals + cores, np.int64),
        heap_count=full(1, np.int64), packet=full(terminals, value=FREE), sent=full(terminals),
        last_vc=full(terminals, value=vcs - 1), blocked=full(terminals, np.int8),
        last_packet=full(terminals, value=FREE), serving=full(cores, np.int8), tails=full((2, cores)),
        tail_count=full(2), first_queued=full(cores, value=FREE), last_queued=full(cores, value=FREE),
        requests=full(ports, np.int64), candidates=full((ports, ports)), grants=full(ports, np.int64),
        clock=full(1, np.int64),
    )  # fmt: skip
    return shape, net


def _links(config: NocConfig, x: Any, y: Any, home: Any, shape: Shape) -> tuple[Any, Any, Any, Any]:
    """Where outputs and credits lead, and how long they take; open edges lead nowhere."""
    ports, vcs = config.ports, config.vcs
    routers = len(x)
    network = np.arange(routers) // config.routers * config.routers
    flit_to, credit_to = (np.full((routers, ports), FREE, np.int32) for _ in range(2))
    flit_delay, credit_delay = (np.full((routers, ports), 2, np.int32) for _ in range(2))
    for port, (dx, dy) in enumerate(((1, 0), (-1, 0), (0, 1), (0, -1))):
        to_x, to_y = x + dx, y + dy
        inside = (to_x >= 0) & (to_x < config.width) & (to_y >= 0) & (to_y < config.height) | config.torus
        to_x, to_y = to_x % config.width, to_y % config.height
        there = to_x + config.width * to_y if config.order == "row" else to_x * config.height + to_y
        first = ((there + network) * ports + (port ^ 1)) * vcs
        flit_to[inside, port] = first[inside]
        credit_to[inside, port] = first[inside]
        latency = config.link_x if port < 2 else config.link_y
        flit_delay[:, port] = latency + 1
        credit_delay[:, port] = latency + 1 + config.credit
    terminal = shape.channels + np.arange(shape.terminals) * vcs
    flit_to.reshape(-1)[home // vcs] = terminal
    credit_to.reshape(-1)[home // vcs] = terminal
    return flit_to.reshape(-1), flit_delay.reshape(-1), credit_to.reshape(-1), credit_delay.reshape(-1)


def _classes(config: NocConfig, queues: int) -> Any:
    """Channels that a packet may have at each output, by class: the halves of a torus overlap if odd in number."""
    every = (1 << config.vcs) - 1
    classes = np.full((queues, 2), every, np.int64)
    if config.torus:
        half = config.vcs // 2
        between = np.arange(queues) % config.ports < LOCAL
        classes[between, 0] = (1 << (config.vcs - half)) - 1
        classes[between, 1] = every & ~((1 << half) - 1)
    return classes
