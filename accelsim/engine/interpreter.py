"""The numba loop of the compiled engine."""

from __future__ import annotations

import numpy as np

from accelsim.datapath.compile import inner
from accelsim.engine.compiled import (
    ACTION_GUARD,
    ACTION_GUARD_END,
    ACTION_MASK,
    COMPONENT,
    DURATION,
    END_PC,
    EXTRA_FIRST,
    FIRST_DEPTH,
    GUARD,
    GUARD_END,
    INTERVAL,
    ITERATIONS,
    KIND,
    LEAF,
    MASK,
    OWN_LOOPS,
    REPEAT,
    STATE,
    STEP,
    STEP_END,
    TABLE,
    Tables,
)
from accelsim.engine.log import BEGIN, END
from accelsim.engine.program import MAX_DEPTH


@inner
def holds(guards: np.ndarray, first: int, stop: int, counts: np.ndarray) -> bool:
    """Whether every condition of a guard has its wanted value."""
    for g in range(first, stop):  # noqa: SIM110  a generator would not compile
        if (counts[guards[g, 0]] != 0) != (guards[g, 1] != 0):
            return False
    return True


@inner
def masked(masks: np.ndarray, use: int, index: np.ndarray, bits: np.ndarray) -> bool:
    """Whether a mask holds at the current loop indices (no mask always holds)."""
    if use < 0:
        return True
    at = masks[use, 0]
    for depth in range(index.size):
        at += masks[use, 1 + depth] * index[depth]
    return bits[at] != 0


@inner
def set_indices(sizes: np.ndarray, first: int, own: int, iteration: int, index: np.ndarray) -> None:
    """Loop indices of one iteration of a nest whose loops are flattened."""
    for depth in range(first + own - 1, first - 1, -1):
        index[depth] = iteration % sizes[depth]
        iteration //= sizes[depth]


@inner
def put(log: np.ndarray, n: int, time: int, component: int, action: int, operand: int, count: int) -> int:
    """Write row `n` of the log if there is room; the number of rows so far either way."""
    if n < log.shape[0]:
        log[n, 0] = time
        log[n, 1] = component
        log[n, 2] = action
        log[n, 3] = operand
        log[n, 4] = count
    return n + 1


@inner
def execute(
    t: Tables,
    counts: np.ndarray,
    masks: np.ndarray,
    begin: np.ndarray,
    end: np.ndarray,
    start: int,
    log: np.ndarray,
    scratch: np.ndarray,
) -> int:
    """Execute every time step and write the log in program order, as far as there is room.

    `scratch` has four rows of at least as many entries as there are nodes. Returns the rows of the whole log.
    """
    n = 0
    time = start
    index = scratch[3, :MAX_DEPTH]
    frame_node = scratch[0]
    frame_iteration = scratch[1]
    frame_total = scratch[2]
    for tick in range(counts.shape[0]):
        row = counts[tick]
        bits = masks[tick]
        begin[tick] = time
        for depth in range(MAX_DEPTH):
            index[depth] = 0
        top = 0
        pc = 0
        while True:
            if top > 0 and pc == t.nodes[frame_node[top - 1], END_PC]:
                frame_iteration[top - 1] += 1
                node = frame_node[top - 1]
                if frame_iteration[top - 1] < frame_total[top - 1]:
                    iteration = frame_iteration[top - 1] % t.nodes[node, ITERATIONS]
                    set_indices(t.sizes[node], t.nodes[node, FIRST_DEPTH], t.nodes[node, OWN_LOOPS], iteration, index)
                    pc = node + 1
                else:
                    top -= 1
                    for depth in range(t.nodes[node, FIRST_DEPTH], MAX_DEPTH):
                        index[depth] = 0
                continue
            if pc == t.nodes.shape[0]:
                break
            node = pc
            here = t.nodes[node]
            pc = here[END_PC]
            if not holds(t.guards, here[GUARD], here[GUARD_END], row) or not masked(t.masks, here[MASK], index, bits):
                continue
            repeats = 1 if here[REPEAT] < 0 else row[here[REPEAT]]
            if here[ITERATIONS] * repeats == 0:
                continue
            if not here[LEAF]:
                frame_node[top] = node
                frame_iteration[top] = 0
                frame_total[top] = here[ITERATIONS] * repeats
                top += 1
                set_indices(t.sizes[node], here[FIRST_DEPTH], here[OWN_LOOPS], 0, index)
                pc = node + 1
                continue
            outer = 0
            for depth in range(here[FIRST_DEPTH]):
                outer = outer * t.sizes[node, depth] + index[depth]
            for repeat in range(repeats):
                n = put(log, n, time, here[STATE], BEGIN, outer, repeat)
                for iteration in range(here[ITERATIONS]):
                    set_indices(t.sizes[node], here[FIRST_DEPTH], here[OWN_LOOPS], iteration, index)
                    late = time + iteration * here[INTERVAL] + (here[EXTRA_FIRST] if iteration > 0 else 0)
                    for step in range(here[STEP], here[STEP_END]):
                        for action in range(t.steps[step, 1], t.steps[step, 2]):
                            what = t.actions[action]
                            at = what[TABLE]
                            for depth in range(MAX_DEPTH):
                                at += t.strides[action, depth] * index[depth]
                            often = t.table[at]
                            if often == 0 or not holds(t.guards, what[ACTION_GUARD], what[ACTION_GUARD_END], row):
                                continue
                            if not masked(t.masks, what[ACTION_MASK], index, bits):
                                continue
                            when = late + t.steps[step, 0]
                            n = put(
                                log, n, when, what[COMPONENT], what[KIND], outer * here[ITERATIONS] + iteration, often
                            )
                time += here[DURATION]
                n = put(log, n, time, here[STATE], END, outer, repeat)
            for depth in range(here[FIRST_DEPTH], MAX_DEPTH):
                index[depth] = 0
        end[tick] = time
    return n
