"""Allocation in a router, one round of iSLIP: of an output's virtual channels to packets, of the crossbar to flits.

Outputs grant and inputs accept, both round robin; the pointers move when a grant is accepted.
"""

from __future__ import annotations

from accelsim.engine.noc.layout import Net, Shape
from accelsim.engine.noc.part import lowest, part
from accelsim.engine.noc.passage import batch_start, move, want_crossbar
from accelsim.engine.noc.queues import first_from, look_at_channel, look_at_output
from accelsim.engine.noc.terminals import Job


@part
def grant_output(shape: Shape, net: Net, now: int, output: int) -> None:
    """Give the free channels of an output to packets that wait: one round of iSLIP."""
    router = output // shape.ports
    first_input = router * shape.ports * shape.vcs
    free = net.free[output]
    first_output = output * shape.vcs
    low, high = net.waiting[output, 0], net.waiting[output, 1]
    granted = 0
    while free:
        vc = lowest(free)
        free &= free - 1
        asking = low if net.classes[output, 0] >> vc & 1 else 0
        if net.classes[output, 1] >> vc & 1:
            asking |= high
        if asking:
            bit = first_from(asking, net.grant_at[first_output + vc])
            chosen = first_input + bit
            net.accepted[chosen] |= 1 << vc
            granted |= 1 << bit
    any_granted = granted
    while granted:
        bit = lowest(granted)
        granted &= granted - 1
        channel = first_input + bit
        offers = net.accepted[channel]
        net.accepted[channel] = 0
        # The pointer runs over all outputs; within this output's channels it starts at theirs, at the first otherwise.
        start = net.accept_at[channel] - net.bit_of[first_output]
        vc = first_from(offers, start if 0 < start < shape.vcs else 0)
        won = first_output + vc
        net.grant_at[won] = 0 if bit + 1 == shape.ports * shape.vcs else bit + 1
        after = net.bit_of[won] + 1
        net.accept_at[channel] = 0 if after == shape.ports * shape.vcs else after
        net.free[output] &= ~(1 << vc)
        net.owner[won] = channel
        net.owns[channel] = won
        net.waiting[output, 0] &= ~(1 << bit)
        net.waiting[output, 1] &= ~(1 << bit)
        net.heads[output] += 1
        want_crossbar(shape, net, now + 1 - shape.single_cycle, channel)
    if any_granted and net.free[output] and net.waiting[output, 0] | net.waiting[output, 1]:
        look_at_output(net, now + 1, output)


@part
def grant_crossbar(shape: Shape, net: Net, job: Job, now: int, router: int) -> None:
    """Choose flits of a router with several virtual channels: one per input and output port, one round of iSLIP."""
    first_port = router * shape.ports
    first = first_port * shape.vcs
    members = net.ready[router]
    outputs = 0
    while members:
        bit = lowest(members)
        members &= members - 1
        channel = first + bit
        port = net.port_of[channel] - first_port
        output = net.port_of[net.owns[channel]] - first_port
        outputs |= 1 << output
        if not net.requests[output] >> port & 1:
            net.requests[output] |= 1 << port
            net.candidates[port, output] = bit
        else:
            # Channels of an input that want the same output: the first at or after the input's pointer.
            pointer = net.vc_at[first_port + port]
            ahead = net.vc_of[channel] - pointer
            other = net.candidates[port, output] - port * shape.vcs - pointer
            if (ahead if ahead >= 0 else ahead + shape.vcs) < (other if other >= 0 else other + shape.vcs):
                net.candidates[port, output] = bit
    inputs = 0
    while outputs:
        output = lowest(outputs)
        outputs &= outputs - 1
        port = first_from(net.requests[output], net.port_grant_at[first_port + output])
        net.requests[output] = 0
        net.grants[port] |= 1 << output
        inputs |= 1 << port
    while inputs:
        port = lowest(inputs)
        inputs &= inputs - 1
        output = first_from(net.grants[port], net.port_accept_at[first_port + port])
        net.grants[port] = 0
        bit = net.candidates[port, output]
        net.port_grant_at[first_port + output] = 0 if port + 1 == shape.ports else port + 1
        net.port_accept_at[first_port + port] = 0 if output + 1 == shape.ports else output + 1
        after = bit - port * shape.vcs + 1
        net.vc_at[first_port + port] = 0 if after == shape.vcs else after
        net.ready[router] &= ~(1 << bit)
        move(shape, net, job, now, first + bit)
    members = net.ready[router]
    net.ready[router] = 0
    while members:
        bit = lowest(members)
        members &= members - 1
        look_at_channel(net, now + 1, first + bit)


@part
def wait_for_decision(shape: Shape, net: Net, now: int) -> None:
    """Keep the requests for the crossbar that are decided now; the others ask again."""
    side = now & 1
    kept = 0
    for i in range(net.mover_count[side]):
        channel = net.movers[side, i]
        if net.due[channel] < now:
            start = now
            if shape.allocation_batch:
                start = batch_start(net, net.router_of[channel], 2, shape.allocation_batch, now)
            net.due[channel] = start + shape.allocation - 1
        if net.due[channel] == now:
            net.movers[side, kept] = channel
            kept += 1
        else:
            look_at_channel(net, now + 1, channel)
    net.mover_count[side] = kept


@part
def grant_crossbars(shape: Shape, net: Net, job: Job, now: int) -> None:
    """Choose flits in every router in which some ask."""
    side = now & 1
    count = 0
    for i in range(net.mover_count[side]):
        channel = net.movers[side, i]
        router = net.router_of[channel]
        if net.ready[router] == 0:
            net.active[count] = router
            count += 1
        net.ready[router] |= 1 << net.bit_of[channel]
    for i in range(count):
        grant_crossbar(shape, net, job, now, net.active[i])
