"""tinyODIN's controller: what it decides in each waiting cycle, and what each of its phases does (open RTL).

See :mod:`accelsim.engine.event_loop` for the functions and :mod:`accelsim.controllers.odin.events` for the
larger sibling.
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
from accelsim.controllers.tinyodin import sweep as sweeps
from accelsim.controllers.tinyodin.kernels import synapse_weight, update_neuron
from accelsim.controllers.tinyodin.state import OPEN_LOOP, SOURCE_CONTROL, State
from accelsim.datapath.compile import inlined, inner

TREF_ALL, TREF_ONE, PUSH, POP_NEURON, POP_VIRTUAL, AER_POP = range(6)
PHASES = ("tref_all", "tref_one", "push", "pop_neuron", "pop_virtual", "aer_pop")
"""Phases of the table by number."""
NEURONS = 0
MAIN = 0
# Entries of `op`
SOURCE, TARGET, ENTRY = range(3)


@inlined
def address(value: int, s: State) -> int:
    """The neuron address in the low bits of a word or entry."""
    return (value & ((1 << s.shape.address_bits) - 1)) % s.neurons.size


@inlined
def head(q: np.ndarray, qs: np.ndarray) -> int:
    """Entry at the head of the scheduler."""
    return q[0, MAIN, qs[MAIN, 0]]


@inlined
def decide(t: int, request: int, word: int, q: np.ndarray, qs: np.ndarray, s: State) -> int:
    """Phase to start in the next cycle, or -1; the output link is free."""
    bits = s.shape.address_bits
    pop = POP_VIRTUAL if (head(q, qs) >> bits) != 0 else POP_NEURON
    if qs[MAIN, 1] >= qs[MAIN, 2]:
        return pop
    if request:
        if (word >> bits) & 1:
            return TREF_ALL if address(word, s) == address(-1, s) else TREF_ONE
        return PUSH
    return pop if qs[MAIN, 1] > 0 else -1


@inlined
def wake(t: int, q: np.ndarray, qs: np.ndarray, s: State) -> int:
    """No timer runs in this core."""
    return BIG


@inlined
def begin(phase: int, t: int, word: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray) -> int:
    """Latch the operands of a phase; returns the scheduler's head."""
    bits = s.shape.address_bits
    op[TARGET] = address(word, s)
    if (word >> (bits + 1)) & 1:  # a virtual event: weight and address share the field
        low = bits - 4
        op[ENTRY] = ((word >> low & 0xF) << bits) | (word & ((1 << low) - 1))
    else:
        op[ENTRY] = op[TARGET]
    if phase in (POP_NEURON, POP_VIRTUAL):
        entry = head(q, qs)
        op[SOURCE] = address(entry, s)
        op[TARGET] = op[SOURCE]
        return entry
    return 0


@inner
def neuron_write(n: int, tref: int, w: int, s: State, out: np.ndarray) -> None:
    """Update one neuron, push its spike, raise its packet."""
    old = s.neurons[n]
    new, code = update_neuron(old, tref, w)
    s.neurons[n] = new
    if new != old:
        at = CHANGE0 + 4 * out[CHANGES]
        out[at] = NEURONS
        out[at + 1] = n
        out[at + 2] = np.int64(old)
        out[at + 3] = np.int64(new)
        out[CHANGES] += 1
    if code:
        at = SPIKE0 + 3 * out[SPIKES]
        out[at] = n
        out[at + 1] = code
        out[at + 2] = -1
        out[SPIKES] += 1
        if s.config[OPEN_LOOP] == 0:
            out[at + 2] = out[PUSHES]
            push(n, out)
        if s.config[SOURCE_CONTROL] == 0:
            out[PACKET0 + out[PACKETS]] = n
            out[PACKETS] += 1


@inlined
def push(entry: int, out: np.ndarray) -> None:
    """Ask for a push."""
    out[PUSH0 + 2 * out[PUSHES]] = MAIN
    out[PUSH0 + 2 * out[PUSHES] + 1] = entry
    out[PUSHES] += 1


@inlined
def work(
    phase: int, j: int, cycle: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray, out: np.ndarray
) -> None:
    """One iteration, in its write cycle."""
    if phase == PUSH:
        push(op[ENTRY], out)
    elif phase == AER_POP:
        out[POP] = MAIN
    else:
        update_block(phase, j, q, qs, s, op, out)


@inlined
def update_block(phase: int, j: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray, out: np.ndarray) -> None:
    """Update the neurons of one iteration."""
    shape = s.shape
    tref = 1 if phase in (TREF_ALL, TREF_ONE) else 0
    w = 0
    first = op[TARGET]
    beyond = first + 1
    if phase in (TREF_ALL, POP_NEURON):
        first = j * shape.lanes
        beyond = min(first + shape.lanes, shape.neurons)
    elif phase == POP_VIRTUAL:
        w = ((head(q, qs) >> shape.address_bits) ^ 8) - 8
        out[POP] = MAIN
    for n in range(first, beyond):
        if phase == POP_NEURON:
            word = s.synapses[op[SOURCE] * shape.words + n // shape.items]
            w = synapse_weight(word, n % shape.items, shape.item_bits)
        neuron_write(n, tref, w, s, out)
    if phase == POP_NEURON and s.config[SOURCE_CONTROL] and beyond == shape.neurons:
        out[PACKET0 + out[PACKETS]] = op[SOURCE]
        out[PACKETS] += 1


@inlined
def licensed(phase: int, q: np.ndarray, qs: np.ndarray, s: State) -> bool:
    """Whether all iterations of a phase may run at once: only spikes emit."""
    return phase in (TREF_ALL, POP_NEURON) and s.config[SOURCE_CONTROL] == 0


@inlined
def sweep(
    phase: int, s: State, op: np.ndarray, emitted: np.ndarray, changes: np.ndarray, recorded: bool
) -> tuple[int, int, int]:
    """All iterations of a phase; returns the spikes, and how many neuron and synapse words changed.

    See :func:`accelsim.controllers.odin.events.sweep`.
    """
    row = op[SOURCE] * s.shape.words if phase == POP_NEURON else -1
    return sweeps.sweep(s, row, emitted, changes, recorded)


@inlined
def swept_pop(phase: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray) -> int:
    """No phase that is swept pops."""
    return -1
