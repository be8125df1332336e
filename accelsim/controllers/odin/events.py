"""ODIN's controller: what it decides in each waiting cycle, and what each of its phases does (open RTL).

The event loop calls these four functions (see :mod:`accelsim.engine.event_loop`): `decide` chooses a phase, `wake`
tells when a timer could change that choice, `begin` latches the operands of a phase, `work` does one iteration.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.emissions import BIG, CHANGE0, CHANGES, CODE, NEURON, PACKET0, PACKETS, POP, PUSH0, PUSHES
from accelsim.controllers.odin.kernels import bistability_word, sdsp_word, synapse_weight, update_neuron
from accelsim.datapath.compile import inlined, inner

TREF_ALL, TREF_ONE, BIST_ALL, BIST_ROW, SYNAPSE, PUSH, POP_NEURON, POP_VIRTUAL = range(8)
PHASES = ("tref_all", "tref_one", "bist_all", "bist_row", "synapse", "push", "pop_neuron", "pop_virtual")
"""Phases of the table by number."""
NEURONS, SYNAPSES = 0, 1
"""Memories whose changed words are told."""
SLOTS = 57
"""Slots of the burst scheduler."""
MAIN = 0
FIRST_BURST = 1
"""Queues: the main FIFO, then one per slot."""

# Entries of `op`, the operands of a phase
SOURCE, TARGET, WEIGHT, INHIBITORY, LEAK, WORD = range(6)
# Entries of `config`
(OPEN_LOOP, BURST_TIMEREF, SOURCE_CONTROL, MONITOR, MONITOR_NEURON, MONITOR_SYNAPSE, UPDATE_UNMAPPED,
 PROPAGATE_UNMAPPED, SDSP_ON_SYNAPSE, SLOT0, TICK0) = range(11)  # fmt: skip


class State(NamedTuple):
    """Memories, flags and configuration of a core."""

    low: NDArray[np.uint64]
    """Neuron words, bits 63..0."""
    high: NDArray[np.uint64]
    synapses: NDArray[np.uint32]
    """Synapse words, eight to a group of neurons, row by row."""
    up: NDArray[np.uint8]
    down: NDArray[np.uint8]
    sign: NDArray[np.uint8]
    """1 for an inhibitory source."""
    config: NDArray[np.int64]


@inlined
def slot(t: int, s: State) -> int:
    """Slot that the burst scheduler points at in cycle `t`."""
    return (s.config[SLOT0] + (s.config[TICK0] + t) // (s.config[BURST_TIMEREF] + 1)) % SLOTS


@inlined
def bursts(s: State) -> bool:
    """Whether the burst scheduler is in use."""
    return s.config[BURST_TIMEREF] != 0 and s.config[OPEN_LOOP] == 0


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
    queue = head_queue(t, qs, s)
    entry = q[0, queue, qs[queue, 0]]
    pop = POP_VIRTUAL if queue == MAIN and (entry >> 8) != 0 else POP_NEURON
    if qs[MAIN, 1] >= qs[MAIN, 2]:
        return pop
    bistability = False
    if request:
        low = word & 0x7F
        if word >> 16:
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
    if phase == TREF_ONE:
        op[TARGET] = word >> 8
    elif phase == BIST_ROW:
        op[SOURCE] = word >> 8
    elif phase == SYNAPSE:
        op[SOURCE] = (word >> 8) & 0xFF
        op[TARGET] = word & 0xFF
    if phase in (POP_NEURON, POP_VIRTUAL):
        return head(t, q, qs, s) & (0xFFFF if head_queue(t, qs, s) == MAIN else 0xFF)  # without the end-of-burst flag
    return 0


@inner
def neuron_write(
    n: int, tref: int, inhibitory: int, w: int, burst_end: int, cycle: int, qs: np.ndarray, s: State, out: np.ndarray
) -> None:
    """Update one neuron, push its spikes, raise its packets."""
    old = s.high[n]
    low, high, code, up, down = update_neuron(s.low[n], old, tref, inhibitory, w, burst_end)
    changed = high != old or low != s.low[n]
    s.low[n] = low
    s.high[n] = high
    s.up[n] = up
    s.down[n] = down
    if changed:
        at = CHANGE0 + 4 * out[CHANGES]
        out[at] = NEURONS
        out[at + 1] = n
        out[at + 2] = np.int64(old)
        out[at + 3] = np.int64(high)
        out[CHANGES] += 1
    if code:
        out[CODE] = code
        out[NEURON] = n
        if s.config[OPEN_LOOP] == 0:
            out[PUSH0] = MAIN
            out[PUSH0 + 1] = n
            out[PUSHES] = 1
            further = (code >> 3) & 7
            if bursts(s):
                interval = code & 7
                here = slot(cycle, s)
                for k in range(1, further + 1):
                    at = PUSH0 + 2 * out[PUSHES]
                    out[at] = FIRST_BURST + (here + k * (interval + 1)) % SLOTS
                    out[at + 1] = n | (256 if k == further else 0)
                    out[PUSHES] += 1
        if s.config[MONITOR] == 0 and s.config[SOURCE_CONTROL] == 0:
            out[PACKET0] = n
            out[PACKETS] = 1


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
    out[PACKET0] = (spike << 7) | (np.int64(s.up[n]) << 6) | (np.int64(s.down[n]) << 5) | (calcium << 2) | rsign
    out[PACKET0 + 1] = core
    out[PACKETS] = 2


@inlined
def monitor_synapse(address: int, s: State, out: np.ndarray) -> None:
    """A packet about the monitored synapse when its word is written."""
    n = s.config[MONITOR_NEURON]
    if s.config[MONITOR] and address == (s.config[MONITOR_SYNAPSE] << 5) + (n >> 3):
        nibble = (np.int64(s.synapses[address]) >> (4 * (n & 7))) & 15
        out[PACKET0 + out[PACKETS]] = 0xF0 | nibble
        out[PACKETS] += 1


@inner
def synapse_write(address: int, old: int, new: int, s: State, out: np.ndarray) -> None:
    """Write a synapse word back, and tell if it changed."""
    s.synapses[address] = np.uint32(new)
    if new != old:
        at = CHANGE0 + 4 * out[CHANGES]
        out[at] = SYNAPSES
        out[at + 1] = address
        out[at + 2] = old
        out[at + 3] = new
        out[CHANGES] += 1


@inlined
def flags_of_group(group: int, flags: np.ndarray) -> int:
    """Eight flags as bits."""
    bits = 0
    for k in range(8):
        bits |= np.int64(flags[8 * group + k]) << k
    return bits


@inlined
def work(
    phase: int, j: int, cycle: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray, out: np.ndarray
) -> None:
    """One iteration, in its write cycle."""
    groups = s.low.size // 8
    if phase == PUSH:
        out[PUSH0] = MAIN
        out[PUSH0 + 1] = ((op[WORD] >> 3 & 0x1F) << 8) | (op[WORD] >> 8)
        out[PUSHES] = 1
    elif phase in (TREF_ALL, TREF_ONE):
        n = j if phase == TREF_ALL else op[TARGET]
        neuron_write(n, 1, 0, 0, 0, cycle, qs, s, out)
        if s.config[MONITOR] and n == s.config[MONITOR_NEURON]:
            monitor_neuron(n, (1 if out[CODE] else 0) if s.config[SOURCE_CONTROL] == 0 else 0, s, out)
    elif phase in (BIST_ALL, BIST_ROW):
        address = j if phase == BIST_ALL else op[SOURCE] * groups + j
        old = np.int64(s.synapses[address])
        synapse_write(address, old, np.int64(bistability_word(np.uint32(old), s.config[UPDATE_UNMAPPED])), s, out)
        monitor_synapse(address, s, out)
    elif phase == SYNAPSE:
        n = op[TARGET]
        address = op[SOURCE] * groups + (n >> 3)
        old = np.int64(s.synapses[address])
        w = synapse_weight(np.uint32(old), n & 7, s.config[PROPAGATE_UNMAPPED])
        new = old
        if s.config[SDSP_ON_SYNAPSE]:
            up = np.int64(s.up[n]) << (n & 7)
            down = np.int64(s.down[n]) << (n & 7)
            new = np.int64(sdsp_word(np.uint32(old), up, down, s.config[UPDATE_UNMAPPED]))
        neuron_write(n, 0, np.int64(s.sign[op[SOURCE]]), w, 0, cycle, qs, s, out)
        synapse_write(address, old, new, s, out)
        if s.config[MONITOR] and n == s.config[MONITOR_NEURON]:
            monitor_neuron(n, (1 if out[CODE] else 0) if s.config[SOURCE_CONTROL] == 0 else 0, s, out)
        monitor_synapse(address, s, out)
    elif phase == POP_VIRTUAL:
        entry = head(cycle, q, qs, s)
        n = entry & 0xFF
        virtual = entry >> 8
        leak = virtual & 1
        neuron_write(n, leak, (virtual >> 1) & 1, virtual >> 2, 0, cycle, qs, s, out)
        if s.config[MONITOR] and n == s.config[MONITOR_NEURON]:
            monitor_neuron(n, (1 if out[CODE] else 0) if s.config[SOURCE_CONTROL] == 0 else 0, s, out)
        out[POP] = head_queue(cycle, qs, s)
    elif phase == POP_NEURON:
        pop_neuron(j, cycle, q, qs, s, op, out)


@inlined
def pop_neuron(j: int, cycle: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray, out: np.ndarray) -> None:
    """One neuron of a popped neuron event.

    The source is looked up in every cycle: when a slot passes in mid-flight, the old row's updated word is written
    to the new row, as the released design does.
    """
    n = j
    groups = s.low.size // 8
    entry = head(cycle, q, qs, s)
    source = entry & 0xFF
    address = source * groups + (n >> 3)
    if n & 7 == 0:
        read_source = head(cycle - 1, q, qs, s) & 0xFF
        held = np.int64(s.synapses[read_source * groups + (n >> 3)])
        up = flags_of_group(n >> 3, s.up)
        down = flags_of_group(n >> 3, s.down)
        w = synapse_weight(np.uint32(held), 0, s.config[PROPAGATE_UNMAPPED])
        # What the other seven neurons of the group will read: a write cycle returns the word's old content.
        op[WEIGHT] = np.int64(s.synapses[address])
        new = np.int64(sdsp_word(np.uint32(held), up, down, s.config[UPDATE_UNMAPPED]))
        old = np.int64(s.synapses[address])
    else:
        w = synapse_weight(np.uint32(op[WEIGHT]), n & 7, s.config[PROPAGATE_UNMAPPED])
        old = 0
        new = 0
    queue = head_queue(cycle, qs, s)
    burst_end = 1 if queue != MAIN and (entry >> 8) & 1 and n == source else 0
    neuron_write(n, 0, np.int64(s.sign[source]), w, burst_end, cycle, qs, s, out)
    spiked = 1 if out[CODE] else 0
    if n & 7 == 0:
        synapse_write(address, old, new, s, out)
    if s.config[MONITOR]:
        if n == s.config[MONITOR_NEURON]:
            if s.config[SOURCE_CONTROL]:
                spiked = 1 if source == n else 0
            monitor_neuron(n, spiked, s, out)
        if n & 7 == 0:
            monitor_synapse(address, s, out)
    elif s.config[SOURCE_CONTROL] and n == s.config[MONITOR_NEURON]:
        out[PACKET0] = source
        out[PACKETS] = 1
    if n == s.low.size - 1:
        out[POP] = queue
