"""The cycle loop: one numba function over flat arrays.

A cycle is: credits and flits arrive, terminals send, packets that reached the front of a channel ask for an output,
outputs grant virtual channels, routers grant the crossbar.  What a stage decides is seen by others in the next cycle.
"""

from __future__ import annotations

from accelsim.datapath.compile import inner
from accelsim.engine.noc.allocation import grant_crossbars, grant_output, wait_for_decision
from accelsim.engine.noc.layout import FREE, Net, Shape
from accelsim.engine.noc.part import part
from accelsim.engine.noc.passage import arrive, ask, move, want_crossbar
from accelsim.engine.noc.queues import look_at_sender, pop
from accelsim.engine.noc.terminals import Job, begin_service, make_ready, queue_tails, send, take


@part
def cycle(shape: Shape, net: Net, job: Job, now: int, begin: int) -> int:
    """One clock cycle; returns the number of deliveries completed."""
    slot = now & (shape.slots - 1)
    side = now & 1
    completed = 0
    keys = shape.terminals + shape.cores
    while net.heap_count[0] and net.heap[0] < (now + 1) * keys:
        number = pop(net) % keys
        if number < shape.terminals:
            look_at_sender(net, now, number)
        else:
            core = number - shape.terminals
            net.serving[core] = 0
            delivery = net.first_queued[core]
            if delivery != FREE:
                net.first_queued[core] = job.queued[delivery]
                begin_service(shape, net, job, now, core, delivery)
    net.pending[0] -= net.wake_count[slot] + net.flit_count[slot]
    for i in range(net.wake_count[slot]):
        count = net.wake_where[slot, i]
        net.awaited[count] = 0
        if count < shape.channels:
            want_crossbar(shape, net, now, net.owner[count])
        else:
            terminal = (count - shape.channels) // shape.vcs
            if net.blocked[terminal]:
                net.blocked[terminal] = 0
                look_at_sender(net, now, terminal)
    net.wake_count[slot] = 0
    for i in range(net.flit_count[slot]):
        where = net.flit_where[slot, i]
        if where < shape.channels:
            arrive(shape, net, now, where, net.flit_what[slot, i])
        else:
            completed += take(shape, net, job, now, where, net.flit_what[slot, i])
    net.flit_count[slot] = 0
    if job.serve:
        queue_tails(shape, net, job, now)
    for i in range(net.sender_count[side]):
        send(shape, net, job, now, begin, net.senders[side, i])
    net.sender_count[side] = 0
    net.pending[0] -= net.front_count[slot]
    for i in range(net.front_count[slot]):
        ask(shape, net, job, now, net.front_where[slot, i])
    net.front_count[slot] = 0
    for i in range(net.output_count[side]):
        grant_output(shape, net, now, net.outputs[side, i])
    net.output_count[side] = 0
    if shape.allocation > 1:
        wait_for_decision(shape, net, now)
    if shape.vcs > 1:
        grant_crossbars(shape, net, job, now)
    else:
        # Every channel has an output to itself: all that ask move.
        for i in range(net.mover_count[side]):
            move(shape, net, job, now, net.movers[side, i])
    net.mover_count[side] = 0
    return completed


@inner
def run(shape: Shape, net: Net, job: Job) -> int:
    """Run every step of a job until nothing moves any more; returns the number of deliveries completed."""
    completed = 0
    now = net.clock[0]
    keys = shape.terminals + shape.cores
    for step in range(len(job.step_start) - 1):
        job.step_begin[step] = now
        for i in range(job.step_start[step], job.step_start[step + 1]):
            packet = job.order[i]
            terminal = job.source[packet]
            job.following[packet] = FREE
            if net.packet[terminal] == FREE:
                make_ready(shape, net, job, packet, now, now + job.time[packet])
            else:
                job.following[net.last_packet[terminal]] = packet
            net.last_packet[terminal] = packet
        begin = now
        while True:
            completed += cycle(shape, net, job, now, begin)
            side = (now + 1) & 1
            if net.output_count[side] or net.mover_count[side] or net.sender_count[side] or net.pending[0]:
                now += 1
            elif net.heap_count[0]:
                now = net.heap[0] // keys
            else:
                break
        # Every credit is back before the next step.
        now += shape.slots
    net.clock[0] = now
    return completed
