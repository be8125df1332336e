"""How often the operands of a datapath switch, against random ones, and what that does to its energy.

Operators were priced with operands that are random words in each evaluation: half of the bits change. The words of a
workload change less (small weights, traces that are mostly zero, registers that stand still) or, rarely, more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from accelsim.technology.estimate import Estimate, Source
from accelsim.technology.operations import OperationGraph

LEAST = 0.01
"""Least activity that is priced: a sample cannot tell less (assumed)."""
_SQUARE_ROOT = 0.5
LAW = Source(
    "switched capacitance in proportion to the transitions of the operands: transition density, F. N. Najm, IEEE TCAD"
    " 12(2):310, 1993 (from memory); band: exponents of 1/2 and 3/2 instead of 1",
    "assumed",
)


@dataclass(frozen=True)
class Switching:
    """Toggles of a datapath's words from one evaluation to the next, over those of random words (half of the bits).

    Attributes
    ----------
    evaluations : int
        Evaluations it was measured on.
    inputs : float
        Of all input bits together, 0 to 2.
    operations : tuple of float
        Of the operand bits of each operation of the graph, 0 to 2.
    """

    evaluations: int
    inputs: float
    operations: tuple[float, ...]

    def mean(self, graph: OperationGraph) -> float | None:
        """Return the activity of all operand bits of a graph together; None if it has no operations."""
        weights = [sum(operation.bits_in) or operation.bits_out for operation in graph.operations]
        weighted = zip(self.operations, weights, strict=True)
        return sum(each * weight for each, weight in weighted) / sum(weights) if weights else None

    def scaled(self, index: int, energy: Estimate) -> Estimate:
        """Return the energy of operation `index` at its activity, of that with random operands.

        The low end is not above the estimate with random operands. At an activity of 1 nothing changes.
        """
        if self.operations[index] == 1.0 or energy.nominal == 0.0:
            return energy
        activity = max(self.operations[index], LEAST)
        ends = activity**_SQUARE_ROOT, activity ** (1 + _SQUARE_ROOT)
        text = f"switching activity of the operands, measured on {self.evaluations} evaluations in the run"
        switched = energy.compounded(Estimate(min(ends), activity, max(ends), (LAW,), text, "1"))
        return replace(switched, low=min(switched.low, energy.nominal))
