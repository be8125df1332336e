"""One run from descriptions to a result: workload, mapping, timing and cost tied together."""

from accelsim.simulate.result import Result
from accelsim.simulate.run import simulate

__all__ = ["Result", "simulate"]
