"""Messages as transactions: each reserves links, buffers and its receiver for its whole way when it is sent.

Messages are taken in the order in which they are sent, cores of one tick in the order of their numbers.  A message
passes the input buffer of its core at its router, one buffer for each link of its route along x, then y, and the
receive queue.  It moves on from a buffer

- not before it has come in, nor within `link` ticks after the message before it moved on (one first-in first-out
  buffer for all outputs: a message that waits holds up those behind it);
- not within `link` ticks after the last message on the same link;
- when the buffer ahead has a place: as many messages as it has places may be in it or under way to it.

A sender waits for a place in its input buffer, and its next work starts when the message has left.  A place of the
receive queue is free again when the core starts to serve the message.  What is simplified against a network flit by
flit: messages pass each link in the order in which they were sent, not in which they come.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.datapath.compile import inlined, inner
from accelsim.engine.stepped.costs import Grid, Mesh, StepCosts, onward, way
from accelsim.engine.stepped.messages import TAIL, TimedMessages
from accelsim.engine.stepped.schedule import (
    CORE_BITS,
    LAST_DONE,
    LAST_SENT,
    LAST_TAIL,
    LONG_AGO,
    NEVER,
    Schedule,
    Turns,
    begin,
    empty_schedule,
    end_at,
    put,
    turns,
)


class Buffers(NamedTuple):
    """Reservations of buffers: first those of the cores' outputs, then of the links, then the receive queues."""

    freed: NDArray[np.int64]
    """(buffers, places): when the message that last had each place leaves it."""
    place: NDArray[np.int64]
    """(buffers,): place of the next message."""
    places: NDArray[np.int64]
    """(buffers,)"""
    entered: NDArray[np.int64]
    """(buffers,): when the last message set out for the buffer."""
    left: NDArray[np.int64]
    """(buffers,): when the last message left it."""


def schedule(messages: TimedMessages, grid: Grid, costs: StepCosts, recorded: bool = False) -> Schedule:
    """Schedule of messages as transactions; see the module."""
    links = 4 * grid.routers
    count = 2 * grid.cores + links
    places = np.full(count, costs.buffer)
    places[grid.cores + links :] = costs.receive_queue
    far = np.full((count, places.max()), LONG_AGO)
    buffers = Buffers(far, np.zeros(count, np.int64), places, far[:, 0].copy(), far[:, 0].copy())
    hop = np.array(costs.hop, np.int64)
    result = empty_schedule(messages, grid.cores, recorded)
    _schedule(messages, grid.mesh, hop, costs.link, turns(grid.cores), buffers, recorded, result)
    return result


@inlined
def _move(buffers: Buffers, here: int, ahead: int, come: int, link: int) -> int:
    """Let the message that came into buffer `here` at `come` move on; returns when it does."""
    at = max(come, buffers.left[here] + link)
    at = max(at, buffers.entered[ahead] + link)
    at = max(at, buffers.freed[ahead, buffers.place[ahead]])
    _leave(buffers, here, at)
    buffers.entered[ahead] = at
    return at


@inlined
def _leave(buffers: Buffers, here: int, at: int) -> None:
    """Note when the newest message of a buffer leaves it."""
    place = buffers.place[here]
    buffers.freed[here, place] = at
    buffers.left[here] = at
    buffers.place[here] = place + 1 if place + 1 < buffers.places[here] else 0


@inlined
def _travel(buffers: Buffers, mesh: Mesh, hop: np.ndarray, link: int, source: int, destination: int, sent: int) -> int:
    """Reserve the way of a message sent at `sent`; returns when it enters the receive queue."""
    cores = mesh.positions.shape[1]
    router = mesh.positions[0, source] * mesh.strides[0] + mesh.positions[1, source] * mesh.strides[1]
    here = source
    at = sent
    for axis in range(2):
        hops = way(mesh, axis, source, destination)
        direction = 2 * axis + (1 if hops < 0 else 0)
        place = mesh.positions[axis, source]
        for _ in range(abs(hops)):
            ahead = cores + 4 * router + direction
            at = _move(buffers, here, ahead, at, link) + hop[direction]
            after = onward(mesh, axis, place, hops)
            router += (after - place) * mesh.strides[axis]
            place = after
            here = ahead
    return _move(buffers, here, buffers.place.size - cores + destination, at, link)


@inner
def _schedule(
    messages: TimedMessages, mesh: Mesh, hop: np.ndarray, link: int, turns: Turns, buffers: Buffers, recorded: bool,
    result: Schedule,
) -> None:  # fmt: skip
    cores = mesh.positions.shape[1]
    queues = buffers.place.size - cores
    base = 0  # steps follow each other in time, so that the reservations of earlier ones are past
    for step in range(messages.step_start.size - 1):
        rows_end = messages.step_start[step + 1]
        ends = result.ends[step]
        begin(turns, messages, step)
        while turns.key[1] != NEVER:
            core = turns.key[1] & ((1 << CORE_BITS) - 1)
            tick = turns.key[1] >> CORE_BITS
            i = turns.row[core]
            destination = messages.destination[i]
            if destination == TAIL:
                end_at(ends, LAST_TAIL, tick, core)
                if recorded:
                    result.sent[i] = tick
            else:
                room = buffers.freed[core, buffers.place[core]] - base
                if room > tick:
                    result.blocked[step, core] += room - tick
                    put(turns, core, room << CORE_BITS | core)
                    continue
                come = _travel(buffers, mesh, hop, link, core, destination, base + tick)
                queue = queues + destination
                # The last place noted of a queue is the start of its last service, `left` its end.
                start = max(come, buffers.left[queue])
                _leave(buffers, queue, start)
                done = start + messages.proc[i]
                buffers.left[queue] = done
                end_at(ends, LAST_SENT, tick, core)
                end_at(ends, LAST_DONE, done - base, destination)
                if recorded:
                    result.sent[i] = tick
                    result.arrived[i] = come - base
                    result.served[i] = done - base
            i += 1
            if i < rows_end and messages.source[i] == core:
                turns.row[core] = i
                put(turns, core, tick + messages.gen[i] << CORE_BITS | core)
            else:
                put(turns, core, NEVER)
        base += max(ends[LAST_DONE], ends[LAST_SENT]) + link
