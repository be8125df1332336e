"""Design-space exploration: many runs of one description, one table of results."""

from accelsim.explore.execute import Progress
from accelsim.explore.load import export_study, load_study
from accelsim.explore.pareto import pareto_front
from accelsim.explore.run import Sweep, sweep

__all__ = ["Progress", "Sweep", "export_study", "load_study", "pareto_front", "sweep"]
