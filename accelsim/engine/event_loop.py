"""The event loop of cores whose control decides at run time: one numba loop, the chip's functions plugged in.

A generated module puts the chip's `decide`, `wake`, `begin` and `work` in front of this text (see
:mod:`accelsim.engine.event_driven`), so the file imports nothing of a chip.  Time is counted in clock cycles.
In a *decision* cycle `decide` names the phase that starts in the next cycle, or none; if none, time jumps to the next
moment at which that could change.  A phase runs its iterations; what an iteration emits to a link holds the next
iteration until the link is free, and repeats the accesses of the step it is held in.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from accelsim.controllers.emissions import (
    BIG,
    CHANGE0,
    CHANGES,
    CODE,
    NEURON,
    PACKET0,
    PACKETS,
    POP,
    PUSH0,
    PUSHES,
)
from accelsim.datapath.compile import inner

WAITING, FALLING = -1, -2
"""Segments of the timeline that are no phase: waiting for something to do, for the request to fall."""


def decide(*arguments: Any) -> int:  # replaced by the chip's
    """Phase to start in the next cycle, or -1."""
    raise AssertionError


wake = begin = work = decide

# Rows of a queue's state `qs`
READ_AT, OCCUPANCY, DEPTH = range(3)
# Columns of the phase table
ITERATIONS, INTERVAL, WORK_AT, ACKNOWLEDGE, THEN, UNTIL_FREE, FIRST_ACCESS = range(7)
# Rows of `clock`: what the loop remembers between calls
TIME, NEXT_EVENT, REQUEST_UP, LINK_FREE, BUSY_DONE, BUSY_FROM, BUSY_TO = range(7)
# Rows of `used`: rows written to each record
SEGMENTS, FIFO, SPIKES, OUTPUTS, WRITES, INPUTS = range(6)


@inner
def busy_until(clock: np.ndarray, t: int) -> int:
    """Cycles before `t` in which the output link was busy."""
    return clock[BUSY_DONE] + max(0, min(t, clock[BUSY_TO]) - clock[BUSY_FROM])


@inner
def send(clock: np.ndarray, cycle: int, packets: int, busy: int) -> int:
    """Start sending a group of packets raised in `cycle`; returns how long it stalls the next iteration."""
    clock[BUSY_DONE] += max(0, clock[BUSY_TO] - clock[BUSY_FROM])
    clock[BUSY_FROM] = cycle + 1
    clock[BUSY_TO] = cycle + packets * (busy + 1)
    clock[LINK_FREE] = clock[BUSY_TO]
    return packets * (busy + 1) - 1


@inner
def record(rows: np.ndarray, used: np.ndarray, which: int, a: int, b: int, c: int, d: int, e: int) -> None:
    """Append a row if there is room; the number of rows counts on."""
    at = used[which]
    if at < rows.shape[0]:
        rows[at, 0] = a
        rows[at, 1] = b
        rows[at, 2] = c
        rows[at, 3] = d
        rows[at, 4] = e
    used[which] = at + 1


@inner
def segment(segments: np.ndarray, used: np.ndarray, start: int, phase: int, length: int, busy: int, head: int) -> int:
    """Append a segment of the control's timeline without accesses; returns its row, -1 if there is no room."""
    row = used[SEGMENTS]
    record(segments, used, SEGMENTS, start, phase, length, busy, head)
    if row >= segments.shape[0]:
        return -1
    for column in range(5, segments.shape[1]):
        segments[row, column] = 0
    return row


@inner
def push(q: np.ndarray, qs: np.ndarray, queue: int, value: int, owner: int) -> bool:
    """Put an entry into a queue; False if it is full and the entry is lost."""
    if qs[queue, OCCUPANCY] >= qs[queue, DEPTH]:
        return False
    at = (qs[queue, READ_AT] + qs[queue, OCCUPANCY]) % qs[queue, DEPTH]
    q[0, queue, at] = value
    q[1, queue, at] = owner
    qs[queue, OCCUPANCY] += 1
    return True


@inner
def pop(q: np.ndarray, qs: np.ndarray, queue: int) -> int:
    """Take the head of a queue away; returns the input event that put it there, -1 if none did."""
    at = qs[queue, READ_AT]
    owner = q[1, queue, at]
    qs[queue, READ_AT] = (at + 1) % qs[queue, DEPTH]
    qs[queue, OCCUPANCY] -= 1
    return owner


@inner
def emissions(
    out: np.ndarray, cycle: int, event: int, external: bool, q: np.ndarray, qs: np.ndarray, inputs: np.ndarray,
    fifo: np.ndarray, spikes: np.ndarray, writes: np.ndarray, used: np.ndarray,
) -> None:  # fmt: skip
    """Carry out what one iteration asked for: queue pushes, then a pop; note spikes and changed words."""
    popped = out[POP]
    accepted = 0
    external = external and out[CODE] == 0  # a spike is the core's own push, whatever it answers
    first = used[FIFO]
    for i in range(out[PUSHES]):
        queue = out[PUSH0 + 2 * i]
        value = out[PUSH0 + 2 * i + 1]
        taken = push(q, qs, queue, value, event if external else -1)
        if queue == 0:
            accepted = int(taken)
            kind = (0 if external else 1) + (0 if taken else 2)
            record(fifo, used, FIFO, cycle, kind, value, 0, 0)
        else:
            record(fifo, used, FIFO, cycle, 5, value, 0, queue)
    if popped >= 0 and qs[popped, OCCUPANCY] > 0:
        value = q[0, popped, qs[popped, READ_AT]]
        owner = pop(q, qs, popped)
        if owner >= 0:
            inputs[owner, 6] = cycle
        record(fifo, used, FIFO, cycle, 4 if popped == 0 else 6, value, 0, popped)
    for row in range(first, min(used[FIFO], fifo.shape[0])):
        fifo[row, 3] = qs[0, OCCUPANCY]
    if out[CODE]:
        record(spikes, used, SPIKES, cycle, out[NEURON], out[CODE], accepted, 0)
    for i in range(out[CHANGES]):
        at = CHANGE0 + 4 * i
        record(writes, used, WRITES, cycle, out[at], out[at + 1], out[at + 2], out[at + 3])


@inner
def execute(
    horizon: int, phases: np.ndarray, accesses: np.ndarray, handshake: np.ndarray, stimulus: np.ndarray,
    s: Any, q: np.ndarray, qs: np.ndarray, clock: np.ndarray, op: np.ndarray, out: np.ndarray, used: np.ndarray,
    segments: np.ndarray, inputs: np.ndarray, fifo: np.ndarray, spikes: np.ndarray, outputs: np.ndarray,
    writes: np.ndarray,
) -> None:  # fmt: skip
    """Run until cycle `horizon`.

    Parameters
    ----------
    horizon : int
        Last cycle, exclusive.
    phases : int64 array, (phases, columns): see the column names above, then the first row of `accesses`
    accesses : int64 array, (iterations of all phases + 1, 3 * memories): running sums, of each memory, of the reads of
        the first step, which a held iteration repeats, of further reads, and of writes
    handshake : int64 array: falling delay, gap, rise and fall delays of the receiver, synchroniser, link cycles
    stimulus : int64 array, (events, 2): earliest cycle, word
    """
    falling, gap, synchroniser = handshake[0], handshake[1], handshake[4]
    busy = handshake[5] + handshake[2] + handshake[3]
    memories = accesses.shape[1] // 3
    t = clock[TIME]
    waiting = t
    following = -1
    while t < horizon:
        event = clock[NEXT_EVENT]
        visible = BIG
        if event < stimulus.shape[0]:
            visible = clock[REQUEST_UP] + synchroniser
        if following < 0:
            if t < clock[LINK_FREE]:
                t = min(clock[LINK_FREE], horizon)
                continue
            request = 1 if visible <= t else 0
            phase = decide(t, request, stimulus[event, 1] if request else 0, q, qs, s)
            if phase < 0:
                nearest = min(visible if visible > t else BIG, wake(t, q, qs, s))
                t = min(max(nearest, t + 1), horizon)
                continue
            busy_before = busy_until(clock, waiting)
            segment(segments, used, waiting, WAITING, t + 1 - waiting, busy_until(clock, t + 1) - busy_before, 0)
            start = t + 1
        else:
            phase = following
            start = t
        if start >= horizon:
            waiting = start
            break
        external = phases[phase, ACKNOWLEDGE] != 0
        word = stimulus[event, 1] if external else 0
        head = begin(phase, start, word, q, qs, s, op)
        row = segment(segments, used, start, phase, 0, 0, head)
        began = start
        busy_before = busy_until(clock, start)
        length = phases[phase, ITERATIONS]
        stall = 0
        repeats = phases[phase, UNTIL_FREE] == 0
        done = 0
        for j in range(length):
            touched = phases[phase, FIRST_ACCESS] + j
            cycle = start + stall + phases[phase, WORK_AT]
            if phases[phase, UNTIL_FREE]:
                cycle = max(cycle, clock[LINK_FREE])
                stall = cycle - start - phases[phase, WORK_AT]
            if cycle >= horizon:
                early = max(0, min(start + stall + 1, horizon) - start) if repeats else int(start < horizon)
                if row >= 0:
                    for m in range(memories):
                        segments[row, 5 + 2 * m] += early * (accesses[touched + 1, 3 * m] - accesses[touched, 3 * m])
                start = horizon
                break
            done += 1
            if stall and repeats and row >= 0:
                for m in range(memories):  # a held step repeats its reads
                    segments[row, 5 + 2 * m] += stall * (accesses[touched + 1, 3 * m] - accesses[touched, 3 * m])
            out[CODE] = 0
            out[PACKETS] = 0
            out[PUSHES] = 0
            out[POP] = -1
            out[CHANGES] = 0
            work(phase, j, cycle, q, qs, s, op, out)
            if out[PUSHES] or out[CHANGES] or out[CODE] or out[POP] >= 0:
                emissions(out, cycle, event, external, q, qs, inputs, fifo, spikes, writes, used)
            start += stall + phases[phase, INTERVAL]
            stall = 0
            if out[PACKETS]:
                held_for = send(clock, cycle, out[PACKETS], busy)
                for k in range(out[PACKETS]):
                    record(outputs, used, OUTPUTS, cycle + 1 + k * (busy + 1), out[PACKET0 + k], 0, 0, 0)
                if j < length - 1:
                    stall = held_for
        t = min(start, horizon)
        if row >= 0:
            segments[row, 2] = t - began
            segments[row, 3] = busy_until(clock, t) - busy_before
            first = phases[phase, FIRST_ACCESS]
            for m in range(memories):
                for kind in range(3):
                    happened = accesses[first + done, 3 * m + kind] - accesses[first, 3 * m + kind]
                    segments[row, 5 + 2 * m + (kind == 2)] += happened
        waiting = t
        following = phases[phase, THEN]
        if external and t < horizon:
            inputs[event, 4] = began
            inputs[event, 5] = t - began
            if out[PUSHES] == 0 or out[CODE]:
                inputs[event, 6] = t - 1
            inputs[event, 0] = clock[REQUEST_UP]
            inputs[event, 1] = t
            inputs[event, 2] = t + falling
            inputs[event, 3] = t + falling + 3
            end = min(t + falling + 3, horizon)
            segment(segments, used, t, FALLING, end - t, busy_until(clock, end) - busy_until(clock, t), 0)
            clock[NEXT_EVENT] = event + 1
            if event + 1 < stimulus.shape[0]:
                clock[REQUEST_UP] = max(stimulus[event + 1, 0], t + falling + 3 + gap)
            used[INPUTS] = event + 1
            t = end
            waiting = t
    if waiting < horizon:
        busy_before = busy_until(clock, waiting)
        segment(segments, used, waiting, WAITING, horizon - waiting, busy_until(clock, horizon) - busy_before, 0)
    clock[TIME] = t
