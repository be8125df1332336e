"""One run from descriptions to a result: workload, mapping, timing and cost tied together."""

from accelsim.simulation.result import Result
from accelsim.simulation.run import simulate

__all__ = ["Result", "simulate"]
