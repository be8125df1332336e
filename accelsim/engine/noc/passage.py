"""What a flit goes through in a router: its buffer, its route, the crossbar."""

from __future__ import annotations

from accelsim.engine.noc.layout import FREE, Net, Shape
from accelsim.engine.noc.part import part
from accelsim.engine.noc.queues import (
    await_credit,
    has_credit,
    look_at_channel,
    look_at_output,
    send_credit,
    send_flit,
    send_front,
)
from accelsim.engine.noc.routing import decide
from accelsim.engine.noc.terminals import TAIL, Job


@part
def batch_start(net: Net, router: int, stage: int, length: int, waits: int) -> int:
    """Start of the batch that an entry waiting from a cycle joins, in a stage that is not pipelined."""
    last = net.batch[router, stage]
    if waits <= last:
        return last
    start = max(waits, last + length)
    net.batch[router, stage] = start
    return start


@part
def reach_front(shape: Shape, net: Net, now: int, channel: int) -> None:
    """A packet is at the front of its channel from a cycle on: compute its route."""
    start = now
    if shape.routing_batch:
        start = batch_start(net, net.router_of[channel], 0, shape.routing_batch, now)
    send_front(shape, net, start + shape.routing, channel)


@part
def arrive(shape: Shape, net: Net, now: int, channel: int, flit: int) -> None:
    """A flit comes into a channel's buffer."""
    fill = net.fill[channel]
    place = net.head[channel] + fill
    if place >= shape.buffer:
        place -= shape.buffer
    net.fifo[channel, place] = flit
    net.fill[channel] = fill + 1
    if not net.busy[channel]:
        net.busy[channel] = 1
        reach_front(shape, net, now, channel)
    elif fill == 0:
        want_crossbar(shape, net, now, channel)


@part
def want_crossbar(shape: Shape, net: Net, time: int, channel: int) -> None:
    """A channel with a flit and an output asks for the crossbar from a time on, if it has a credit."""
    won = net.owns[channel]
    if has_credit(shape, net, time, won):
        look_at_channel(net, time, channel)
    else:
        await_credit(shape, net, won)


@part
def ask(shape: Shape, net: Net, job: Job, now: int, channel: int) -> None:
    """The packet at the front, or its next branch, asks for a channel of its output."""
    arrived = net.fifo[channel, net.head[channel]] >> 2
    copy = arrived
    if job.branches[arrived]:
        copy = job.child[arrived] + net.branch[channel]
    router = net.router_of[channel]
    target = job.target[copy]
    first = net.home[target]
    there = net.router_of[first]
    port = net.port_of[channel] - router * shape.ports
    choice = decide(
        shape.width, shape.height, shape.torus, net.x_of[router], net.y_of[router], net.x_of[there], net.y_of[there],
        port, job.phase[arrived],
    )  # fmt: skip
    kind = choice & 1
    if choice == 8:
        output = net.port_of[first]
    else:
        output = router * shape.ports + (choice >> 1)
        if shape.torus:
            job.phase[copy] = (job.phase[arrived] & ~1) | kind
    net.waiting[output, kind] |= 1 << net.bit_of[channel]
    if net.free[output]:
        look_at_output(net, now, output)


@part
def move(shape: Shape, net: Net, job: Job, now: int, channel: int) -> None:
    """Send the flit at the front of a channel through the crossbar."""
    won = net.owns[channel]
    output = net.port_of[won]
    flit = net.fifo[channel, net.head[channel]]
    net.credits[won] -= 1
    net.flits[output] += 1
    leaves = now + shape.crossbar
    if shape.crossbar_batch:
        start = batch_start(net, net.router_of[channel], 1, shape.crossbar_batch, now + 1)
        leaves = max(start + shape.crossbar - 1, net.left[output] + 1)
        net.left[output] = leaves
    tail = flit & TAIL
    branches = job.branches[flit >> 2]
    last = True
    if branches:
        at = net.branch[channel]
        last = at + 1 == branches
        net.branch[channel] = 0 if last else at + 1
        flit += (job.child[flit >> 2] + at - (flit >> 2)) << 2
    send_flit(shape, net, leaves + net.flit_delay[output], net.flit_to[output] + net.vc_of[won], flit)
    if last:
        place = net.head[channel] + 1
        net.head[channel] = 0 if place == shape.buffer else place
        net.fill[channel] -= 1
        port = net.port_of[channel]
        send_credit(shape, net, now + net.credit_delay[port], net.credit_to[port] + net.vc_of[channel])
    if tail:
        net.owner[won] = FREE
        net.owns[channel] = FREE
        net.free[output] |= 1 << net.vc_of[won]
        if net.waiting[output, 0] | net.waiting[output, 1]:
            look_at_output(net, now + 1, output)
        if not last:
            send_front(shape, net, now + 1, channel)
        elif net.fill[channel]:
            reach_front(shape, net, now + 1, channel)
        else:
            net.busy[channel] = 0
    elif net.fill[channel]:
        want_crossbar(shape, net, now + 1, channel)
