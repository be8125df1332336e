"""ODIN's controller: what it decides in each waiting cycle, and what each of its phases does (open RTL).

The event loop calls these functions (see :mod:`accelsim.engine.event_loop`): `decide` chooses a phase, `wake`
tells when a timer could change that choice, `begin` latches the operands of a phase, `work` does one iteration.
Whole phases at once: :mod:`accelsim.controllers.odin.sweep`.
"""

from __future__ import annotations

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
from accelsim.controllers.odin import sweep as sweeps
from accelsim.controllers.odin.cells import read_synapse, store_word
from accelsim.controllers.odin.kernels import (
    bistability_word,
    flags_of_word,
    item,
    sdsp_word,
    synapse_weight,
    update_neuron,
)
from accelsim.controllers.odin.state import (
    BURST_TIMEREF,
    MONITOR,
    MONITOR_NEURON,
    MONITOR_SYNAPSE,
    NEURONS,
    OPEN_LOOP,
    PROPAGATE_UNMAPPED,
    SDSP_ON_SYNAPSE,
    SLOT0,
    SOURCE_CONTROL,
    SYNAPSES,
    TICK0,
    UPDATE_UNMAPPED,
    State,
)
from accelsim.datapath.compile import inlined, inner
from accelsim.devices.state import ON

TREF_ALL, TREF_ONE, BIST_ALL, BIST_ROW, SYNAPSE, PUSH, POP_NEURON, POP_VIRTUAL = range(8)
PHASES = ("tref_all", "tref_one", "bist_all", "bist_row", "synapse", "push", "pop_neuron", "pop_virtual")
"""Phases of the table by number."""
MAIN = 0
FIRST_BURST = 1
"""Queues: the main FIFO, then one per slot of the burst scheduler."""

# Entries of `op`, the operands of a phase
SOURCE, TARGET, WORD, HELD = range(4)


@inlined
def address(value: int, s: State) -> int:
    """The neuron address in the low bits of a word or entry."""
    return (value & ((1 << s.shape.address_bits) - 1)) % s.shape.neurons


@inlined
def slot(t: int, s: State) -> int:
    """Slot that the burst scheduler points at in cycle `t`."""
    return (s.config[SLOT0] + (s.config[TICK0] + t) // (s.config[BURST_TIMEREF] + 1)) % s.shape.slots


@inlined
def bursts(s: State) -> bool:
    """Whether the burst scheduler is in use."""
    return s.shape.slots > 0 and s.config[BURST_TIMEREF] != 0 and s.config[OPEN_LOOP] == 0


@inlined
def head_queue(t: int, qs: np.ndarray, s: State) -> int:
    """Queue whose head the scheduler shows in cycle `t`: that of the slot if it holds something, else the main one."""
    if bursts(s):
        queue = FIRST_BURST + slot(t, s)
        if qs[queue, 1] > 0:
            return queue
    return MAIN


@inlined
def head(t: int, q: np.ndarray, qs: np.ndarray, s: State) -> int:
    """Entry that the scheduler shows in cycle `t` (of an empty main FIFO, what its read pointer still holds)."""
    queue = head_queue(t, qs, s)
    return q[0, queue, qs[queue, 0]]


@inlined
def decide(t: int, request: int, word: int, q: np.ndarray, qs: np.ndarray, s: State) -> int:
    """Phase to start in the next cycle, or -1; the output link is free."""
    bits = s.shape.address_bits
    queue = head_queue(t, qs, s)
    entry = q[0, queue, qs[queue, 0]]
    pop = POP_VIRTUAL if queue == MAIN and (entry >> bits) != 0 else POP_NEURON
    if qs[MAIN, 1] >= qs[MAIN, 2]:
        return pop
    bistability = False
    if request:
        low = word & 0x7F
        if word >> (2 * bits):
            return SYNAPSE
        if low == 0x7F:
            return TREF_ONE if (word >> 7) & 1 else TREF_ALL
        bistability = low == 0
        if not bistability:
            return PUSH
    if qs[queue, 1] > 0:
        return pop
    if bistability:
        return BIST_ROW if (word >> 7) & 1 else BIST_ALL
    return -1


@inlined
def wake(t: int, q: np.ndarray, qs: np.ndarray, s: State) -> int:
    """Next cycle in which the slot pointer exposes a burst entry; far away if there is none."""
    if not bursts(s):
        return BIG
    waiting = False
    for queue in range(FIRST_BURST, qs.shape[0]):
        waiting |= qs[queue, 1] > 0
    if not waiting:
        return BIG
    period = s.config[BURST_TIMEREF] + 1
    return t + period - (s.config[TICK0] + t) % period


@inlined
def begin(phase: int, t: int, word: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray) -> int:
    """Latch the operands of a phase that starts in cycle `t`; returns the scheduler's head."""
    op[WORD] = word
    op[SOURCE] = address(word >> s.shape.address_bits, s)
    op[TARGET] = address(word, s) if phase == SYNAPSE else op[SOURCE]
    if phase in (POP_NEURON, POP_VIRTUAL):
        entry = head(t, q, qs, s)
        op[SOURCE] = address(entry, s)
        op[TARGET] = op[SOURCE]
        return entry if head_queue(t, qs, s) == MAIN else op[SOURCE]  # without the end-of-burst flag
    return 0


@inlined
def tell_change(memory: int, at: int, old: int, new: int, out: np.ndarray) -> None:
    """Tell that a word of a memory changed."""
    to = CHANGE0 + 4 * out[CHANGES]
    out[to] = memory
    out[to + 1] = at
    out[to + 2] = old
    out[to + 3] = new
    out[CHANGES] += 1


@inlined
def push(queue: int, entry: int, out: np.ndarray) -> None:
    """Ask for a push."""
    out[PUSH0 + 2 * out[PUSHES]] = queue
    out[PUSH0 + 2 * out[PUSHES] + 1] = entry
    out[PUSHES] += 1


@inner
def neuron_write(
    n: int, tref: int, inhibitory: int, w: int, burst_end: int, cycle: int, qs: np.ndarray, s: State, out: np.ndarray
) -> bool:
    """Update one neuron, push its spikes, raise its packet; whether a spike leaves it."""
    old = s.high[n]
    low, high, code, up, down = update_neuron(s.low[n], old, tref, inhibitory, w, burst_end)
    changed = high != old or low != s.low[n]
    s.low[n] = low
    s.high[n] = high
    s.up[n] = up
    s.down[n] = down
    if changed:
        tell_change(NEURONS, n, np.int64(old), np.int64(high), out)
    if code:
        at = SPIKE0 + 3 * out[SPIKES]
        out[at] = n
        out[at + 1] = code
        out[at + 2] = -1
        out[SPIKES] += 1
        if s.config[OPEN_LOOP] == 0:
            out[at + 2] = out[PUSHES]
            push(MAIN, n, out)
            further = (code >> 3) & 7
            if bursts(s):
                interval = code & 7
                here = slot(cycle, s)
                for k in range(1, further + 1):
                    end = (1 << s.shape.address_bits) if k == further else 0
                    push(FIRST_BURST + (here + k * (interval + 1)) % s.shape.slots, n | end, out)
        if s.config[MONITOR] == 0 and s.config[SOURCE_CONTROL] == 0:
            out[PACKET0 + out[PACKETS]] = n
            out[PACKETS] += 1
    return code != 0


@inner
def monitor_neuron(n: int, spike: int, s: State, out: np.ndarray) -> None:
    """Two packets about the monitored neuron after its write."""
    high = np.int64(s.high[n])
    calcium = 0
    rsign = 0
    core = 0
    if s.low[n] & np.uint64(1):
        calcium = (high >> 14) & 7
        core = (high >> 6) & 0xFF
    else:
        calcium = (high >> 52) & 7
        rsign = (high >> 42) & 3
        core = (high >> 18) & 0xF
    at = PACKET0 + out[PACKETS]
    out[at] = (spike << 7) | (np.int64(s.up[n]) << 6) | (np.int64(s.down[n]) << 5) | (calcium << 2) | rsign
    out[at + 1] = core
    out[PACKETS] += 2


@inner
def synapse_write(at: int, old: np.uint64, new: np.uint64, s: State, out: np.ndarray) -> bool:
    """Write a synapse word back, and tell if it changed; whether it holds the monitored synapse."""
    if new != old and s.cells.law[ON]:
        new = store_word(s, at, s.synapses[at], new)
    s.synapses[at] = new
    if new != old:
        tell_change(SYNAPSES, at, np.int64(old), np.int64(new), out)
    word = s.config[MONITOR_SYNAPSE] * s.shape.words + s.config[MONITOR_NEURON] // s.shape.items
    return s.config[MONITOR] != 0 and at == word


@inlined
def monitor_synapse(s: State, out: np.ndarray) -> None:
    """A packet about the monitored synapse: its bits below four ones."""
    n = s.config[MONITOR_NEURON]
    word = s.synapses[s.config[MONITOR_SYNAPSE] * s.shape.words + n // s.shape.items]
    bits = s.shape.item_bits
    out[PACKET0 + out[PACKETS]] = (0xF << bits) | item(word, n % s.shape.items, bits)
    out[PACKETS] += 1


@inlined
def work(
    phase: int, j: int, cycle: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray, out: np.ndarray
) -> None:
    """One iteration, in its write cycle."""
    if phase == PUSH:
        push(MAIN, ((op[WORD] >> 3 & 0x1F) << s.shape.address_bits) | op[SOURCE], out)
    elif phase in (BIST_ALL, BIST_ROW):
        at = j if phase == BIST_ALL else op[SOURCE] * s.shape.words + j
        old = s.synapses[at]
        new = bistability_word(old, s.config[UPDATE_UNMAPPED], s.shape.item_bits, s.shape.items)
        if synapse_write(at, old, new, s, out):
            monitor_synapse(s, out)
    else:
        update_block(phase, j, cycle, q, qs, s, op, out)


@inlined
def update_block(
    phase: int, j: int, cycle: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray, out: np.ndarray
) -> None:
    """Update the neurons of one iteration, and learn the synapse words that it enters.

    The source of a neuron event is looked up in every cycle: when a slot passes in mid-flight, the old row's updated
    word is written to the new row, as the released design does.
    """
    bits, items = s.shape.item_bits, s.shape.items
    propagate = s.config[PROPAGATE_UNMAPPED]
    queue = head_queue(cycle, qs, s)
    entry = head(cycle, q, qs, s)
    tref = 1 if phase in (TREF_ALL, TREF_ONE) else 0
    inhibitory = 0
    w = 0
    source = op[SOURCE]
    first = op[TARGET]
    beyond = first + 1
    if phase in (TREF_ALL, POP_NEURON):
        first = j * s.shape.lanes
        beyond = first + s.shape.lanes
    if phase == POP_NEURON:
        source = address(entry, s)
        inhibitory = np.int64(s.sign[source])
    elif phase == SYNAPSE:
        inhibitory = np.int64(s.sign[source])
    elif phase == POP_VIRTUAL:
        first = address(entry, s)
        beyond = first + 1
        virtual = entry >> s.shape.address_bits
        tref = virtual & 1
        inhibitory = (virtual >> 1) & 1
        w = virtual >> 2
    monitored = False
    entered = -1
    held = np.uint64(0)
    for n in range(first, beyond):
        at = source * s.shape.words + n // items
        old = np.uint64(0)
        new = np.uint64(0)
        enters = phase == SYNAPSE or (phase == POP_NEURON and n % items == 0)
        if enters:
            entered = n // items
            old = s.synapses[at]
            held = old
            if phase == SYNAPSE:
                new = old
                if s.config[SDSP_ON_SYNAPSE]:
                    up = np.int64(s.up[n]) << (n % items)
                    down = np.int64(s.down[n]) << (n % items)
                    new = sdsp_word(old, up, down, s.config[UPDATE_UNMAPPED], bits, items)
            else:
                held = s.synapses[address(head(cycle - 1, q, qs, s), s) * s.shape.words + entered]
                op[HELD] = np.int64(old)  # what later iterations find: a write returns the word's old content
                up = flags_of_word(entered, s.up, items)
                down = flags_of_word(entered, s.down, items)
                new = sdsp_word(held, up, down, s.config[UPDATE_UNMAPPED], bits, items)
        if phase in (POP_NEURON, SYNAPSE):
            word = held if n // items == entered else np.uint64(op[HELD])
            w = synapse_weight(word, n % items, bits, propagate)
            if s.cells.law[ON]:
                w = read_synapse(s, word, n % items, w)
        burst_end = 1 if phase == POP_NEURON and queue != MAIN and entry != source and n == source else 0
        spiked = neuron_write(n, tref, inhibitory, w, burst_end, cycle, qs, s, out)
        if enters:
            monitored |= synapse_write(at, old, new, s, out)
        if n == s.config[MONITOR_NEURON]:
            if s.config[MONITOR]:
                told = spiked
                if s.config[SOURCE_CONTROL]:
                    told = phase == POP_NEURON and source == n
                monitor_neuron(n, 1 if told else 0, s, out)
            elif s.config[SOURCE_CONTROL] and phase == POP_NEURON:
                out[PACKET0 + out[PACKETS]] = source
                out[PACKETS] += 1
    if monitored:
        monitor_synapse(s, out)
    if phase == POP_VIRTUAL or (phase == POP_NEURON and beyond == s.shape.neurons):
        out[POP] = queue


@inlined
def licensed(phase: int, q: np.ndarray, qs: np.ndarray, s: State) -> bool:
    """Whether all iterations of a phase may run at once: the head of the queue stays, and only spikes emit."""
    if phase != TREF_ALL and phase != POP_NEURON:
        return False
    if s.config[MONITOR] or s.config[SOURCE_CONTROL] or bursts(s):
        return False
    return sweeps.all_integrate_and_fire(s)


@inlined
def sweep(
    phase: int, s: State, op: np.ndarray, emitted: np.ndarray, changes: np.ndarray, recorded: bool
) -> tuple[int, int, int]:
    """All iterations of a phase; returns the spikes, and how many neuron and synapse words changed.

    Parameters
    ----------
    phase : int
        A licensed one.
    s, op : state, and the operands that `begin` latched
    emitted : int64 array, (at least the neurons, 5)
        Out: iteration, neuron, code, entry for the main queue and packet of each spike, in order; -1 for none.
    changes : int64 array, (at least the neurons and words of a row, 5)
        Out, if `recorded`: iteration, memory, address, old and new content of each changed word, in order.
    """
    row = op[SOURCE] * s.shape.words if phase == POP_NEURON else -1
    return sweeps.sweep(s, row, np.int64(s.sign[op[SOURCE]]), emitted, changes, recorded)


@inlined
def swept_pop(phase: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray) -> int:
    """Queue that is popped with the last iteration of a swept phase, or -1."""
    return MAIN if phase == POP_NEURON else -1
