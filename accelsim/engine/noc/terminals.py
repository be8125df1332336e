"""Terminals of the cycle loop: sources that send packets, and receivers with their queues."""

from __future__ import annotations

from typing import Any, NamedTuple

from accelsim.engine.noc.layout import FREE, Net, Shape
from accelsim.engine.noc.part import part
from accelsim.engine.noc.queues import await_credit, has_credit, look_at_sender, push, send_credit, send_flit

HEAD, TAIL = 2, 1


class Job(NamedTuple):
    """Packets on flat arrays, and what became of them: P packets, D deliveries, C >= P copies.

    A flit is 4 * copy + 2 * (head) + (tail).  Copies 0 to P - 1 are the packets as their sources send them; a multicast
    packet has further ones, the branches of its tree.  Times are absolute in the kernel.
    """

    held_back: int
    """1: `time` is the gap from the sending of the packet before to the readiness of this one; 0: it is a cycle."""
    serve: int
    """1: receivers take `service` cycles for a packet."""
    order: Any  # int32[P]: the order in which packets join their queues
    step_start: Any  # int64[steps + 1]: places in `order`
    source: Any  # int32[P]: sending terminal
    size: Any  # int32[P]
    time: Any  # int64[P]
    service: Any  # int64[D]
    flits: Any  # int32[D]: flits of a delivery
    receiver: Any  # int32[D]: receiving core
    target: Any  # int32[C]: a receiving terminal in the direction of the copy
    delivery: Any  # int32[C]: delivery of a copy for one receiver
    child: Any  # int32[C + 1]: first branch; a copy has branches where `branches` > 0
    branches: Any  # int32[C]
    phase: Any  # int8[C]: class on a torus
    following: Any  # int32[P]: next packet of the same source
    step_begin: Any  # int64[steps]
    t_ready: Any  # int64[P]
    t_inject: Any  # int64[P]
    t_head: Any  # int64[D]
    t_tail: Any  # int64[D]
    t_start: Any  # int64[D]
    t_end: Any  # int64[D]
    queued: Any  # int32[D]: next delivery in the receive queue
    held: Any  # int32[D]: credit count that its flits take from


@part
def make_ready(shape: Shape, net: Net, job: Job, packet: int, now: int, at: int) -> None:
    """Let a packet join its empty source queue at a time after `now`, or now."""
    terminal = job.source[packet]
    job.t_ready[packet] = at
    net.packet[terminal] = packet
    net.sent[terminal] = 0
    if at <= now + 1:
        look_at_sender(net, max(at, now), terminal)
    else:
        push(net, at * (shape.terminals + shape.cores) + terminal)


@part
def wait_for_room(shape: Shape, net: Net, terminal: int, first: int, vc: int, sent: int) -> None:
    """Wait for a credit: a head for one of any channel, later flits for one of their own."""
    net.blocked[terminal] = 1
    if sent:
        await_credit(shape, net, first + vc)
        return
    for other in range(first, first + shape.vcs):
        await_credit(shape, net, other)


@part
def send(shape: Shape, net: Net, job: Job, now: int, begin: int, terminal: int) -> None:
    """Send a flit of a terminal's packet, or wait for a credit."""
    packet, sent = net.packet[terminal], net.sent[terminal]
    first = shape.channels + terminal * shape.vcs
    vc = net.last_vc[terminal]
    if sent == 0:
        # A terminal sends one packet after the other, so no channel is busy here: one with a credit will do.
        for _ in range(shape.vcs):
            vc += 1
            if vc == shape.vcs:
                vc = 0
            if has_credit(shape, net, now, first + vc):
                break
    if not has_credit(shape, net, now, first + vc):
        wait_for_room(shape, net, terminal, first, vc, sent)
        return
    net.credits[first + vc] -= 1
    net.last_vc[terminal] = vc
    flit = packet << 2
    if sent == 0:
        flit |= HEAD
        job.t_inject[packet] = now
    sent += 1
    net.sent[terminal] = sent
    tail = sent == job.size[packet]
    if tail:
        flit |= TAIL
    send_flit(shape, net, now + 2, net.home[terminal] + vc, flit)
    if not tail:
        look_at_sender(net, now + 1, terminal)
        return
    following = job.following[packet]
    if following == FREE:
        net.packet[terminal] = FREE
        return
    at = job.time[following]
    if job.held_back:
        at += job.t_inject[packet]
    else:
        at += begin
    # It may have been ready for long: it joins the queue then, and is sent in the next cycle at the earliest.
    job.t_ready[following] = at
    net.packet[terminal] = following
    net.sent[terminal] = 0
    if at <= now + 1:
        look_at_sender(net, now + 1, terminal)
    else:
        push(net, at * (shape.terminals + shape.cores) + terminal)


@part
def take(shape: Shape, net: Net, job: Job, now: int, where: int, flit: int) -> int:
    """Take a flit that arrived at a terminal; says how many deliveries it completed."""
    terminal = (where - shape.channels) // shape.vcs
    vc = where - shape.channels - terminal * shape.vcs
    count = net.home[terminal] + vc
    delivery = job.delivery[flit >> 2]
    if flit & HEAD:
        job.t_head[delivery] = now
    if not job.serve:
        send_credit(shape, net, now + 2 + shape.credit, count)
    if not flit & TAIL:
        return 0
    job.t_tail[delivery] = now
    if job.serve:
        job.held[delivery] = count
        network = terminal // shape.cores
        n = net.tail_count[network]
        net.tails[network, n] = delivery
        net.tail_count[network] = n + 1
    return 1


@part
def queue_tails(shape: Shape, net: Net, job: Job, now: int) -> None:
    """Let the packets that came complete in this cycle join their receive queues, the first network's first."""
    for network in range(2):
        for i in range(net.tail_count[network]):
            delivery = net.tails[network, i]
            core = job.receiver[delivery]
            if not net.serving[core]:
                begin_service(shape, net, job, now, core, delivery)
                continue
            job.queued[delivery] = FREE
            if net.first_queued[core] == FREE:
                net.first_queued[core] = delivery
            else:
                job.queued[net.last_queued[core]] = delivery
            net.last_queued[core] = delivery
        net.tail_count[network] = 0


@part
def begin_service(shape: Shape, net: Net, job: Job, now: int, core: int, delivery: int) -> None:
    """Take a packet out of an idle core's receive queue, and those behind it that take no time."""
    while True:
        job.t_start[delivery] = now
        job.t_end[delivery] = now + job.service[delivery]
        for _ in range(job.flits[delivery]):
            send_credit(shape, net, now + 2 + shape.credit, job.held[delivery])
        if job.service[delivery]:
            net.serving[core] = 1
            push(net, job.t_end[delivery] * (shape.terminals + shape.cores) + shape.terminals + core)
            return
        net.serving[core] = 0
        delivery = net.first_queued[core]
        if delivery == FREE:
            return
        net.first_queued[core] = job.queued[delivery]
