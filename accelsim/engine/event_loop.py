"""The event loop of cores whose control decides at run time: one numba loop, the chip's functions plugged in.

A generated module puts the chip's functions in front of this text (see :mod:`accelsim.engine.event_driven`), so the
file imports nothing of a chip.  Time is counted in clock cycles.  In a *decision* cycle `decide` names the phase that
starts in the next cycle, or none; if none, time jumps to the next moment at which that could change.  A phase runs its
iterations; what an iteration emits to a link holds the next iteration until the link is free, and repeats the reads of
the step it is held in.  The loop may be left at a decision, or in mid-phase while another core's acknowledge is
awaited, and goes on where it was.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from accelsim.controllers.emissions import (
    BIG,
    CHANGE0,
    CHANGES,
    PACKET0,
    PACKETS,
    POP,
    PUSH0,
    PUSHES,
    SPIKE0,
    SPIKES,
)
from accelsim.datapath.compile import inlined, inner
from accelsim.engine.event_layout import (
    ACKNOWLEDGE,
    ACKNOWLEDGED,
    BEGAN,
    BLOCKED,
    BUSY,
    BUSY_DONE,
    BUSY_FROM,
    BUSY_TO,
    CHANGED,
    DEPTH,
    DROPPED,
    EMITTED,
    ENTERED,
    EVENTS,
    FALL,
    FALLING,
    FIFO,
    FINAL,
    FINISHED,
    FIRST_ACCESS,
    FREE_INPUT,
    GAP,
    HEAD,
    INPUT_WAIT,
    INPUTS,
    INTERVAL,
    ITERATION,
    ITERATIONS,
    LINK_FREE,
    LINKED,
    NEXT_EVENT,
    OCCUPANCY,
    OTHER_PUSHES,
    OUTPUT_HOLD,
    OUTPUTS,
    OWN_ENTRY,
    PACKETS_SENT,
    PAUSED,
    PHASE,
    PUSHED,
    RAISED,
    READ_AT,
    REQUEST_UP,
    SEGMENTS,
    SERVED,
    SPIKED,
    START,
    STEPPING,
    SYNCHRONISER,
    THEN,
    TIME,
    UNTIL_FREE,
    WAIT_FROM,
    WAITING,
    WORK_AT,
    WRITES,
    Counters,
    Records,
)

RECORDED = True
"""Whether rows are written to the records; the counters count in any case."""
SWEEPS = True
"""Whether a phase may run all its iterations at once where the chip licenses it."""


def decide(*arguments: Any) -> Any:  # this and the next line are replaced by the chip's functions
    """Phase to start in the next cycle, or -1."""
    raise AssertionError


wake = begin = work = licensed = sweep = swept_pop = decide


@inlined
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


@inlined
def idle(records: Records, counters: Counters, kind: int, start: int, length: int) -> None:
    """A segment of the timeline without accesses: `WAITING` or `FALLING`."""
    row = counters.tally.shape[0] - 2 + (kind == FALLING)
    counters.tally[row, 0] += 1
    counters.tally[row, 1] += length
    if RECORDED:
        record(records.segments, records.used, SEGMENTS, start, kind, length, 0, 0)


@inlined
def executed(
    phase: int, done: int, length: int, phases: np.ndarray, accesses: np.ndarray, held: np.ndarray, clock: np.ndarray,
    records: Records, counters: Counters,
) -> None:  # fmt: skip
    """A segment of the timeline in which `done` iterations of a phase came to their end."""
    tally = counters.tally
    first = phases[phase, FIRST_ACCESS]
    at = records.used[SEGMENTS]
    if RECORDED:
        record(records.segments, records.used, SEGMENTS, clock[BEGAN], phase, length, 0, clock[HEAD])
    tally[phase, 1] += length
    for m in range(held.size):
        reads = held[m]
        for kind in range(3):
            reads += accesses[first + done, 4 * m + kind] - accesses[first, 4 * m + kind]
        writes = accesses[first + done, 4 * m + 3] - accesses[first, 4 * m + 3]
        held[m] = 0
        tally[phase, 2 + 2 * m] += reads
        tally[phase, 3 + 2 * m] += writes
        if RECORDED and at < records.segments.shape[0]:
            records.segments[at, 5 + 2 * m] = reads
            records.segments[at, 6 + 2 * m] = writes


@inlined
def repeat_reads(held: np.ndarray, accesses: np.ndarray, iteration: int, times: int) -> None:
    """Reads of an iteration's first step that a held cycle repeats, so many times."""
    for m in range(held.size):
        held[m] += times * (accesses[iteration + 1, 4 * m] - accesses[iteration, 4 * m])


@inlined
def begin_reads(held: np.ndarray, accesses: np.ndarray, iteration: int) -> None:
    """All reads of the first step of an iteration that is cut off after it has begun."""
    for m in range(held.size):
        for kind in range(2):
            held[m] += accesses[iteration + 1, 4 * m + kind] - accesses[iteration, 4 * m + kind]


@inlined
def enter(
    queue: int, value: int, owner: int, own: bool, phase: int, cycle: int, q: np.ndarray, qs: np.ndarray,
    records: Records, counters: Counters,
) -> bool:  # fmt: skip
    """Push an entry, the input event's `own` or the core's; False if the queue is full and the entry is lost."""
    taken = qs[queue, OCCUPANCY] < qs[queue, DEPTH]
    if taken:
        at = qs[queue, READ_AT] + qs[queue, OCCUPANCY]
        if at >= qs[queue, DEPTH]:
            at -= qs[queue, DEPTH]
        q[0, queue, at] = value
        q[1, queue, at] = owner
        qs[queue, OCCUPANCY] += 1
        counters.traffic[phase, ENTERED + 2 * queue] += 1
    kind = 5
    if queue == 0:
        kind = (0 if own else 1) + (0 if taken else 2)
        counters.scalars[(PUSHED if taken else DROPPED) + (0 if own else 1)] += 1
    else:
        counters.scalars[OTHER_PUSHES] += 1
    if RECORDED:
        record(records.fifo, records.used, FIFO, cycle, kind, value, 0, queue)
    return taken


@inlined
def leave(
    queue: int, phase: int, cycle: int, q: np.ndarray, qs: np.ndarray, records: Records, counters: Counters
) -> None:
    """Take the head of a queue away, if it has one."""
    if qs[queue, OCCUPANCY] > 0:
        at = qs[queue, READ_AT]
        owner = q[1, queue, at]
        if owner >= 0:
            records.inputs[owner, 6] = cycle
        qs[queue, READ_AT] = at + 1 if at + 1 < qs[queue, DEPTH] else 0
        qs[queue, OCCUPANCY] -= 1
        counters.traffic[phase, ENTERED + 2 * queue + 1] += 1
        if RECORDED:
            record(records.fifo, records.used, FIFO, cycle, 4 if queue == 0 else 6, q[0, queue, at], 0, queue)


@inlined
def show_occupancy(first: int, qs: np.ndarray, records: Records) -> None:
    """Rows of the queue operations of a cycle, from row `first` on, tell the occupancy after all of them."""
    for row in range(first, min(records.used[FIFO], records.fifo.shape[0])):
        records.fifo[row, 3] = qs[0, OCCUPANCY]


@inlined
def carry_out(
    out: np.ndarray, phase: int, cycle: int, event: int, external: bool, q: np.ndarray, qs: np.ndarray,
    records: Records, counters: Counters,
) -> bool:  # fmt: skip
    """Carry out what one iteration asked for: queue pushes, then a pop; note spikes and changed words.

    Returns whether the input event made an entry of its own: where neurons spike, every push is theirs.
    """
    own = external and out[SPIKES] == 0
    entered = False
    first = records.used[FIFO]
    for i in range(out[PUSHES]):
        at = PUSH0 + 2 * i
        entered |= own
        if not enter(out[at], out[at + 1], event if own else -1, own, phase, cycle, q, qs, records, counters):
            out[at] = -1
    if out[POP] >= 0:
        leave(out[POP], phase, cycle, q, qs, records, counters)
    if RECORDED:
        show_occupancy(first, qs, records)
    for i in range(out[SPIKES]):
        at = SPIKE0 + 3 * i
        counters.spikes[out[at]] += 1
        if RECORDED:
            entry = out[at + 2]
            accepted = 1 if entry >= 0 and out[PUSH0 + 2 * entry] >= 0 else 0
            record(records.spikes, records.used, SPIKED, cycle, out[at], out[at + 1], accepted, 0)
    for i in range(out[CHANGES]):
        at = CHANGE0 + 4 * i
        counters.scalars[CHANGED + out[at]] += 1
        if RECORDED:
            record(records.writes, records.used, WRITES, cycle, out[at], out[at + 1], out[at + 2], out[at + 3])
    return entered


@inlined
def send(clock: np.ndarray, counters: Counters, phase: int, cycle: int, packets: int) -> None:
    """Start sending a group of packets raised in `cycle` to the outside."""
    clock[BUSY_DONE] += max(0, clock[BUSY_TO] - clock[BUSY_FROM])
    clock[BUSY_FROM] = cycle + 1
    clock[BUSY_TO] = cycle + packets * (clock[BUSY] + 1)
    clock[LINK_FREE] = clock[BUSY_TO]
    counters.traffic[phase, PACKETS_SENT] += packets


@inlined
def sent(records: Records, clock: np.ndarray, up: int, word: int, number: int, packets: int) -> None:
    """Note packet `number` of a group whose first request rises in cycle `up`; the first tells how long it lasts."""
    if RECORDED:
        period = clock[BUSY] + 1
        end = up - 1 + packets * period if number == 0 else 0
        record(records.outputs, records.used, OUTPUTS, up + number * period, word, up if end else 0, end, 0)


@inlined
def sweep_over(
    phase: int, start: int, s: Any, q: np.ndarray, qs: np.ndarray, op: np.ndarray, phases: np.ndarray,
    accesses: np.ndarray, held: np.ndarray, emitted: np.ndarray, changes: np.ndarray, clock: np.ndarray,
    records: Records, counters: Counters,
) -> int:  # fmt: skip
    """Run all iterations of a phase at once, then place in time what they emitted; returns the cycle after the last."""
    length, interval = phases[phase, ITERATIONS], phases[phase, INTERVAL]
    scalars = counters.scalars
    emissions, changed0, changed1 = sweep(phase, s, op, emitted, changes, RECORDED)
    popped = swept_pop(phase, q, qs, s, op)
    scalars[CHANGED] += changed0
    scalars[CHANGED + 1] += changed1
    work_at = start + phases[phase, WORK_AT]
    shift = 0
    i = 0
    written = 0
    while i < emissions:
        j = emitted[i, 0]
        cycle = work_at + j * interval + shift
        first = records.used[FIFO]
        packets = 0
        group = i
        while i < emissions and emitted[i, 0] == j:
            counters.spikes[emitted[i, 1]] += 1
            accepted = 0
            if emitted[i, 3] >= 0:
                accepted = int(enter(0, emitted[i, 3], -1, False, phase, cycle, q, qs, records, counters))
            if RECORDED:
                record(records.spikes, records.used, SPIKED, cycle, emitted[i, 1], emitted[i, 2], accepted, 0)
            packets += int(emitted[i, 4] >= 0)
            i += 1
        if j == length - 1 and popped >= 0:
            leave(popped, phase, cycle, q, qs, records, counters)
            popped = -1
        if RECORDED:
            show_occupancy(first, qs, records)
            while written < changed0 + changed1 and changes[written, 0] <= j:
                at = work_at + changes[written, 0] * interval + shift
                record(records.writes, records.used, WRITES, at, changes[written, 1], changes[written, 2],
                       changes[written, 3], changes[written, 4])  # fmt: skip
                written += 1
        if packets:
            send(clock, counters, phase, cycle, packets)
            number = 0
            for k in range(group, i):
                if emitted[k, 4] >= 0:
                    sent(records, clock, cycle + 1, emitted[k, 4], number, packets)
                    number += 1
            if j < length - 1:
                stall = max(0, clock[LINK_FREE] - (cycle - phases[phase, WORK_AT] + interval))
                scalars[OUTPUT_HOLD] += stall
                if phases[phase, WORK_AT] > 0:
                    repeat_reads(held, accesses, phases[phase, FIRST_ACCESS] + j + 1, stall)
                shift += stall
    if RECORDED:
        while written < changed0 + changed1:
            at = work_at + changes[written, 0] * interval + shift
            record(records.writes, records.used, WRITES, at, changes[written, 1], changes[written, 2],
                   changes[written, 3], changes[written, 4])  # fmt: skip
            written += 1
    if popped >= 0:
        first = records.used[FIFO]
        leave(popped, phase, work_at + (length - 1) * interval + shift, q, qs, records, counters)
        if RECORDED:
            show_occupancy(first, qs, records)
    return start + length * interval + shift


@inner
def execute(
    until: int, horizon: int, phases: np.ndarray, accesses: np.ndarray, stimulus: np.ndarray, s: Any, q: np.ndarray,
    qs: np.ndarray, clock: np.ndarray, op: np.ndarray, out: np.ndarray, held: np.ndarray, emitted: np.ndarray,
    changes: np.ndarray, records: Records, counters: Counters,
) -> int:  # fmt: skip
    """Run to the first decision in cycle `until` or later, at most to cycle `horizon`; returns why it stopped.

    Parameters
    ----------
    until, horizon : int
        What is under way in cycle `horizon` is cut off there.
    phases : int64 array, (phases, columns): see the column names, then the first row of `accesses`
    accesses : int64 array, (iterations of all phases + 1, 4 * memories): running sums, of each memory, of the reads of
        the first step that a held cycle repeats, of its other reads, of the reads of later steps, and of writes
    stimulus : int64 array, (events, 2): earliest cycle, word
    held : int64 array, (memories,): repeated reads of the phase under way
    emitted, changes : int64 arrays, (rows, 5): where a sweep leaves its results
    """
    t = clock[TIME]
    phase = clock[PHASE]
    j = clock[ITERATION]
    start = clock[START]
    scalars = counters.scalars
    reason = FINISHED
    while True:
        if phase < 0:
            if t < clock[LINK_FREE]:
                if clock[LINK_FREE] == BIG and clock[FINAL] == 0:
                    reason = BLOCKED
                    break
                t = min(clock[LINK_FREE], horizon)
                if clock[STEPPING]:
                    reason = PAUSED
                    break
            if t >= until:
                break
            visible = clock[REQUEST_UP] + clock[SYNCHRONISER]
            request = 1 if visible <= t else 0
            phase = decide(t, request, stimulus[clock[NEXT_EVENT], 1] if request else 0, q, qs, s)
            if phase < 0:
                nearest = min(visible if visible > t else BIG, wake(t, q, qs, s))
                t = min(max(nearest, t + 1), until)
                if clock[STEPPING]:
                    reason = PAUSED
                    break
                continue
            t += 1
            idle(records, counters, WAITING, clock[WAIT_FROM], t - clock[WAIT_FROM])
            clock[WAIT_FROM] = t
            if t >= horizon:
                phase = -1
                break
            j = -1
        length = phases[phase, ITERATIONS]
        interval = phases[phase, INTERVAL]
        work_at = phases[phase, WORK_AT]
        external = phases[phase, ACKNOWLEDGE] != 0
        event = clock[NEXT_EVENT]
        if j < 0:
            counters.tally[phase, 0] += 1
            clock[HEAD] = begin(phase, t, stimulus[event, 1] if external else 0, q, qs, s, op)
            clock[BEGAN] = t
            clock[RAISED] = 0
            clock[OWN_ENTRY] = 0
            start = t
            j = 0
            if SWEEPS:
                last = start + length * interval + counters.spikes.size * (clock[BUSY] + 1)
                if clock[LINKED] == 0 and last < horizon and licensed(phase, q, qs, s):
                    start = sweep_over(
                        phase, start, s, q, qs, op, phases, accesses, held, emitted, changes, clock, records, counters
                    )
                    j = length
        while j < length:
            iteration = phases[phase, FIRST_ACCESS] + j
            stall = 0
            if clock[RAISED] or phases[phase, UNTIL_FREE]:
                if clock[LINK_FREE] == BIG and clock[FINAL] == 0:
                    reason = BLOCKED
                    break
                stall = max(0, clock[LINK_FREE] - start)
            repeats = work_at > 0 and phases[phase, UNTIL_FREE] == 0
            cycle = start + stall + work_at
            if cycle >= horizon:
                until_held = min(start + stall, horizon)
                scalars[OUTPUT_HOLD] += max(0, until_held - start)
                if repeats:
                    repeat_reads(held, accesses, iteration, max(0, until_held - start))
                if work_at > 0 and start + stall < horizon:
                    begin_reads(held, accesses, iteration)
                start = horizon
                break
            if stall:
                scalars[OUTPUT_HOLD] += stall
                if repeats:
                    repeat_reads(held, accesses, iteration, stall)
            out[SPIKES] = 0
            out[PACKETS] = 0
            out[PUSHES] = 0
            out[POP] = -1
            out[CHANGES] = 0
            work(phase, j, cycle, q, qs, s, op, out)
            if out[PUSHES] or out[CHANGES] or out[SPIKES] or out[POP] >= 0:
                clock[OWN_ENTRY] |= int(carry_out(out, phase, cycle, event, external, q, qs, records, counters))
            start += stall + interval
            j += 1
            clock[RAISED] = out[PACKETS]
            if out[PACKETS]:
                if clock[LINKED]:
                    clock[LINK_FREE] = BIG
                    counters.traffic[phase, PACKETS_SENT] += out[PACKETS]
                    t = cycle
                    reason = EMITTED
                    break
                send(clock, counters, phase, cycle, out[PACKETS])
                for k in range(out[PACKETS]):
                    sent(records, clock, cycle + 1, out[PACKET0 + k], k, out[PACKETS])
        if reason != FINISHED:
            break
        t = min(start, horizon)
        executed(phase, j, t - clock[BEGAN], phases, accesses, held, clock, records, counters)
        clock[WAIT_FROM] = t
        if t >= horizon:
            phase = -1
            break
        if external:
            inputs = records.inputs
            if event < inputs.shape[0]:
                inputs[event, 0] = clock[REQUEST_UP]
                inputs[event, 1] = t
                inputs[event, 2] = t + clock[FALL]
                inputs[event, 3] = t + clock[FALL] + 3
                inputs[event, 4] = clock[BEGAN]
                inputs[event, 5] = t - clock[BEGAN]
                if clock[OWN_ENTRY] == 0:
                    inputs[event, 6] = t - 1
            scalars[SERVED] += 1
            scalars[INPUT_WAIT] += clock[BEGAN] - stimulus[event, 0]
            clock[ACKNOWLEDGED] = t
            clock[FREE_INPUT] = t + clock[FALL] + 3
            clock[NEXT_EVENT] = event + 1
            records.used[INPUTS] = event + 1
            clock[REQUEST_UP] = BIG
            if event + 1 < clock[EVENTS]:
                clock[REQUEST_UP] = max(stimulus[event + 1, 0], clock[FREE_INPUT] + clock[GAP])
            end = min(clock[FREE_INPUT], horizon)
            idle(records, counters, FALLING, t, end - t)
            t = end
            clock[WAIT_FROM] = t
        phase = phases[phase, THEN]
        j = -1
        if t >= horizon:
            phase = -1
        if clock[STEPPING]:
            reason = PAUSED
            break
        if phase < 0 and t >= horizon:
            break
    if reason == FINISHED and clock[WAIT_FROM] < t:
        idle(records, counters, WAITING, clock[WAIT_FROM], t - clock[WAIT_FROM])
        clock[WAIT_FROM] = t
    clock[TIME] = t
    clock[PHASE] = phase
    clock[ITERATION] = j
    clock[START] = start
    return reason
