"""Events of the network on chip for packets of one flit; see :mod:`accelsim.engine.stepped.flits`."""

from __future__ import annotations

import numpy as np

from accelsim.datapath.compile import inlined, inner
from accelsim.engine.noc.config import LOCAL
from accelsim.engine.noc.part import lowest
from accelsim.engine.noc.queues import first_from
from accelsim.engine.stepped.flit_state import NONE, SLOTS, TO_ROUTER, Delays, Served, State, Tables


@inlined
def _at(state: State, event: int, cycle: int) -> None:
    """Let an event happen in a cycle."""
    where = cycle & (SLOTS - 1)
    state.time[event] = cycle
    state.after[event] = state.slot[where]
    state.slot[where] = event
    state.filled[where >> 5] |= 1 << (where & 31)
    state.pending[0] += 1


@inlined
def _next_slot(state: State, cycle: int) -> int:
    """First cycle from `cycle` on whose slot has events."""
    where = cycle & (SLOTS - 1)
    word = state.filled[where >> 5] >> (where & 31)
    if word:
        return cycle + lowest(word)
    cycle += 32 - (where & 31)
    while True:
        word = state.filled[(cycle & (SLOTS - 1)) >> 5]
        if word:
            return cycle + lowest(word)
        cycle += 32


@inlined
def _enter(delays: Delays, state: State, channel: int, packet: int, arrives: int) -> None:
    """Put a packet into an input's buffer, where it arrives later."""
    fill = state.fill[channel]
    place = state.head[channel] + fill
    if place >= delays.buffer:
        place -= delays.buffer
    state.packet[channel, place] = packet
    state.arrives[channel, place] = arrives
    state.fill[channel] = fill + 1
    if fill == 0:
        _at(state, channel, max(arrives, state.front[channel]) + delays.routing)


@inlined
def _vacant(delays: Delays, state: State, channel: int) -> int:
    """When the next place of an input's buffer is vacant; the buffer is not full."""
    place = state.head[channel] + state.fill[channel]
    return state.vacant[channel, place - delays.buffer if place >= delays.buffer else place]


@inlined
def _send(core: int, base: int, gap: np.ndarray, delays: Delays, state: State, served: Served) -> None:
    """Send a core's packets as far as there is room."""
    channel = core // delays.cores_per_router * delays.ports + LOCAL + core % delays.cores_per_router
    packet = state.next_packet[core]
    while packet < state.end_packet[core] and state.fill[channel] < delays.buffer:
        last = state.last_sent[core]
        ready = max(last, base) + gap[packet]
        sent = max(max(ready, last + 1), _vacant(delays, state, channel))
        served.ready[packet] = ready - base
        served.sent[packet] = sent - base
        state.last_sent[core] = sent
        _enter(delays, state, channel, packet, sent + TO_ROUTER)
        packet += 1
    state.next_packet[core] = packet


@inlined
def _request(channel: int, target: np.ndarray, delays: Delays, tables: Tables, state: State) -> int:
    """Request the output for the packet at the front of an input; returns the output."""
    router = channel // delays.ports
    core = target[state.packet[channel, state.head[channel]]]
    there = core // delays.cores_per_router
    if tables.x[there] != tables.x[router]:
        port = 0 if tables.x[there] > tables.x[router] else 1
    elif tables.y[there] != tables.y[router]:
        port = 2 if tables.y[there] > tables.y[router] else 3
    else:
        port = LOCAL + core % delays.cores_per_router
    output = router * delays.ports + port
    state.waiting[output] |= 1 << (channel - router * delays.ports)
    return output


@inlined
def _move(
    output: int, channel: int, cycle: int, base: int, service: np.ndarray, delays: Delays,
    tables: Tables, state: State, served: Served,
) -> None:  # fmt: skip
    """Let the packet at the front of an input leave through an output in a cycle."""
    nodes = state.head.size
    head = state.head[channel]
    packet = state.packet[channel, head]
    state.vacant[channel, head] = cycle + tables.credit[channel]
    state.head[channel] = 0 if head + 1 == delays.buffer else head + 1
    state.fill[channel] -= 1
    state.front[channel] = cycle + 1
    if state.fill[channel]:
        arrives = state.arrives[channel, state.head[channel]]
        _at(state, channel, max(arrives, cycle + 1) + delays.routing)
    state.owner[output] = NONE
    state.free[output] = cycle + 1
    if state.waiting[output]:
        _at(state, nodes + output, cycle + 1)
    arrives = cycle + delays.crossbar + tables.flight[output]
    router = output // delays.ports
    port = output - router * delays.ports
    if port < LOCAL:
        _enter(delays, state, tables.ahead[output], packet, arrives)
    else:
        core = router * delays.cores_per_router + port - LOCAL
        start = max(arrives, state.core_free[core])
        done = start + service[packet]
        place = state.queue_place[core]
        state.queue_vacant[core, place] = start + delays.credit
        state.queue_place[core] = 0 if place + 1 == delays.queue else place + 1
        state.core_free[core] = done
        state.pending[1] = max(state.pending[1], max(done, start + delays.credit))
        served.arrived[packet] = arrives - base
        served.done[packet] = done - base


@inlined
def _room(output: int, delays: Delays, tables: Tables, state: State) -> int:
    """When the place ahead of an output is vacant, or `NONE` if that is not known yet."""
    router = output // delays.ports
    port = output - router * delays.ports
    if port >= LOCAL:
        core = router * delays.cores_per_router + port - LOCAL
        return max(0, state.queue_vacant[core, state.queue_place[core]])
    ahead = tables.ahead[output]
    if state.fill[ahead] == delays.buffer:
        return NONE
    return max(0, _vacant(delays, state, ahead))


@inlined
def _grant(
    output: int, now: int, base: int, gap: np.ndarray, service: np.ndarray, delays: Delays, tables: Tables,
    state: State, served: Served,
) -> None:  # fmt: skip
    """Grant an output to a packet that requests it, and let it leave if it is known when it can."""
    router = output // delays.ports
    bit = first_from(state.waiting[output], state.pointer[output])
    state.waiting[output] &= ~(1 << bit)
    state.pointer[output] = 0 if bit + 1 == delays.ports else bit + 1
    state.granted[output] = now
    state.owner[output] = router * delays.ports + bit
    # A move makes a place, which may complete a grant behind it, and so on back to a core.
    while state.owner[output] != NONE:
        room = _room(output, delays, tables, state)
        if room == NONE:
            break
        channel = state.owner[output]
        _move(output, channel, max(state.granted[output] + 1, room), base, service, delays, tables, state, served)
        router = channel // delays.ports
        port = channel - router * delays.ports
        if port >= LOCAL:
            _send(router * delays.cores_per_router + port - LOCAL, base, gap, delays, state, served)
            break
        # The input of a port is fed by the opposite output of the router that the port's output leads to.
        output = tables.ahead[channel]


@inner
def run(
    step_start: np.ndarray, source: np.ndarray, target: np.ndarray, gap: np.ndarray, service: np.ndarray,
    delays: Delays, tables: Tables, state: State, served: Served,
) -> None:  # fmt: skip
    nodes = state.head.size
    base = state.pending[1] + SLOTS
    for step in range(step_start.size - 1):
        i = step_start[step]
        now = base
        while i < step_start[step + 1]:
            core = source[i]
            state.next_packet[core] = i
            while i < step_start[step + 1] and source[i] == core:
                i += 1
            state.end_packet[core] = i
            state.last_sent[core] = base - 1
            _send(core, base, gap, delays, state, served)
        while state.pending[0]:
            now = _next_slot(state, now)
            where = now & (SLOTS - 1)
            event = state.slot[where]
            state.slot[where] = NONE
            state.filled[where >> 5] &= ~(1 << (where & 31))
            listed = 0
            while event != NONE:
                following = state.after[event]
                state.pending[0] -= 1
                if state.time[event] != now:
                    _at(state, event, state.time[event])
                else:
                    if event < nodes:
                        output = _request(event, target, delays, tables, state)
                    else:
                        output = event - nodes
                    if state.owner[output] == NONE and state.listed[output] != now:
                        if state.free[output] <= now:
                            state.listed[output] = now
                            state.outputs[listed] = output
                            listed += 1
                        elif state.time[nodes + output] < state.free[output]:
                            _at(state, nodes + output, state.free[output])
                event = following
            for j in range(listed):
                _grant(state.outputs[j], now, base, gap, service, delays, tables, state, served)
            now += 1
        base = max(state.pending[1], now) + SLOTS
    state.pending[1] = base
