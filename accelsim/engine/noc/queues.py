"""Work lists of the cycle loop: timing wheels for what arrives, lists of what to look at in a cycle, a heap for later.

Everything that can happen is in one of them, so the loop touches nothing else and skips cycles in which nothing does.
"""

from __future__ import annotations

from accelsim.engine.noc.layout import Net, Shape
from accelsim.engine.noc.part import lowest, part

UNKNOWN, KNOWN = 1, 2
"""Whether it is known when a credit arrives that someone waits for."""


@part
def first_from(members: int, start: int) -> int:
    """The first member of a set at or after a place, going round."""
    later = members >> start
    if later:
        return start + lowest(later)
    return lowest(members)


@part
def send_flit(shape: Shape, net: Net, time: int, where: int, flit: int) -> None:
    """Let a flit arrive at a channel or terminal."""
    slot = time & (shape.slots - 1)
    n = net.flit_count[slot]
    net.flit_where[slot, n] = where
    net.flit_what[slot, n] = flit
    net.flit_count[slot] = n + 1
    net.pending[0] += 1


@part
def wake(shape: Shape, net: Net, time: int, count: int) -> None:
    """Let whoever waits for a credit of a count look again at a time."""
    slot = time & (shape.slots - 1)
    n = net.wake_count[slot]
    net.wake_where[slot, n] = count
    net.wake_count[slot] = n + 1
    net.awaited[count] = KNOWN
    net.pending[0] += 1


@part
def send_credit(shape: Shape, net: Net, time: int, count: int) -> None:
    """Let a credit arrive: its time is noted, and looked up when the credits at hand are used up."""
    n = net.returning[count]
    place = net.first_return[count] + n
    if place >= shape.return_room:
        place -= shape.return_room
    net.returns[count, place] = time
    net.returning[count] = n + 1
    if net.awaited[count] == UNKNOWN:
        wake(shape, net, time, count)


@part
def has_credit(shape: Shape, net: Net, time: int, count: int) -> bool:
    """Whether there is a credit at a time."""
    if net.credits[count]:
        return True
    n, place = net.returning[count], net.first_return[count]
    while n and net.returns[count, place] <= time:
        net.credits[count] += 1
        n -= 1
        place += 1
        if place == shape.return_room:
            place = 0
    net.returning[count], net.first_return[count] = n, place
    return net.credits[count] > 0


@part
def await_credit(shape: Shape, net: Net, count: int) -> None:
    """Look again when the next credit arrives; there is none now."""
    if net.awaited[count] == KNOWN:
        return
    if net.returning[count]:
        wake(shape, net, net.returns[count, net.first_return[count]], count)
    else:
        net.awaited[count] = UNKNOWN


@part
def send_front(shape: Shape, net: Net, time: int, channel: int) -> None:
    """Let a packet at the front of a channel ask for an output from `time` on."""
    slot = time & (shape.slots - 1)
    n = net.front_count[slot]
    net.front_where[slot, n] = channel
    net.front_count[slot] = n + 1
    net.pending[0] += 1


@part
def look_at_output(net: Net, time: int, output: int) -> None:
    """Allocate the channels of an output in this or the next cycle."""
    if net.output_stamp[output] != time:
        net.output_stamp[output] = time
        side = time & 1
        n = net.output_count[side]
        net.outputs[side, n] = output
        net.output_count[side] = n + 1


@part
def look_at_channel(net: Net, time: int, channel: int) -> None:
    """Let the front flit of a channel ask for the crossbar in this or the next cycle; it has all else it needs."""
    side = time & 1
    n = net.mover_count[side]
    net.movers[side, n] = channel
    net.mover_count[side] = n + 1


@part
def look_at_sender(net: Net, time: int, terminal: int) -> None:
    """Let a terminal try to send in this or the next cycle; it is in no list yet."""
    side = time & 1
    n = net.sender_count[side]
    net.senders[side, n] = terminal
    net.sender_count[side] = n + 1


@part
def push(net: Net, key: int) -> None:
    """Add a key to the heap."""
    heap = net.heap
    at = net.heap_count[0]
    net.heap_count[0] = at + 1
    while at > 0:
        parent = (at - 1) >> 1
        if heap[parent] <= key:
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = key


@part
def pop(net: Net) -> int:
    """Take the smallest key from the heap."""
    heap = net.heap
    smallest = heap[0]
    n = net.heap_count[0] - 1
    net.heap_count[0] = n
    key = heap[n]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= n:
            break
        if child + 1 < n and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = key
    return smallest
