"""Message phase: spikes become messages in sending order, and their synapses add weights to the targets' sums."""

from __future__ import annotations

import numpy as np

from accelsim.controllers.stepped.population import Population
from accelsim.controllers.stepped.prefetch import prefetch
from accelsim.controllers.stepped.rows import Rows
from accelsim.controllers.stepped.state import (
    DESTINATION_CORE,
    EAST,
    FIRED,
    INPUTS_FIRED,
    MESSAGE_SYNOPS,
    MESSAGES,
    NEURON,
    NORTH,
    SOURCE_CORE,
    SOUTH,
    SYNOPS,
    TAIL,
    UPDATED,
    WEST,
    WORK_ACCESSES,
    WORK_NEURONS,
    WORK_SPIKES,
    WORK_UPDATES,
    Layout,
    Recording,
    State,
)
from accelsim.controllers.stepped.sweep import update_neurons
from accelsim.datapath.compile import inlined, inner

_FLAGS = np.uint64(8)
"""Flags looked at together when spikes are sought."""
_AHEAD = 12
"""Spikes whose synapses are on their way from memory while one is delivered."""
_LONG = 4
"""Synapses per segment from which delivery goes by segments, which may be added as whole vectors."""


@inner
def advance(s: State, p: Population, rows: Rows, layout: Layout, out: Recording, end: int) -> bool:
    """Run steps until `end`, or until a recording has no room for the next one.

    Returns
    -------
    Whether `end` was reached; if not, the call may be repeated with more room.
    """
    while True:
        if not s.progress[1]:
            if s.progress[0] == end:
                return True
            _neuron_phase(s, p, layout, s.progress[0])
            s.progress[0] += 1
            s.progress[1] = 1
        t = s.progress[0] - 1
        row = t - out.start
        fired = _collect(s, layout)
        room = out.spikes.size - out.first_spike[row]
        if out.messages.shape[0]:
            needed = layout.first_slot.size - 1  # tail markers
            for k in range(fired):
                n = s.spikes[k]
                needed += rows.first_segment[n + 1] - rows.first_segment[n]
            if needed > out.messages.shape[1] - out.first_message[row]:
                return False
        if fired > room:
            return False
        counts = out.counts[row]
        counts[FIRED] = fired
        for k in range(fired):
            out.spikes[out.first_spike[row] + k] = layout.neuron[s.spikes[k]]
        out.first_spike[row + 1] = out.first_spike[row] + fired
        for i in range(layout.inputs.size):
            counts[INPUTS_FIRED] += s.fired[layout.inputs[i]]
        counts[UPDATED] = counts[INPUTS_FIRED] + _sum(s.active, 0, layout.core.size)
        out.first_message[row + 1] = _send(s, rows, layout, out, row, fired)
        _deliver(s, rows, t, fired)
        counts[SYNOPS] = _synapses(s, rows, fired)
        probed = p.values[0]
        for i in range(out.probes.size):
            out.potentials[row, i] = probed[out.probes[i]]
        s.progress[1] = 0


@inner
def _neuron_phase(s: State, p: Population, layout: Layout, t: int) -> None:
    update_neurons(s.model, p, s.current[t % s.current.shape[0]], t == 0, s.fired, s.active)
    for i in range(layout.inputs.size):
        s.fired[layout.inputs[i]] = layout.raster[t, i] != 0
        s.active[layout.inputs[i]] = 0
    for n in range(layout.core.size, s.fired.size):  # the last block may hold more than there are
        s.fired[n] = 0


@inner
def _collect(s: State, layout: Layout) -> int:
    """List the slots that fired."""
    words = s.fired.view(np.uint64)
    found = 0
    for k in range(np.uint64(words.size)):
        if words[k]:
            for n in range(_FLAGS * k, _FLAGS * k + _FLAGS):
                if s.fired[n]:
                    s.spikes[found] = n
                    found += 1
    return found


@inlined
def _sum(flags: np.ndarray, first: int, end: int) -> int:
    total = np.int64(0)
    for n in range(np.uint64(first), np.uint64(end)):
        total += flags[n]
    return total


@inner
def _send(s: State, rows: Rows, layout: Layout, out: Recording, row: int, fired: int) -> int:
    """Record the messages of a step and count their hops; returns where the next step's messages start."""
    messages, counts = out.messages, out.counts[row]
    recorded = messages.shape[0] > 0
    m = np.uint64(out.first_message[row])
    k = 0
    sent = east = west = north = south = np.int64(0)
    for core in range(layout.first_slot.size - 1):
        since, end = layout.first_slot[core], layout.first_slot[core + 1]
        spikes = 0
        while k < fired and s.spikes[k] < end:
            n = s.spikes[k]
            if k + _AHEAD < fired:
                ahead = s.spikes[k + _AHEAD]
                prefetch(rows.target, np.uint64(rows.first_synapse[ahead]))
                prefetch(rows.segment_size, np.uint64(rows.first_segment[ahead]))
            k += 1
            spikes += layout.accesses_before[n + 1] - layout.accesses_before[n]
            first, last = rows.first_segment[n], rows.first_segment[n + 1]
            if first == last:
                continue
            at = np.uint64(rows.first_synapse[n])
            sent += last - first
            begin = m
            for segment in range(np.uint64(first), np.uint64(last)):
                size = abs(rows.segment_size[segment])
                destination = layout.core[rows.target[at]]
                at += np.uint64(size)
                dx = _way(layout.x[destination] - layout.x[core], layout.wrap[0])
                dy = _way(layout.y[destination] - layout.y[core], layout.wrap[1])
                east += max(dx, 0)
                west += max(-dx, 0)
                north += max(dy, 0)
                south += max(-dy, 0)
                if recorded:
                    messages[NEURON, m] = layout.neuron[n]
                    messages[SOURCE_CORE, m] = core
                    messages[DESTINATION_CORE, m] = destination
                    messages[MESSAGE_SYNOPS, m] = size
                    for column in range(WORK_NEURONS, WORK_SPIKES + 1):
                        messages[column, m] = 0
                    m += np.uint64(1)
            if recorded:
                _record_work(s, layout, messages, begin, since, n + 1, spikes)
            since, spikes = n + 1, 0
        if recorded and since < end:
            messages[NEURON, m] = TAIL
            messages[SOURCE_CORE, m] = core
            messages[DESTINATION_CORE, m] = TAIL
            messages[MESSAGE_SYNOPS, m] = 0
            _record_work(s, layout, messages, m, since, end, spikes)
            m += np.uint64(1)
    counts[MESSAGES] = sent
    counts[EAST], counts[WEST], counts[NORTH], counts[SOUTH] = east, west, north, south
    return m


@inlined
def _record_work(s: State, layout: Layout, messages: np.ndarray, m: int, first: int, end: int, spikes: int) -> None:
    messages[WORK_NEURONS, m] = end - first
    messages[WORK_ACCESSES, m] = layout.accesses_before[end] - layout.accesses_before[first]
    messages[WORK_UPDATES, m] = _sum(s.active, first, end)
    messages[WORK_SPIKES, m] = spikes


@inlined
def _way(distance: int, around: int) -> int:
    """Signed hops along one axis; on a ring the shorter way, forward if both are equal."""
    if around:
        distance %= around
        if 2 * distance > around:
            distance -= around
    return distance


@inner
def _deliver(s: State, rows: Rows, t: int, fired: int) -> None:
    ring = s.current.shape[0]
    if rows.delay.size:
        for k in range(fired):
            n = s.spikes[k]
            for e in range(np.uint64(rows.first_synapse[n]), np.uint64(rows.first_synapse[n + 1])):
                s.current[(t + 1 + rows.delay[e]) % ring, rows.target[e]] += rows.weight[e]
        return
    current = s.current[0]
    for k in range(fired):
        n = s.spikes[k]
        if k + _AHEAD < fired:
            ahead = s.spikes[k + _AHEAD]
            prefetch(rows.target, np.uint64(rows.first_synapse[ahead]))
            prefetch(rows.weight, np.uint64(rows.first_synapse[ahead]))
        at, end = np.uint64(rows.first_synapse[n]), np.uint64(rows.first_synapse[n + 1])
        first, last = np.uint64(rows.first_segment[n]), np.uint64(rows.first_segment[n + 1])
        if end - at < np.uint64(_LONG) * (last - first):
            _scatter(current, rows.target, rows.weight, at, end)
            continue
        for segment in range(first, last):
            size = rows.segment_size[segment]
            after = at + np.uint64(abs(size))
            if size < 0:
                _add(current, np.uint64(rows.target[at]), rows.weight, at, after)
            else:
                _scatter(current, rows.target, rows.weight, at, after)
            at = after


@inlined
def _scatter(current: np.ndarray, target: np.ndarray, weight: np.ndarray, first: int, end: int) -> None:
    for e in range(first, end):
        current[target[e]] += weight[e]


@inlined
def _add(current: np.ndarray, to: int, weight: np.ndarray, first: int, end: int) -> None:
    for i in range(end - first):
        current[to + i] += weight[first + i]


@inner
def _synapses(s: State, rows: Rows, fired: int) -> int:
    total = np.int64(0)
    for k in range(fired):
        total += rows.first_synapse[s.spikes[k] + 1] - rows.first_synapse[s.spikes[k]]
    return total
