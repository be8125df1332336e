"""Glitches: transitions a signal makes beyond its final one, and how they grow along a datapath.

Toggle simulation of a netlist gives two ends: with zero gate delay no signal glitches, with unit delay every
unequal path does and none of the pulses is filtered. The ratio of the two energies of a single operator is in
``data/operators.yaml``. Along a datapath, an operator answers each change of an operand, and operands that
settle at different times change its result one after the other; by its last level of logic it has added as many
changes again as on average over its levels. Gates filter short pulses, so the unit-delay end is pessimistic.
"""

from __future__ import annotations

from accelsim.technology.operations import Operation, OperationGraph
from accelsim.technology.primitives import law, parts

ONE_OPERAND = 0.75
"""Toggles of an operator when one of two random operands changes, over those when both do: those of a full adder,
whose sum toggles as often and whose carry half as often (from its truth table)."""

PASSING = ("clip", "select")
"""Kinds that pass an operand on: what comes out changes as often as what goes in."""


def own_glitch(operator: str, size: float) -> float:
    """Return unit-delay over zero-delay energy of a primitive operator whose operands change once."""
    return max(1.0, law(operator, "glitch", size))


def operand_glitches(graph: OperationGraph) -> tuple[float, ...]:
    """Return for each operation how often its operands change per evaluation under unit gate delay.

    Inputs of the graph change once, all together, and constants never.
    """
    settled: list[float] = []
    changes: list[float] = []
    before: list[float] = []
    for operation in graph.operations:
        operands = [(settled[source], changes[source]) if source >= 0 else (0.0, 1.0) for source in operation.inputs]
        before.append(_seen(operation, operands))
        growth, levels = 1.0, max((time for time, _ in operands), default=0.0)
        for operator, size in parts(operation):
            if operation.kind not in PASSING:
                growth *= 2 * own_glitch(operator, size) - 1
            levels += max(1.0, law(operator, "depth", size))
        changes.append(before[-1] * growth)
        settled.append(levels)
    return tuple(before)


def _seen(operation: Operation, operands: list[tuple[float, float]]) -> float:
    """Return the changes that an operation answers: those of operands that settle together are one."""
    at: dict[float, float] = {}
    for time, count in operands:
        at[time] = max(count, at.get(time, 1.0))
    if len(at) < 2:
        return max(at.values(), default=1.0)
    share = 1 / len(at) if operation.kind == "select" else ONE_OPERAND  # a multiplexer hides what is not selected
    return max(1.0, share * sum(at.values()))
