"""The compiled engine: executes a lowered program iteration by iteration in one numba loop.

It yields the event log and the counters of each time step.  Where only counters are wanted,
:mod:`accelsim.engine.counts` sums the same program up in closed form.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from accelsim.controllers.activity import Activity
from accelsim.engine.actions import Action
from accelsim.engine.log import ACTIONS, BEGIN, EventLog, components
from accelsim.engine.program import MAX_DEPTH, Node, Program

_FIRST_ROWS = 1 << 14


class Tables(NamedTuple):
    """A program as flat arrays."""

    nodes: NDArray[np.int64]
    """(nodes in preorder, NODE columns)."""
    sizes: NDArray[np.int64]
    """(nodes, MAX_DEPTH) sizes of the loops around a node and of its own."""
    guards: NDArray[np.int64]
    """(guards, 2) column and wanted value; a node's guard is a range of rows."""
    masks: NDArray[np.int64]
    """(mask uses, 1 + MAX_DEPTH) start of the mask in a time step's mask row, then its stride at each depth."""
    steps: NDArray[np.int64]
    """(steps, 3) offset in the iteration, first action, end of actions."""
    actions: NDArray[np.int64]
    """(actions, ACTION columns)."""
    strides: NDArray[np.int64]
    """(actions, MAX_DEPTH) strides of the action's table."""
    table: NDArray[np.int64]
    """All action tables one after the other."""


# Columns of Tables.nodes
(END_PC, FIRST_DEPTH, OWN_LOOPS, ITERATIONS, GUARD, GUARD_END, MASK, REPEAT, LEAF, STEP, STEP_END, INTERVAL, DURATION,
 EXTRA_FIRST, STATE) = range(15)  # fmt: skip
# Columns of Tables.actions
COMPONENT, KIND, ACTION_GUARD, ACTION_GUARD_END, ACTION_MASK, TABLE = range(6)


@dataclass(frozen=True)
class CompiledEngine:
    """A program ready to execute."""

    program: Program
    components: tuple[str, ...]
    tables: Tables
    mask_sizes: tuple[tuple[str, int], ...]
    """Masks in the order of a time step's mask row."""

    def run(self, activity: Activity, start: int = 0) -> EventLog:
        """Execute time steps and log every event.

        Parameters
        ----------
        activity : Activity
            With the masks that the program uses.
        start : int
            Cycle at which the first time step begins.
        """
        from accelsim.engine.interpreter import execute

        rows = [activity.masks[name].reshape(len(activity), size) for name, size in self.mask_sizes]
        masks = np.concatenate(rows, axis=1) if rows else np.zeros((len(activity), 1), np.uint8)
        begin = np.zeros(len(activity), np.int64)
        end = np.zeros(len(activity), np.int64)
        counts, masks = np.ascontiguousarray(activity.counts), np.ascontiguousarray(masks)
        scratch = np.zeros((4, max(MAX_DEPTH, len(self.tables.nodes))), np.int64)
        log = np.empty((_FIRST_ROWS, 5), np.int64)
        while (rows_needed := execute(self.tables, counts, masks, begin, end, start, log, scratch)) > log.shape[0]:
            log = np.empty((rows_needed, 5), np.int64)
        return EventLog.ordered(self.components, log[:rows_needed], begin, end)


def compiled_engine(program: Program) -> CompiledEngine:
    """Flatten a program into arrays."""
    return _Flattening(program).engine()


class _Flattening:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.components, self.number = components(program.states, program.core)
        self.column = {name: i for i, name in enumerate(program.vocabulary.columns)}
        self.nodes: list[list[int]] = []
        self.sizes: list[list[int]] = []
        self.guards: list[tuple[int, int]] = []
        self.masks: list[list[int]] = []
        self.steps: list[tuple[int, int, int]] = []
        self.actions: list[list[int]] = []
        self.strides: list[list[int]] = []
        self.table: list[NDArray[np.int64]] = []
        self.table_size = 0
        used = {name for leaf in program.leaves() for name in leaf.masks}
        used |= {action.mask for leaf in program.leaves() for action in leaf.actions if action.mask}
        spans = program.placement.spans
        self.mask_sizes = tuple(
            (name, prod(spans[axis].size for axis in axes))
            for name, axes in program.vocabulary.masks.items()
            if name in used
        )

    def engine(self) -> CompiledEngine:
        for root in self.program.roots:
            self.node(root)

        def array(rows: list, width: int) -> NDArray[np.int64]:
            return np.array(rows, np.int64).reshape(-1, width)

        tables = Tables(
            array(self.nodes, 15),
            array(self.sizes, MAX_DEPTH),
            array(self.guards, 2),
            array(self.masks, 1 + MAX_DEPTH),
            array(self.steps, 3),
            array(self.actions, 6),
            array(self.strides, MAX_DEPTH),
            np.concatenate([np.zeros(0, np.int64), *self.table]),
        )
        return CompiledEngine(self.program, self.components, tables, self.mask_sizes)

    def guard(self, when: tuple[str, ...]) -> tuple[int, int]:
        first = len(self.guards)
        for name in when:
            self.guards.append((self.column[name.removeprefix("not ")], 0 if name.startswith("not ") else 1))
        return first, len(self.guards)

    def mask(self, mask: str | None, node: Node, own: bool) -> int:
        """Row of a mask use, or -1."""
        if mask is None:
            return -1
        start = 0
        for name, size in self.mask_sizes:
            if name == mask:
                break
            start += size
        row = [start] + [0] * MAX_DEPTH
        loops = [span.name for span in node.outer + (node.loops if own else ())]
        stride = 1
        for axis in reversed(self.program.vocabulary.masks[mask]):
            row[1 + loops.index(axis)] = stride
            stride *= self.program.placement.spans[axis].size
        self.masks.append(row)
        return len(self.masks) - 1

    def node(self, node: Node) -> None:
        row = [0] * 15
        self.nodes.append(row)
        sizes = [1] * MAX_DEPTH
        depth = len(node.outer)
        for i, span in enumerate(node.outer + node.loops):
            sizes[i] = span.size
        self.sizes.append(sizes)
        row[FIRST_DEPTH] = depth
        row[OWN_LOOPS] = len(node.loops)
        row[ITERATIONS] = prod(span.size for span in node.loops)
        row[GUARD], row[GUARD_END] = self.guard(node.guard)
        row[MASK] = self.mask(node.mask, node, own=False)
        row[REPEAT] = -1 if node.repeat is None else self.column[node.repeat]
        if node.timing is not None:
            row[LEAF] = 1
            row[STATE] = self.number[BEGIN, node.state]
            row[STEP] = len(self.steps)
            row[INTERVAL] = node.timing.interval
            row[DURATION] = node.timing.duration(row[ITERATIONS])
            row[EXTRA_FIRST] = node.timing.extra_first
            for s in range(len(node.steps)):
                first = len(self.actions)
                for action in node.actions:
                    if action.step == s:
                        self.action(action, node)
                self.steps.append((node.timing.offsets[s], first, len(self.actions)))
            row[STEP_END] = len(self.steps)
        for child in node.children:
            self.node(child)
        row[END_PC] = len(self.nodes)

    def action(self, action: Action, node: Node) -> None:
        row = [0] * 6
        row[KIND] = ACTIONS.index(action.kind)
        row[COMPONENT] = self.number[row[KIND], action.target]
        row[ACTION_GUARD], row[ACTION_GUARD_END] = self.guard(action.when)
        row[ACTION_MASK] = self.mask(action.mask, node, own=True)
        row[TABLE] = self.table_size
        strides = [0] * MAX_DEPTH
        stride = 1
        for depth, size in zip(reversed(action.loops), reversed(action.table.shape), strict=True):
            strides[depth] = stride
            stride *= size
        self.actions.append(row)
        self.strides.append(strides)
        self.table.append(action.table.reshape(-1))
        self.table_size += action.table.size
