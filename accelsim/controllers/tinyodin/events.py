"""tinyODIN's controller: what it decides in each waiting cycle, and what each of its phases does (open RTL).

See :mod:`accelsim.engine.event_loop` for the four functions and :mod:`accelsim.controllers.odin.events` for the
larger sibling.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.emissions import BIG, CHANGE0, CHANGES, CODE, NEURON, PACKET0, PACKETS, POP, PUSH0, PUSHES
from accelsim.controllers.tinyodin.kernels import synapse_weight, update_neuron
from accelsim.datapath.compile import inlined, inner

TREF_ALL, TREF_ONE, PUSH, POP_NEURON, POP_VIRTUAL, AER_POP = range(6)
PHASES = ("tref_all", "tref_one", "push", "pop_neuron", "pop_virtual", "aer_pop")
"""Phases of the table by number."""
NEURONS = 0
MAIN = 0
# Entries of `op`
TARGET, WORD = range(2)
# Entries of `config`
OPEN_LOOP, SOURCE_CONTROL, WORDS_PER_ROW = range(3)


class State(NamedTuple):
    """Memories and configuration of a core; as many neurons as take part (MAX_NEUR + 1) are swept."""

    neurons: NDArray[np.uint32]
    synapses: NDArray[np.uint32]
    config: NDArray[np.int64]
    swept: NDArray[np.int64]
    """One entry: neurons swept."""


@inlined
def head(q: np.ndarray, qs: np.ndarray) -> int:
    """Entry at the head of the scheduler."""
    return q[0, MAIN, qs[MAIN, 0]]


@inlined
def decide(t: int, request: int, word: int, q: np.ndarray, qs: np.ndarray, s: State) -> int:
    """Phase to start in the next cycle, or -1; the output link is free."""
    pop = POP_VIRTUAL if (head(q, qs) >> 8) != 0 else POP_NEURON
    if qs[MAIN, 1] >= qs[MAIN, 2]:
        return pop
    if request:
        if (word >> 8) & 1:
            return TREF_ALL if (word & 0xFF) == 0xFF else TREF_ONE
        return PUSH
    return pop if qs[MAIN, 1] > 0 else -1


@inlined
def wake(t: int, q: np.ndarray, qs: np.ndarray, s: State) -> int:
    """No timer runs in this core."""
    return BIG


@inlined
def begin(phase: int, t: int, word: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray) -> int:
    """Latch the operands of a phase; returns the scheduler's head."""
    op[WORD] = word
    op[TARGET] = word & 0xFF
    return head(q, qs) if phase in (POP_NEURON, POP_VIRTUAL) else 0


@inner
def neuron_write(n: int, tref: int, w: int, s: State, out: np.ndarray) -> None:
    """Update one neuron, push its spike, raise its packet."""
    old = s.neurons[n]
    new, code = update_neuron(old, tref, w)
    s.neurons[n] = new
    if new != old:
        out[CHANGE0] = NEURONS
        out[CHANGE0 + 1] = n
        out[CHANGE0 + 2] = np.int64(old)
        out[CHANGE0 + 3] = np.int64(new)
        out[CHANGES] = 1
    if code:
        out[CODE] = code
        out[NEURON] = n
        if s.config[OPEN_LOOP] == 0:
            out[PUSH0] = MAIN
            out[PUSH0 + 1] = n
            out[PUSHES] = 1
        if s.config[SOURCE_CONTROL] == 0:
            out[PACKET0] = n
            out[PACKETS] = 1


@inlined
def work(
    phase: int, j: int, cycle: int, q: np.ndarray, qs: np.ndarray, s: State, op: np.ndarray, out: np.ndarray
) -> None:
    """One iteration, in its write cycle."""
    if phase == PUSH:
        word = op[WORD]
        out[PUSH0] = MAIN
        out[PUSH0 + 1] = ((word >> 4 & 0xF) << 8) | (word & 0xF) if (word >> 9) & 1 else word & 0xFF
        out[PUSHES] = 1
    elif phase == TREF_ALL:
        neuron_write(j, 1, 0, s, out)
    elif phase == TREF_ONE:
        neuron_write(op[TARGET], 1, 0, s, out)
    elif phase == POP_VIRTUAL:
        entry = head(q, qs)
        virtual = entry >> 8
        neuron_write(entry & 0xFF, 0, (virtual ^ 8) - 8, s, out)
        out[POP] = MAIN
    elif phase == POP_NEURON:
        source = head(q, qs) & 0xFF
        word = s.synapses[source * s.config[WORDS_PER_ROW] + (j >> 3)]
        neuron_write(j, 0, synapse_weight(word, j & 7), s, out)
        if s.config[SOURCE_CONTROL] and j == s.swept[0] - 1:
            out[PACKET0] = source
            out[PACKETS] = 1
    elif phase == AER_POP:
        out[POP] = MAIN
